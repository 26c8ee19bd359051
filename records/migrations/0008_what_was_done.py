"""What a task brings with it, what is kept beside a record, and that both are only added to."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

from common.append_only import GuardAppendOnly

TABLES = [
    "records_changeanswer",
    "records_closingreport",
    "records_correction",
    "records_followupnote",
    "records_followupreminder",
    "records_handback",
    "records_incident",
    "records_refund",
    "records_run",
    "records_taskchange",
    "records_visitphoto",
]
# The visit that a last payment waited for was not named before: it is the first one.
NAME_THE_VISITS = """
ALTER TABLE records_instalment DISABLE TRIGGER records_instalment_only_added_to;
UPDATE records_instalment AS paid SET visit_id = (
    SELECT visit.id FROM records_visit AS visit
    WHERE visit.task_id = paid.task_id ORDER BY visit.visited_on, visit.id LIMIT 1
) WHERE paid.is_last;
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE records_instalment ENABLE ALWAYS TRIGGER records_instalment_only_added_to;
"""
# The visit is of the same task; whoever answers a change is another than who declared it.
BONDS = """
ALTER TABLE records_instalment ADD CONSTRAINT last_instalment_follows_a_visit_of_its_task
    FOREIGN KEY (visit_id, task_id) REFERENCES records_visit (id, task_id);
ALTER TABLE records_changeanswer ADD CONSTRAINT change_answer_names_who_declared
    FOREIGN KEY (change_id, declared_by_id) REFERENCES records_taskchange (id, by_id);
"""
UNBIND = """
ALTER TABLE records_changeanswer DROP CONSTRAINT change_answer_names_who_declared;
ALTER TABLE records_instalment DROP CONSTRAINT last_instalment_follows_a_visit_of_its_task;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('approvals', '0006_referrals_are_reminded_of'),
        ('missions', '0004_instalments_and_follow_ups'),
        ('records', '0007_exports_in_the_background'),
        ('requests_app', '0005_units_at_work'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ChangeAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('stage', models.CharField(choices=[('coordination', 'UN-CIMIC'), ('authority', 'Whoever approved it')], max_length=12)),
                ('word', models.CharField(choices=[('within_approval', 'Within what was approved: it goes on'), ('changes_approval', 'It changes what was approved: whoever approved it answers'), ('not_accepted', 'Not accepted: it goes on as approved'), ('approved', 'Approved as changed'), ('not_approved', 'Not approved: it goes on as approved')], max_length=20)),
                ('remarks', models.TextField(blank=True)),
                ('capacity', models.CharField(choices=[('holder', 'holder'), ('officer_in_charge', 'officer-in-charge'), ('delegate', 'delegate')], max_length=20)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='ClosingReport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('received_on', models.DateField()),
                ('text', models.TextField()),
                ('spent', models.DecimalField(decimal_places=2, max_digits=14, validators=[django.core.validators.MinValueValidator(0)])),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Correction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('field', models.CharField(max_length=60)),
                ('says', models.TextField(blank=True)),
                ('right', models.TextField()),
                ('why', models.TextField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='FollowUpNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='FollowUpReminder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='HandBack',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('line', models.PositiveSmallIntegerField()),
                ('asset', models.CharField(max_length=120)),
                ('quantity', models.PositiveIntegerField()),
                ('planned_on', models.DateField(null=True)),
                ('returned_on', models.DateField()),
                ('condition', models.CharField(choices=[('good', 'Good'), ('worn', 'Worn'), ('damaged', 'Damaged'), ('lost', 'Lost: it does not come back')], max_length=10)),
                ('note', models.TextField(blank=True)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['returned_on', 'number'],
            },
        ),
        migrations.CreateModel(
            name='Incident',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('happened_on', models.DateField()),
                ('place', models.CharField(blank=True, max_length=160)),
                ('what', models.TextField()),
                ('action_taken', models.TextField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['happened_on', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Refund',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('amount', models.DecimalField(decimal_places=2, max_digits=14, validators=[django.core.validators.MinValueValidator(0)])),
                ('received_on', models.DateField()),
                ('evidence', models.CharField(blank=True, max_length=200)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='Run',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('ran_on', models.DateField()),
                ('origin', models.CharField(max_length=160)),
                ('destination', models.CharField(max_length=160)),
                ('vehicles', models.PositiveSmallIntegerField()),
                ('outcome', models.CharField(choices=[('arrived', 'Arrived'), ('delayed', 'Arrived late'), ('turned_back', 'Turned back'), ('not_run', 'Did not leave')], max_length=12)),
                ('remarks', models.TextField(blank=True)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['ran_on', 'number'],
            },
        ),
        migrations.CreateModel(
            name='TaskChange',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.PositiveSmallIntegerField()),
                ('sorts', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('place', 'Place'), ('scope', 'Scope'), ('actor', 'Who carries it out'), ('cost', 'Cost'), ('time', 'Time')], max_length=10), size=None)),
                ('what', models.TextField()),
                ('new_place', models.CharField(blank=True, max_length=160)),
                ('new_partner', models.CharField(blank=True, max_length=160)),
                ('new_cost', models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))])),
                ('new_end', models.DateField(null=True)),
                ('exception_reason', models.TextField(blank=True)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['number'],
            },
        ),
        migrations.CreateModel(
            name='VisitPhoto',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.AddField(
            model_name='instalment',
            name='visit',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.visit'),
        ),
        migrations.AddField(
            model_name='task',
            name='approved_cost',
            field=models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True, validators=[django.core.validators.MinValueValidator(Decimal('0'))]),
        ),
        migrations.AddField(
            model_name='task',
            name='instalment_percents',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, size=None),
        ),
        migrations.AddField(
            model_name='task',
            name='partner',
            field=models.CharField(blank=True, max_length=160),
        ),
        migrations.AddField(
            model_name='task',
            name='place',
            field=models.CharField(blank=True, max_length=160),
        ),
        migrations.AddField(
            model_name='task',
            name='plan',
            field=models.TextField(blank=True),
        ),
        migrations.AddField(
            model_name='task',
            name='suspended',
            field=models.BooleanField(default=False),
        ),
        migrations.RunSQL(NAME_THE_VISITS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name='instalment',
            constraint=models.CheckConstraint(condition=models.Q(('is_last', False), ('visit__isnull', False), _connector='OR'), name='last_instalment_follows_a_visit'),
        ),
        migrations.AddConstraint(
            model_name='visit',
            constraint=models.UniqueConstraint(fields=('id', 'task'), name='visit_is_of_one_task'),
        ),
        migrations.AddField(
            model_name='changeanswer',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='changeanswer',
            name='declared_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='changeanswer',
            name='post',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='missions.post'),
        ),
        migrations.AddField(
            model_name='closingreport',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='closingreport',
            name='file',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='requests_app.attachment'),
        ),
        migrations.AddField(
            model_name='closingreport',
            name='task',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='closing_report', to='records.task'),
        ),
        migrations.AddField(
            model_name='correction',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='correction',
            name='post',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='missions.post'),
        ),
        migrations.AddField(
            model_name='correction',
            name='rfa',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='requests_app.assistancerequest'),
        ),
        migrations.AddField(
            model_name='followupnote',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='followupnote',
            name='rfa',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='follow_up_notes', to='requests_app.assistancerequest'),
        ),
        migrations.AddField(
            model_name='followupreminder',
            name='rfa',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='follow_up_reminders', to='requests_app.assistancerequest'),
        ),
        migrations.AddField(
            model_name='handback',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='handback',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='hand_backs', to='records.task'),
        ),
        migrations.AddField(
            model_name='incident',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='incident',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='incidents', to='records.task'),
        ),
        migrations.AddField(
            model_name='refund',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='refund',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='refunds', to='records.task'),
        ),
        migrations.AddField(
            model_name='run',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='run',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='records.task'),
        ),
        migrations.AddField(
            model_name='incident',
            name='run',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='incidents', to='records.run'),
        ),
        migrations.AddField(
            model_name='taskchange',
            name='by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='taskchange',
            name='new_unit',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='missions.unit'),
        ),
        migrations.AddField(
            model_name='taskchange',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='changes', to='records.task'),
        ),
        migrations.AddField(
            model_name='changeanswer',
            name='change',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='records.taskchange'),
        ),
        migrations.AddField(
            model_name='task',
            name='open_change',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.taskchange'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('suspended', False), models.Q(('completed_on__isnull', True), ('open_change__isnull', False)), _connector='OR'), name='task_is_suspended_for_a_change', violation_error_message='A change of this task waits to be answered.'),
        ),
        migrations.AddField(
            model_name='visitphoto',
            name='file',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='visit_photo', to='requests_app.attachment'),
        ),
        migrations.AddField(
            model_name='visitphoto',
            name='visit',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='photos', to='records.visit'),
        ),
        migrations.AddConstraint(
            model_name='closingreport',
            constraint=models.CheckConstraint(condition=models.Q(('spent__gte', 0), models.Q(('text', ''), _negated=True)), name='closing_report_says_what_was_spent'),
        ),
        migrations.AddConstraint(
            model_name='correction',
            constraint=models.UniqueConstraint(fields=('rfa', 'number'), name='correction_has_its_number'),
        ),
        migrations.AddConstraint(
            model_name='correction',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('right', ''), _negated=True), models.Q(('why', ''), _negated=True)), name='correction_says_what_is_right_and_why'),
        ),
        migrations.AddConstraint(
            model_name='followupreminder',
            constraint=models.UniqueConstraint(fields=('rfa', 'number'), name='follow_up_is_reminded_of_once'),
        ),
        migrations.AddConstraint(
            model_name='handback',
            constraint=models.UniqueConstraint(fields=('task', 'number'), name='hand_back_has_its_number'),
        ),
        migrations.AddConstraint(
            model_name='handback',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gte', 1)), name='hand_back_is_of_something'),
        ),
        migrations.AddConstraint(
            model_name='handback',
            constraint=models.CheckConstraint(condition=models.Q(('condition__in', ['good', 'worn']), models.Q(('note', ''), _negated=True), _connector='OR'), name='hand_back_of_the_damaged_says_how', violation_error_message='Say what is damaged, or how it was lost.'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.UniqueConstraint(fields=('task', 'number'), name='refund_is_received_once'),
        ),
        migrations.AddConstraint(
            model_name='refund',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='refund_is_money'),
        ),
        migrations.AddConstraint(
            model_name='run',
            constraint=models.UniqueConstraint(fields=('task', 'number'), name='run_has_its_number'),
        ),
        migrations.AddConstraint(
            model_name='run',
            constraint=models.CheckConstraint(condition=models.Q(('outcome__in', ['arrived', 'delayed']), models.Q(('remarks', ''), _negated=True), _connector='OR'), name='run_that_did_not_arrive_says_why', violation_error_message='Say why it did not arrive.'),
        ),
        migrations.AddConstraint(
            model_name='taskchange',
            constraint=models.UniqueConstraint(fields=('task', 'number'), name='change_has_its_number'),
        ),
        migrations.AddConstraint(
            model_name='taskchange',
            constraint=models.UniqueConstraint(fields=('id', 'by'), name='change_is_declared_by_one'),
        ),
        migrations.AddConstraint(
            model_name='taskchange',
            constraint=models.CheckConstraint(condition=models.Q(('sorts__contained_by', ['place', 'scope', 'actor', 'cost', 'time']), ('sorts__len__gte', 1), models.Q(('what', ''), _negated=True)), name='change_changes_something'),
        ),
        migrations.AddConstraint(
            model_name='taskchange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('sorts__contains', ['cost']), _negated=True), ('new_cost__isnull', False), _connector='OR'), name='change_of_cost_says_the_cost'),
        ),
        migrations.AddConstraint(
            model_name='taskchange',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('sorts__contains', ['time']), _negated=True), ('new_end__isnull', False), _connector='OR'), name='change_of_time_says_the_day'),
        ),
        migrations.AddConstraint(
            model_name='changeanswer',
            constraint=models.UniqueConstraint(fields=('change', 'stage'), name='change_is_answered_once'),
        ),
        migrations.AddConstraint(
            model_name='changeanswer',
            constraint=models.UniqueConstraint(fields=('change', 'by'), name='change_is_answered_by_two_people'),
        ),
        migrations.AddConstraint(
            model_name='changeanswer',
            constraint=models.CheckConstraint(condition=models.Q(('by', models.F('declared_by')), _negated=True), name='change_is_answered_by_another', violation_error_message='Whoever declares a change does not answer it.'),
        ),
        migrations.AddConstraint(
            model_name='changeanswer',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('stage', 'coordination'), ('word__in', ('within_approval', 'changes_approval', 'not_accepted'))), models.Q(('stage', 'authority'), ('word__in', ('approved', 'not_approved'))), _connector='OR'), name='change_answer_is_its_stages'),
        ),
        *[GuardAppendOnly(table) for table in TABLES],
        migrations.RunSQL(BONDS, UNBIND),
    ]

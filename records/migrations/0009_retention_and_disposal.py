"""Retention classes, receipts, legal holds and disposal, and what lets a record be forgotten."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import records.models.keeping
from django.conf import settings
from django.db import migrations, models

from common.append_only import GuardAppendOnly
from records.forgetting import AllowDisposal

TEXT, LIST, OBJECT, NOTHING = "text", "list", "object", "nothing"


def texts(*names):
    return {name: TEXT for name in names}


GUARDED = [
    ("requests_app_revision", "rfa", {"content": "json_text"}),
    ("requests_app_message", "rfa", texts("text")),
    ("approvals_answer", "rfa", {"remarks": TEXT, "conditions": LIST, "details": OBJECT}),
    ("approvals_lookalikefinding", "other", {"remark": TEXT, "reasons": LIST}),
    ("records_progress", "task", texts("text")),
    ("records_conditioncheck", "task", texts("remark")),
    ("records_visit", "task", texts("findings")),
    ("records_instalment", "task", texts("evidence")),
    ("records_taskchange", "task", texts("what", "new_place", "new_partner", "exception_reason")),
    ("records_changeanswer", "change", texts("remarks")),
    ("records_closingreport", "task", texts("text")),
    ("records_refund", "task", texts("evidence")),
    ("records_run", "task", texts("origin", "destination", "remarks")),
    ("records_incident", "task", texts("place", "what", "action_taken")),
    ("records_handback", "task", texts("asset", "note")),
    ("records_followupnote", "rfa", texts("text")),
    ("records_correction", "rfa", texts("says", "right", "why")),
    ("requests_app_unitatwork", "rfa", texts("work")),
    ("records_deliverybyothers", "rfa", texts("organisation", "source")),
    ("records_classing", "rfa", texts("reason")),
]
PLAIN = [
    (
        "requests_app_assistancerequest",
        "id",
        {
            **texts(
                "on_behalf_of", "contact", "title", "description", "place", "urgency_reason",
                "gender_protection", "do_no_harm", "coordination_note", "disaster_name",
                "camp_effect",
            ),
            "latitude": NOTHING,
            "longitude": NOTHING,
        },
    ),
    (
        "requests_app_civilassistance",
        "rfa",
        texts("last_resort", "pick_up", "drop_off", "receiving_contact", "hand_back_plan"),
    ),
    (
        "requests_app_securityassistance",
        "rfa",
        texts(
            "origin", "destination", "waypoints", "cargo", "threat_summary", "alternatives_tried",
            "discontinuation_plan",
        ),
    ),
    (
        "requests_app_quickimpactproject",
        "rfa",
        texts(
            "objective", "implementing_partner", "partner_registration", "work_plan",
            "maintenance_owner", "environment_check", "ceiling_exception_reason",
        ),
    ),
    ("requests_app_extremesituation", "rfa", texts("action_taken")),
    ("requests_app_assetline", "rfa", texts("asset", "note")),
    ("requests_app_budgetline", "rfa", texts("item")),
    ("requests_app_attachment", "rfa", texts("name", "caption")),
    ("approvals_referral", "rfa", texts("matter", "resolution")),
    (
        "records_task",
        "rfa",
        texts("result", "agreement_reference", "plan", "place", "partner"),
    ),
    ("records_protectionduty", "rfa", texts("duty", "outcome")),
]

# When a record's years are over, by what they run from.
DUE_ON = """
CREATE FUNCTION retention_due_on(closed_on date, trigger text, years integer) RETURNS date
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT (CASE trigger
        WHEN 'calendar_year' THEN make_date(extract(year FROM closed_on)::int, 12, 31)
        WHEN 'budget_year' THEN make_date(
            extract(year FROM closed_on)::int + (extract(month FROM closed_on) > 6)::int, 6, 30)
        ELSE closed_on END + make_interval(years => years))::date
$$;
"""
BOND = """
ALTER TABLE records_disposal ADD CONSTRAINT disposal_is_of_what_was_asked
    FOREIGN KEY (asked_id, rfa_id, asked_by_id)
    REFERENCES records_disposalasked (id, rfa_id, by_id);
"""
UNBIND = "ALTER TABLE records_disposal DROP CONSTRAINT disposal_is_of_what_was_asked;"
ADDED_TO = [
    "classing", "transfer", "legalhold", "holdlifted", "disposalasked", "disposaldeclined",
    "disposal",
]


class Migration(migrations.Migration):

    dependencies = [
        ('missions', '0003_mission_settings_that_hold'),
        ('records', '0008_what_was_done'),
        ('approvals', '0006_referrals_are_reminded_of'),
        ('ledger', '0004_checkpoints_and_erasures'),
        ('requests_app', '0005_units_at_work'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='DisposalAsked',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('authority', models.CharField(max_length=200)),
                ('reason', models.TextField()),
                ('capacity', models.CharField(choices=[('holder', 'holder'), ('officer_in_charge', 'officer-in-charge'), ('delegate', 'delegate')], max_length=20)),
                ('at', models.DateTimeField()),
                ('post', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='missions.post')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('rfa', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disposals_asked', to='requests_app.assistancerequest')),
            ],
            options={
                'verbose_name_plural': 'disposals asked',
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='DisposalDeclined',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField()),
                ('at', models.DateTimeField()),
                ('asked', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='declined', to='records.disposalasked')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name_plural': 'disposals declined',
            },
        ),
        migrations.CreateModel(
            name='LegalHold',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField()),
                ('post_title', models.CharField(max_length=120)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('rfa', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='holds', to='requests_app.assistancerequest')),
            ],
            options={
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='HoldLifted',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField()),
                ('post_title', models.CharField(max_length=120)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('hold', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='lifted', to='records.legalhold')),
            ],
            options={
                'verbose_name_plural': 'holds lifted',
            },
        ),
        migrations.CreateModel(
            name='RetentionClass',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, validators=[django.core.validators.RegexValidator('^[A-Za-z0-9][A-Za-z0-9._-]*$', 'Letters, figures, dots and hyphens.')])),
                ('title', models.CharField(max_length=200)),
                ('number', models.PositiveSmallIntegerField(default=1)),
                ('kinds', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('civil_assistance', 'Civil assistance'), ('security_assistance', 'Security assistance'), ('qip', 'Quick Impact Project'), ('extreme_situation', 'Extreme situation')], max_length=20), blank=True, default=records.models.keeping._every_kind, size=None)),
                ('trigger', models.CharField(choices=[('closed', 'the day the record was closed'), ('calendar_year', 'the end of the calendar year in which it was closed'), ('budget_year', 'the end of the budget year (30 June) in which it was closed')], default='closed', max_length=16)),
                ('years', models.PositiveSmallIntegerField(validators=[django.core.validators.MaxValueValidator(100)])),
                ('action', models.CharField(choices=[('transfer', 'Transfer for permanent keeping'), ('destroy', 'Destroy')], max_length=12)),
                ('authority', models.CharField(blank=True, max_length=200)),
                ('is_example', models.BooleanField(default=False)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('mission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='retention_classes', to='missions.mission')),
            ],
            options={
                'verbose_name_plural': 'retention classes',
                'ordering': ['number', 'code'],
            },
        ),
        migrations.CreateModel(
            name='Classing',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reason', models.TextField()),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('rfa', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='classings', to='requests_app.assistancerequest')),
                ('retention_class', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.retentionclass')),
            ],
            options={
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Transfer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('received_by', models.CharField(max_length=200)),
                ('organisation', models.CharField(max_length=200)),
                ('receipt_reference', models.CharField(max_length=120)),
                ('received_on', models.DateField()),
                ('manifest_digest', models.CharField(max_length=64)),
                ('at', models.DateTimeField()),
                ('bag', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfers', to='records.archivedbag')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('rfa', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='transfers', to='requests_app.assistancerequest')),
            ],
            options={
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.CreateModel(
            name='Disposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=40)),
                ('kind', models.CharField(choices=[('civil_assistance', 'Civil assistance'), ('security_assistance', 'Security assistance'), ('qip', 'Quick Impact Project'), ('extreme_situation', 'Extreme situation')], max_length=20)),
                ('submitted_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('closed_at', models.DateTimeField()),
                ('class_code', models.CharField(max_length=40)),
                ('class_title', models.CharField(max_length=200)),
                ('action', models.CharField(choices=[('transfer', 'Transfer for permanent keeping'), ('destroy', 'Destroy')], max_length=12)),
                ('due_on', models.DateField()),
                ('authority', models.CharField(max_length=200)),
                ('reason', models.TextField()),
                ('digests', models.JSONField()),
                ('post_title', models.CharField(max_length=120)),
                ('at', models.DateTimeField()),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('rfa', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='disposal', to='requests_app.assistancerequest')),
                ('asked', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='disposal', to='records.disposalasked')),
                ('transfer', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='records.transfer')),
            ],
            options={
                'ordering': ['at', 'pk'],
            },
        ),
        migrations.AddConstraint(
            model_name='disposalasked',
            constraint=models.UniqueConstraint(fields=('id', 'rfa', 'by'), name='disposal_is_asked_by_one'),
        ),
        migrations.AddConstraint(
            model_name='retentionclass',
            constraint=models.UniqueConstraint(fields=('mission', 'code'), name='retention_code_is_one_a_mission'),
        ),
        migrations.AddConstraint(
            model_name='retentionclass',
            constraint=models.CheckConstraint(condition=models.Q(('years__lte', 100)), name='retention_years_are_a_lifetime_at_most'),
        ),
        migrations.AddConstraint(
            model_name='disposal',
            constraint=models.CheckConstraint(condition=models.Q(('by', models.F('asked_by')), _negated=True), name='disposal_is_confirmed_by_another', violation_error_message='Whoever asks for a disposal does not confirm it.'),
        ),
        migrations.AddConstraint(
            model_name='disposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('action', 'transfer'), _negated=True), ('transfer__isnull', False), _connector='OR'), name='disposal_after_transfer_names_its_receipt'),
        ),
        *[GuardAppendOnly(f"records_{table}") for table in ADDED_TO],
        migrations.RunSQL(DUE_ON, "DROP FUNCTION retention_due_on(date, text, integer);"),
        migrations.RunSQL(BOND, UNBIND),
        AllowDisposal(GUARDED, PLAIN),
    ]

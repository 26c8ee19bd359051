import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

DELIVERY = [
    ('at_once', 'By e-mail at once'),
    ('digest', 'In a daily digest'),
    ('centre', 'Only in the notice centre'),
]
GROUPS = [
    ('duties', 'What waits on my post'),
    ('requests', 'My requests'),
    ('mentions', 'Messages and mentions'),
    ('follow_ups', 'Follow-ups and conditions'),
    ('mission', 'Across the mission'),
]


def chosen(default):
    return models.CharField(choices=DELIVERY, default=default, max_length=8)


class Migration(migrations.Migration):
    """A letter may be of many notices; a notice says what happened; people choose how."""

    dependencies = [
        ('ledger', '0003_guards'),
        ('missions', '0003_mission_settings_that_hold'),
        ('notices', '0001_first'),
        ('requests_app', '0004_look_alike_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Preferences',
            fields=[
                ('person', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='notice_preferences', serialize=False, to=settings.AUTH_USER_MODEL)),
                ('duties', chosen('at_once')),
                ('requests', chosen('at_once')),
                ('mentions', chosen('at_once')),
                ('follow_ups', chosen('digest')),
                ('mission', chosen('at_once')),
                ('digest_days', models.CharField(choices=[('working_days', "On the mission's working days"), ('every_day', 'Every day')], default='working_days', max_length=12)),
                ('version', models.PositiveIntegerField(default=0)),
                ('changed_at', models.DateTimeField(null=True)),
            ],
            options={'verbose_name_plural': 'preferences'},
        ),
        migrations.AddConstraint(
            model_name='preferences',
            constraint=models.CheckConstraint(condition=models.Q(('duties', 'at_once')), name='duties_are_never_muted'),
        ),
        migrations.AddField('letter', 'person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='letters', to=settings.AUTH_USER_MODEL)),
        migrations.AddField('letter', 'mission', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='missions.mission')),
        migrations.AddField('letter', 'digest_of', models.DateField(null=True)),
        migrations.AlterField('letter', 'subject', models.CharField(blank=True, max_length=200)),
        migrations.AlterField('letter', 'body', models.TextField(blank=True)),
        migrations.AlterField('letter', 'notice', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='old_letter', to='notices.notice')),
        migrations.AddField('notice', 'letter', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='notices.letter')),
        migrations.AddField('notice', 'mission', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='missions.mission')),
        migrations.AddField('notice', 'rfa', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='notices', to='requests_app.assistancerequest')),
        migrations.AddField('notice', 'post', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='missions.post')),
        migrations.AddField('notice', 'sort', models.CharField(default='written', max_length=30), preserve_default=False),
        migrations.AddField('notice', 'values', models.JSONField(default=dict)),
        migrations.AddField('notice', 'group', models.CharField(choices=GROUPS, default='mission', max_length=12), preserve_default=False),
        migrations.AddField('notice', 'delivery', models.CharField(choices=DELIVERY, default='at_once', max_length=8), preserve_default=False),
        migrations.RemoveIndex(model_name='notice', name='notices_new'),
    ]

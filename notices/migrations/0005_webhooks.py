
import django.contrib.postgres.fields
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models

from common.append_only import GuardAppendOnly


class Migration(migrations.Migration):
    """Other systems that are told, what each is owed, and every try to tell them."""

    dependencies = [
        ('ledger', '0005_readings'),
        ('missions', '0004_instalments_and_follow_ups'),
        ('notices', '0004_letters_of_many_notices'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Webhook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=80)),
                ('url', models.CharField(max_length=500)),
                ('events', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), size=None)),
                ('clearance', models.PositiveSmallIntegerField(choices=[(0, 'Unclassified'), (1, 'Confidential')], default=0)),
                ('secret', models.TextField()),
                ('previous_secret', models.TextField(blank=True)),
                ('previous_until', models.DateTimeField(null=True)),
                ('state', models.CharField(choices=[('active', 'Told'), ('paused', 'Paused'), ('stopped', 'Stopped: it failed for too long'), ('ended', 'Ended')], default='active', max_length=8)),
                ('failing_since', models.DateTimeField(null=True)),
                ('rests_until', models.DateTimeField(null=True)),
                ('made_at', models.DateTimeField()),
                ('version', models.PositiveIntegerField(default=0)),
                ('made_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('mission', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='missions.mission')),
                ('organisation', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='missions.organisation')),
            ],
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(max_length=40)),
                ('public_id', models.UUIDField(default=uuid.uuid4, unique=True)),
                ('state', models.CharField(choices=[('owed', 'Owed'), ('delivered', 'Delivered'), ('given_up', 'Given up'), ('withheld', 'Withheld: no longer open to it')], default='owed', max_length=9)),
                ('made_at', models.DateTimeField()),
                ('retried_from', models.DateTimeField()),
                ('next_try_at', models.DateTimeField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('done_at', models.DateTimeField(null=True)),
                ('entry', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ledger.entry')),
                ('webhook', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='deliveries', to='notices.webhook')),
            ],
            options={
                'verbose_name_plural': 'webhook deliveries',
            },
        ),
        migrations.CreateModel(
            name='WebhookAttempt',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('status', models.PositiveSmallIntegerField(null=True)),
                ('error', models.CharField(blank=True, max_length=200)),
                ('milliseconds', models.PositiveIntegerField()),
                ('delivery', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tries', to='notices.webhookdelivery')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.AddConstraint(
            model_name='webhook',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'ended'), _negated=True), fields=('mission', 'name'), name='webhook_name_is_one_a_mission'),
        ),
        migrations.AddConstraint(
            model_name='webhook',
            constraint=models.CheckConstraint(condition=models.Q(('clearance__lte', 1)), name='webhook_reads_nothing_strictly_confidential', violation_error_message='What is strictly confidential is read by name alone.'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('state', 'owed')), fields=['next_try_at'], name='webhook_deliveries_owed'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['webhook', '-made_at', '-id'], name='deliveries_of_a_webhook'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.UniqueConstraint(fields=('webhook', 'entry', 'event'), name='webhook_is_owed_an_event_once'),
        ),
        GuardAppendOnly('notices_webhookattempt'),
    ]

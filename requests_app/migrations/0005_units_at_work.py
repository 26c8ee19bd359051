"""More than one unit may work on a task."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from common.append_only import GuardAppendOnly


class Migration(migrations.Migration):

    dependencies = [
        ('missions', '0004_instalments_and_follow_ups'),
        ('requests_app', '0004_look_alike_indexes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='UnitAtWork',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('work', models.CharField(max_length=300)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('rfa', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='units_at_work', to='requests_app.assistancerequest')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='at_work', to='missions.unit')),
            ],
            options={
                'verbose_name_plural': 'units at work',
                'ordering': ['at', 'pk'],
                'indexes': [models.Index(fields=['unit'], name='units_at_work')],
                'constraints': [models.UniqueConstraint(fields=('rfa', 'unit'), name='unit_joins_a_task_once')],
            },
        ),
        GuardAppendOnly("requests_app_unitatwork"),
    ]

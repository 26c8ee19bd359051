from django.db import migrations, models


class Migration(migrations.Migration):
    """What is owed names the request that left it, for the logs."""

    dependencies = [
        ('ledger', '0005_readings'),
    ]

    operations = [
        migrations.AddField(
            model_name='outboxrow',
            name='request_id',
            field=models.CharField(blank=True, db_default='', default='', max_length=64),
        ),
    ]

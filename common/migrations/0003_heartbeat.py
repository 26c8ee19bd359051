from django.db import migrations, models


class Migration(migrations.Migration):
    """When beat and a worker last lived."""

    dependencies = [
        ('common', '0002_links'),
    ]

    operations = [
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('name', models.CharField(max_length=20, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
            ],
        ),
    ]

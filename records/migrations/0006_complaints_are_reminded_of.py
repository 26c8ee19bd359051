"""Keep on a complaint when who answers it was reminded, so that it is once."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('records', '0005_saved_views'),
    ]

    operations = [
        migrations.AddField(
            model_name='complaint',
            name='half_told_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='complaint',
            name='limit_told_at',
            field=models.DateTimeField(null=True),
        ),
    ]

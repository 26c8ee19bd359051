"""Keep on a referral when its post was reminded, so that it is once."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('approvals', '0005_signatures_and_words'),
    ]

    operations = [
        migrations.AddField(
            model_name='referral',
            name='half_told_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='referral',
            name='limit_told_at',
            field=models.DateTimeField(null=True),
        ),
    ]

"""Put the guards on what is only ever added to."""

from django.db import migrations

from common.append_only import GuardAppendOnly


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0001_first")]

    operations = [
        GuardAppendOnly("requests_app_revision"),
        GuardAppendOnly("requests_app_message"),
    ]

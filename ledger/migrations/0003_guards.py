"""Put the guards on what is only ever added to."""

from django.db import migrations

from common.append_only import GuardAppendOnly


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_links")]

    operations = [
        GuardAppendOnly("ledger_entry"),
        GuardAppendOnly("ledger_payload"),
    ]

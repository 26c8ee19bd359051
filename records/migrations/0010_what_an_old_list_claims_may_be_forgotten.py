"""A disposal blanks what an old list claims of a record, too."""

from importlib import import_module

from django.db import migrations

from records.forgetting import AllowDisposal

BEFORE = import_module("records.migrations.0009_retention_and_disposal")
GUARDED = [*BEFORE.GUARDED, ("requests_app_importedrow", "rfa", {"claims": BEFORE.OBJECT})]


class Migration(migrations.Migration):

    dependencies = [
        ("records", "0009_retention_and_disposal"),
        ("requests_app", "0006_imports"),
    ]

    operations = [AllowDisposal(GUARDED, BEFORE.PLAIN)]

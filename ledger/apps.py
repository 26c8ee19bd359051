"""What happened."""

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """What happened."""

    name = "ledger"
    default_auto_field = "django.db.models.BigAutoField"

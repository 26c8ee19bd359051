"""What was done, and what is kept and leaves."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """What was done, and what is kept and leaves."""

    name = "records"
    default_auto_field = "django.db.models.BigAutoField"

"""Who decides, and in what order."""

from django.apps import AppConfig


class ApprovalsConfig(AppConfig):
    """Who decides, and in what order."""

    name = "approvals"
    default_auto_field = "django.db.models.BigAutoField"

"""Who is told."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    """Who is told."""

    name = "notices"
    default_auto_field = "django.db.models.BigAutoField"

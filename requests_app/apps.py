"""What is asked."""

from django.apps import AppConfig


class RequestsAppConfig(AppConfig):
    """What is asked."""

    name = "requests_app"
    default_auto_field = "django.db.models.BigAutoField"

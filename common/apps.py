"""What all rooms share and that knows no room."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """What all rooms share and that knows no room."""

    name = "common"
    default_auto_field = "django.db.models.BigAutoField"

"""Who and where."""

from importlib import import_module

from django.apps import AppConfig


class MissionsConfig(AppConfig):
    """Who and where."""

    name = "missions"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the OpenAPI document know the API's key; it registers itself when loaded."""
        import_module("missions.schema")

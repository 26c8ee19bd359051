"""The wiring on top of the rooms."""

from django.apps import AppConfig
from django.contrib.staticfiles.apps import StaticFilesConfig

from cimic.celery import app


class CimicConfig(AppConfig):
    """The wiring: settings, addresses, Celery; nobody imports it."""

    default = True
    name = "cimic"
    celery = app


class StaticConfig(StaticFilesConfig):
    """Static files, without those that no page of ours asks for."""

    ignore_patterns = [
        *StaticFilesConfig.ignore_patterns,
        "rest_framework",
        "django_htmx/ext/*",
        "leaflet-src*",
    ]

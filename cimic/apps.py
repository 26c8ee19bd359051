"""The wiring on top of the rooms."""

from django.apps import AppConfig

from cimic.celery import app


class CimicConfig(AppConfig):
    """The wiring: settings, addresses, Celery; nobody imports it."""

    name = "cimic"
    celery = app

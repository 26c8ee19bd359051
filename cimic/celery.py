"""Celery carries; the database remembers."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cimic.settings")

app = Celery("cimic")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

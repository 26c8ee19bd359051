"""Celery carries; the database remembers."""

import os
from typing import Any

import structlog
from celery import Celery
from celery.signals import heartbeat_sent, setup_logging, task_postrun, task_prerun, worker_ready

from cimic.alive import WORKER, say

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cimic.settings")

app = Celery("cimic")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def keep_our_lines(**more: Any) -> None:
    """Leave logging to Django's settings, or each line would come twice."""


@heartbeat_sent.connect
@worker_ready.connect
def say_that_it_lives(**more: Any) -> None:
    """Touch the worker's file while it hears its carrier."""
    say(WORKER)


@task_prerun.connect
def name_the_task(task_id: str = "", task: Any = None, **more: Any) -> None:
    """Put the task's name and id on every line it writes."""
    structlog.contextvars.bind_contextvars(task=getattr(task, "name", ""), task_id=task_id)


@task_postrun.connect
def forget_the_task(**more: Any) -> None:
    """Let the next task's lines name that one alone."""
    structlog.contextvars.clear_contextvars()

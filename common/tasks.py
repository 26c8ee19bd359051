"""Housekeeping that holds no rule of the mission."""

import datetime as dt

from celery import shared_task

from common.clock import now
from common.models import Heartbeat, IdempotentAnswer

KEPT = dt.timedelta(days=7)


@shared_task
def forget_old_idempotency_keys() -> int:
    """Delete the answers kept for repeated calls longer than a week; return how many."""
    return IdempotentAnswer.objects.filter(made_at__lt=now() - KEPT).delete()[0]


@shared_task
def heartbeat() -> None:
    """Say that beat sends and a worker works."""
    Heartbeat.objects.update_or_create(name="tasks", defaults={"at": now()})

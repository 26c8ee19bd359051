"""The door to ``services``: holds no rule, is safe to run twice."""

from celery import shared_task

from notices import services


@shared_task
def sweep() -> int:
    """Deliver what is owed, whoever left it."""
    return services.sweep()

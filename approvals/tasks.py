"""The sweeps of what has come to its limit; they hold no rule and are safe to run twice."""

from celery import shared_task

from approvals import services


@shared_task
def lapse_overdue_advice() -> int:
    """Record the advice that did not come by its limit, and carry those requests on."""
    return services.lapse_overdue_advice()


@shared_task
def remind_and_escalate() -> int:
    """Remind posts of their limits, and tell those above of what is late."""
    return services.remind_and_escalate()

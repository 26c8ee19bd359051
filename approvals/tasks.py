"""The sweep that lets overdue advice lapse; holds no rule, safe to run twice."""

from celery import shared_task

from approvals import services


@shared_task
def lapse_overdue_advice() -> int:
    """Record the advice that did not come by its limit, and carry those requests on."""
    return services.lapse_overdue_advice()

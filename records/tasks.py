"""The door to the compliance summary: holds no rule, is safe to run twice."""

from celery import shared_task

from records.compliance import summary


@shared_task
def count_compliance() -> int:
    """Count anew the records that deeds have changed, whoever left them."""
    return summary.sweep()

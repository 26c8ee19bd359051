"""The doors to ``services``: they hold no rule and are safe to run twice."""

from celery import shared_task

from notices import services
from notices.webhooks import delivering


@shared_task
def sweep() -> int:
    """Deliver what is owed, whoever left it."""
    return services.sweep()


@shared_task
def make_digests() -> int:
    """Owe everybody the digest whose hour has come."""
    return services.make_digests()


@shared_task
def tell_webhooks() -> int:
    """Deliver to other systems what they are owed."""
    return delivering.sweep()

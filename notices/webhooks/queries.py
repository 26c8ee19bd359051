"""A mission's webhooks and the log of what they were told."""

from django.db.models import OuterRef, QuerySet, Subquery

from missions.models import Mission
from notices.models import Webhook, WebhookAttempt, WebhookDelivery
from notices.vocabulary import WebhookState

NEWEST_FIRST = ("-made_at", "-id")


def webhooks_of(mission: Mission) -> QuerySet[Webhook]:
    """List a mission's webhooks that have not ended, by name."""
    kept = Webhook.objects.filter(mission=mission).exclude(state=WebhookState.ENDED)
    return kept.select_related("mission", "organisation", "made_by")


def deliveries_of(webhook: Webhook) -> QuerySet[WebhookDelivery]:
    """List what a webhook was told, newest first, each with its last try."""
    last = WebhookAttempt.objects.filter(delivery=OuterRef("pk")).order_by("-pk")
    return (
        webhook.deliveries.select_related("entry__chain")
        .annotate(
            last_at=Subquery(last.values("at")[:1]),
            last_status=Subquery(last.values("status")[:1]),
            last_error=Subquery(last.values("error")[:1]),
            last_milliseconds=Subquery(last.values("milliseconds")[:1]),
        )
        .order_by(*NEWEST_FIRST)
    )

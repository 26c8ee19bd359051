"""What a webhook may be told: as much as a reader of its clearance sees, and no more.

Of a record that is classified (P15) or that a low-profile requester made (R22) it is told what a
letter tells: the reference and where it stands. No name of a person leaves, nor advice, nor what
is said inside; the receiver reads the rest by the API, as somebody.
"""

import json
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.urls import reverse

from approvals.models import Step
from approvals.queries.records import SUBMITTED
from common.canonical import canonical
from common.clock import iso
from ledger.models import Entry
from missions.vocabulary import Classification
from notices.models import Webhook, WebhookDelivery
from notices.texts import is_news
from notices.vocabulary import EVENTS, PING, STEPS_OPENED
from notices.wording import stays_inside
from requests_app.models import AssistanceRequest

WORDS = {
    Classification.UNCLASSIFIED: "unclassified",
    Classification.CONFIDENTIAL: "confidential",
}


def records_open_to(webhook: Webhook) -> QuerySet[AssistanceRequest]:
    """Keep the records that a webhook may be told of.

    Its mission's, submitted, up to its clearance; its organisation's alone where it has one;
    never what is kept from the force, since nobody answers for who reads it (P39).
    """
    seen = SUBMITTED & Q(
        mission=webhook.mission_id,
        classification__lte=webhook.clearance,
        hidden_from_force=False,
    )
    if webhook.organisation_id is not None:
        seen &= Q(organisation=webhook.organisation_id)
    return AssistanceRequest.objects.filter(seen)


def events_of(entry: Entry, said: dict[str, Any]) -> list[str]:
    """List the events that an entry of a record is."""
    found = []
    name = f"record.{said.get('status', '')}"
    if entry.act == "request.imported":
        return found  # what an old list claims happened long ago
    if name in EVENTS and is_news(entry, said):
        found.append(name)
    if said.get("opened"):
        found.append(STEPS_OPENED)
    return found


def _opened_by(entry: Entry) -> list[dict[str, Any]]:
    """List the steps that an entry opened: which post must answer what, and until when."""
    numbers = [step["step"] for step in json.loads(entry.payload.text).get("opened", [])]
    steps = Step.objects.filter(pk__in=numbers).select_related("post").order_by("pk")
    return [
        {
            "id": step.pk,
            "seat": step.seat,
            "post": step.post.code,
            "due_at": iso(step.due_at) if step.due_at else None,
        }
        for step in steps
    ]


def _told_of(rfa: AssistanceRequest, event: str) -> dict[str, Any]:
    path = reverse("records:case", args=[rfa.reference])
    api = reverse("api-request", args=[rfa.reference])
    inside = stays_inside(rfa)
    return {
        "id": str(rfa.pk),
        "reference": rfa.reference,
        "kind": rfa.kind,
        "status": event.removeprefix("record.") if event != STEPS_OPENED else rfa.status,
        "classification": WORDS[Classification(rfa.classification)],
        "sector": None if inside or rfa.sector is None else rfa.sector.code,
        "title": None if inside else rfa.title,
        "url": f"{settings.SITE_URL}{path}",
        "api_url": f"{settings.SITE_URL}{api}",
    }


def body_of(delivery: WebhookDelivery) -> bytes | None:
    """Write a message as it may leave at this moment; None where nothing of it may any more."""
    webhook, entry = delivery.webhook, delivery.entry
    said: dict[str, Any] = {"type": delivery.event, "timestamp": iso(delivery.made_at)}
    mission = webhook.mission.code
    if entry is None:
        said["data"] = {"mission": mission, "webhook": webhook.name}
    else:
        rfa = records_open_to(webhook).select_related("sector").filter(pk=entry.chain_id).first()
        if rfa is None:
            return None
        said["timestamp"] = iso(entry.happened_at)
        said["data"] = {"mission": mission, **_told_of(rfa, delivery.event)}
        if delivery.event == STEPS_OPENED:
            said["data"]["steps"] = _opened_by(entry)
    return canonical(said).encode()


def is_asked_for(webhook: Webhook, event: str) -> bool:
    """Whether a webhook is told of an event: it chose it, or somebody tries it out."""
    return event == PING or event in webhook.events

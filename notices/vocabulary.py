"""The words for who is told, of what, and how."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from missions.vocabulary import Classification
from requests_app.vocabulary import Status


class Group(models.TextChoices):
    """What a notice is about, as far as a person chooses how to be told of it."""

    DUTIES = "duties", _("What waits on my post")
    REQUESTS = "requests", _("My requests")
    MENTIONS = "mentions", _("Messages and mentions")
    FOLLOW_UPS = "follow_ups", _("Follow-ups and conditions")
    MISSION = "mission", _("Across the mission")


class Delivery(models.TextChoices):
    """How a notice reaches a person beside the notice centre, where all of them are."""

    AT_ONCE = "at_once", _("By e-mail at once")
    DIGEST = "digest", _("In a daily digest")
    CENTRE = "centre", _("Only in the notice centre")


class DigestDays(models.TextChoices):
    """On which days a digest is sent, at the mission's hour."""

    WORKING_DAYS = "working_days", _("On the mission's working days")
    EVERY_DAY = "every_day", _("Every day")


# What a person has not chosen otherwise. Duties are always told at once.
USUAL_DELIVERY = {
    Group.DUTIES: Delivery.AT_ONCE,
    Group.REQUESTS: Delivery.AT_ONCE,
    Group.MENTIONS: Delivery.AT_ONCE,
    Group.FOLLOW_UPS: Delivery.DIGEST,
    Group.MISSION: Delivery.AT_ONCE,
}


class Sort(models.TextChoices):
    """What happened; each has its sentence in ``notices.wording``."""

    WAITS = "waits"
    HALF = "half"
    LIMIT = "limit"
    LATE = "late"
    VACANT = "vacant"
    LAPSED = "lapsed"
    REFERRED = "referred"
    RESOLVED = "resolved"
    REFERRAL_HALF = "referral_half"
    REFERRAL_LATE = "referral_late"
    COMPLAINT_WAITS = "complaint_waits"
    COMPLAINT_HALF = "complaint_half"
    COMPLAINT_LATE = "complaint_late"
    IS_NOW = "is_now"
    MESSAGE = "message"
    MENTIONED = "mentioned"
    EXTREME = "extreme"
    CANNOT_EXECUTE = "cannot_execute"
    TASKED = "tasked"
    TASKED_WITH_CONDITIONS = "tasked_with_conditions"
    FOLLOW_UP = "follow_up"
    CONDITION_UNMET = "condition_unmet"
    COMPLETED = "completed"
    FOLLOW_UP_DUE = "follow_up_due"
    CHANGE_WAITS = "change_waits"
    CHANGE_ANSWERED = "change_answered"
    INCIDENT = "incident"
    PROCESS_TO_SIGN = "process_to_sign"
    PROCESS_TO_PROMULGATE = "process_to_promulgate"
    PROCESS_IN_FORCE = "process_in_force"
    EXPORT_READY = "export_ready"
    EXPORT_FAILED = "export_failed"
    WEBHOOK_STOPPED = "webhook_stopped"
    WRITTEN = "written"


# What is answered at its own step's page.
ANSWERED_AT_THE_STEP = frozenset({Sort.WAITS, Sort.HALF, Sort.LIMIT})


STEPS_OPENED = "steps.opened"
PING = "ping"
# What a webhook may be told of: a record that comes to a status, and who must answer next.
EVENTS: dict[str, Any] = {
    **{f"record.{status.value}": status.label for status in Status if status != Status.DRAFT},
    STEPS_OPENED: _("Who must answer next, and by when"),
}
# Strictly confidential records are read by name alone, and a webhook is nobody (P15).
WEBHOOK_CLEARANCES = [
    (level.value, level.label)
    for level in (Classification.UNCLASSIFIED, Classification.CONFIDENTIAL)
]


class WebhookState(models.TextChoices):
    """Whether a webhook is told."""

    ACTIVE = "active", _("Told")
    PAUSED = "paused", _("Paused")
    STOPPED = "stopped", _("Stopped: it failed for too long")
    ENDED = "ended", _("Ended")


class DeliveryState(models.TextChoices):
    """What became of one message to a webhook."""

    OWED = "owed", _("Owed")
    DELIVERED = "delivered", _("Delivered")
    GIVEN_UP = "given_up", _("Given up")
    WITHHELD = "withheld", _("Withheld: no longer open to it")

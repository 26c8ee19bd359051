"""What happens together while a refused need is followed up, until it is known what became of it.

Reminders go to UN-CIMIC at the interval that the mission sets, once each: the interval runs
from the decision, the last note or the last reminder, so a sweep that did not run sends one.
"""

import datetime as dt
from typing import Any

from django.db import transaction
from django.db.models import DateTimeField, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Greatest
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import FieldError, Incomplete
from ledger.services import append
from missions.models import User
from missions.queries import holders_of
from records import policy
from records.models import DeliveryByOthers, FollowUpNote, FollowUpReminder
from records.queries import follow_up_of, posts_that_follow_up
from records.services.closing import end
from records.services.recording import checked, not_to_come, record
from requests_app.models import AssistanceRequest
from requests_app.services import locked, touch
from requests_app.vocabulary import Status

MOST_A_SWEEP = 500


@transaction.atomic
def record_delivery(
    *,
    rfa: AssistanceRequest,
    actor: User,
    delivered: bool,
    organisation: str = "",
    delivered_on: dt.date | None = None,
    source: str = "",
) -> DeliveryByOthers:
    """Record what became of a refused need, and close its record (P41).

    Raises ``Incomplete`` with all that is missing: who and when if it was delivered, and
    the source either way.
    """
    rfa = locked(rfa)
    policy.may_record_delivery(actor, rfa).enforce()
    errors = []
    if delivered and not organisation.strip():
        errors.append(FieldError("organisation", _("Say who delivered it."), "41"))
    if delivered and delivered_on is None:
        errors.append(FieldError("delivered_on", _("Say when it was delivered."), "41"))
    if not source.strip():
        errors.append(
            FieldError("source", _("Say how you know: who told you, or what you saw."), "41")
        )
    if errors:
        raise Incomplete(errors=errors, paragraph="41")
    if delivered_on:
        not_to_come(rfa, "delivered_on", delivered_on, "41")
    known = checked(
        DeliveryByOthers(
            rfa=rfa,
            delivered=delivered,
            organisation=organisation.strip() if delivered else "",
            delivered_on=delivered_on if delivered else None,
            source=source.strip(),
            by=actor,
            at=now(),
        )
    )
    touch(rfa)
    record(
        rfa,
        "follow_up.answered",
        actor,
        delivered=delivered,
        organisation=known.organisation,
        delivered_on=known.delivered_on,
        source=known.source,
    )
    end(rfa, actor)
    return known


@transaction.atomic
def note_follow_up(*, rfa: AssistanceRequest, actor: User, text: str) -> FollowUpNote:
    """Note what was done to learn what became of a refused need; the next reminder waits (P41)."""
    rfa = locked(rfa)
    policy.may_record_delivery(actor, rfa).enforce()
    if not text.strip():
        raise Incomplete(
            errors=[FieldError("text", _("Say whom you asked, and what they said."), "41")],
            paragraph="41",
        )
    note = FollowUpNote.objects.create(rfa=rfa, text=text.strip(), by=actor, at=now())
    touch(rfa)
    record(rfa, "follow_up.noted", actor, text=note.text)
    return note


def _last_heard(model: Any) -> Subquery:
    rows = model.objects.filter(rfa=OuterRef("pk")).order_by().values("rfa")
    return Subquery(rows.annotate(last=Max("at")).values("last"), output_field=DateTimeField())


def follow_ups_owed() -> QuerySet[AssistanceRequest]:
    """List the refused needs of which a reminder is owed now, longest waiting first."""
    silent = AssistanceRequest.objects.filter(
        status=Status.NOT_APPROVED, decided_at__isnull=False, delivery_by_others=None
    ).annotate(
        heard_at=Greatest(F("decided_at"), _last_heard(FollowUpNote), _last_heard(FollowUpReminder))
    )
    found = Q(pk__in=[])
    for pk, days in silent.values_list("mission", "mission__follow_up_days").distinct():
        found |= Q(mission=pk, heard_at__lte=now() - dt.timedelta(days=days))
    return silent.filter(found).order_by("heard_at", "pk")


@transaction.atomic
def _remind(rfa: AssistanceRequest) -> int:
    """Remind who follows a refused need up, if it is still owed under the request's lock."""
    rfa = locked(rfa)
    if rfa.status != Status.NOT_APPROVED or follow_up_of(rfa) is not None:
        return 0
    if not follow_ups_owed().filter(pk=rfa.pk).exists():
        return 0
    told = [post for post in posts_that_follow_up(rfa) if holders_of(post)][:1]
    number = rfa.follow_up_reminders.count() + 1
    FollowUpReminder.objects.create(rfa=rfa, number=number, at=now())
    append(
        chain_id=rfa.pk,
        act="follow_up.reminded",
        actor=None,
        payload={"number": number, "told": [post.pk for post in told]},
    )
    return 1


def remind_of_follow_ups() -> int:
    """Send every reminder of a follow-up that is owed; return how many were sent (P41).

    Safe to run twice, at once and after missed runs.
    """
    owed = list(follow_ups_owed()[:MOST_A_SWEEP])
    return sum(map(_remind, owed))

"""Setting retention classes, classing a record, recording a receipt, holding and releasing (P41).

Each deed is an entry: of the record's own chain, or of the mission's where it is the schedule.
"""

import datetime as dt
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import FieldError, Incomplete, Malformed, NotNow
from ledger.services import append, chain_of_mission
from missions.calendar import local_day
from missions.models import Mission, User
from missions.queries import Standing, first_standing, standing_as
from records.archive.policy import (
    HOLDS,
    PACKS,
    SETS_CLASSES,
    may_hold,
    may_keep,
    may_set_classes,
)
from records.archive.retention import open_holds
from records.models import (
    ArchivedBag,
    Classing,
    HoldLifted,
    LegalHold,
    RetentionClass,
    Transfer,
)
from requests_app.models import AssistanceRequest
from requests_app.services import locked

# A receipt may give the digest by its first letters, as people read it out.
FEWEST_LETTERS = 12


def record_deed(
    rfa: AssistanceRequest, act: str, actor: User, standing: Standing | None, **payload: Any
) -> None:
    """Add what was done for the archive to the record's own chain."""
    append(
        chain_id=rfa.pk,
        act=act,
        actor=actor,
        standing=standing or first_standing(actor),
        payload={"status": rfa.status, "version": rfa.version, "opened": [], **payload},
    )


def _needed(values: dict[str, Any], asked: dict[str, Any]) -> None:
    """Raise ``Incomplete`` with every text that is missing."""
    errors = [
        FieldError(name, str(message), "41")
        for name, message in asked.items()
        if not str(values.get(name) or "").strip()
    ]
    if errors:
        raise Incomplete(errors=errors, paragraph="41")


@transaction.atomic
def set_class(
    *,
    actor: User,
    mission: Mission,
    values: dict[str, Any],
    changed: RetentionClass | None = None,
) -> RetentionClass:
    """Add a line to the mission's retention schedule, or change one.

    Raises ``Forbidden`` or ``Malformed`` with what is wrong in it; a code is used once.
    """
    may_set_classes(actor).enforce()
    line = changed or RetentionClass(mission=mission)
    before = {name: getattr(line, name) for name in values} if changed else {}
    for name, value in values.items():
        setattr(line, name, value)
    try:
        line.full_clean()
    except ValidationError as error:
        raise Malformed(
            errors=[
                FieldError("code" if name == "__all__" else name, " ".join(messages))
                for name, messages in error.message_dict.items()
            ]
        ) from error
    line.save()
    append(
        chain_id=chain_of_mission(mission),
        act="retention_class.changed" if changed else "retention_class.added",
        actor=actor,
        standing=standing_as(actor, *SETS_CLASSES),
        payload={
            "code": line.code,
            "is": values,
            "was": {name: value for name, value in before.items() if value != values[name]},
        },
    )
    return line


@transaction.atomic
def end_class(*, actor: User, line: RetentionClass) -> RetentionClass:
    """Take a class out of use: no record falls under it from now on, save by hand before."""
    may_set_classes(actor).enforce()
    if line.ended_at is not None:
        raise NotNow(_("This class is out of use already."), paragraph="41")
    line.ended_at = now()
    line.save(update_fields=["ended_at"])
    append(
        chain_id=chain_of_mission(line.mission),
        act="retention_class.ended",
        actor=actor,
        standing=standing_as(actor, *SETS_CLASSES),
        payload={"code": line.code},
    )
    return line


@transaction.atomic
def put_in_class(
    *, rfa: AssistanceRequest, actor: User, code: str, reason: str
) -> AssistanceRequest:
    """Put a closed record in a class by hand, with the reason.

    Raises ``Forbidden``, ``NotNow``, ``Incomplete`` or, for a code that is not in use,
    ``Malformed``.
    """
    rfa = locked(rfa)
    may_keep(actor, rfa).enforce()
    _needed({"reason": reason}, {"reason": _("Say why it falls under this class.")})
    line = RetentionClass.objects.filter(
        mission=rfa.mission_id, code__iexact=code, ended_at=None
    ).first()
    if line is None:
        raise Malformed(errors=[FieldError("code", _("The mission has no class of this code."))])
    Classing.objects.create(
        rfa=rfa, retention_class=line, reason=reason.strip(), by=actor, at=now()
    )
    record_deed(
        rfa,
        "record.classed",
        actor,
        standing_as(actor, *PACKS),
        code=line.code,
        reason=reason.strip(),
    )
    return rfa


def _bag_of(rfa: AssistanceRequest, digest: str) -> ArchivedBag:
    """Return the newest bag whose manifest has this digest, or begins with it."""
    said = digest.strip().lower()
    bags = list(rfa.bags.order_by("-at", "-pk"))
    if not bags:
        raise NotNow(_("It was not packed yet: there is nothing to receive."), paragraph="41")
    if len(said) < FEWEST_LETTERS:
        raise Malformed(
            errors=[
                FieldError(
                    "manifest_digest",
                    _("Give the digest, or at least its first %(count)s letters.")
                    % {"count": FEWEST_LETTERS},
                )
            ]
        )
    found = next((bag for bag in bags if bag.digest.startswith(said)), None)
    if found is None:
        raise Malformed(
            errors=[
                FieldError(
                    "manifest_digest",
                    _("No bag of this record has this digest: what was received did not leave so."),
                )
            ]
        )
    return found


@transaction.atomic
def record_receipt(
    *,
    rfa: AssistanceRequest,
    actor: User,
    received_by: str,
    organisation: str,
    receipt_reference: str,
    received_on: dt.date,
    manifest_digest: str,
) -> Transfer:
    """Record who received a bag, when and under which reference.

    The digest is the one that the receiver computed of the bag's ``manifest-sha256.txt``; its
    first twelve letters do. Raises ``Forbidden``, ``NotNow``, ``Incomplete`` or ``Malformed``.
    """
    rfa = locked(rfa)
    may_keep(actor, rfa).enforce()
    said = {
        "received_by": received_by.strip(),
        "organisation": organisation.strip(),
        "receipt_reference": receipt_reference.strip(),
    }
    _needed(
        said,
        {
            "received_by": _("Name who received it."),
            "organisation": _("Name the archive that received it."),
            "receipt_reference": _("Give the receipt's reference."),
        },
    )
    bag = _bag_of(rfa, manifest_digest)
    packed_on = local_day(rfa.mission, bag.at)
    if not packed_on <= received_on <= local_day(rfa.mission):
        raise Malformed(
            errors=[
                FieldError(
                    "received_on", _("It was received after it was packed, and not in the future.")
                )
            ]
        )
    kept = Transfer.objects.create(
        rfa=rfa,
        bag=bag,
        received_on=received_on,
        manifest_digest=bag.digest,
        by=actor,
        at=now(),
        **said,
    )
    record_deed(
        rfa,
        "record.transferred",
        actor,
        standing_as(actor, *PACKS),
        bag=bag.name,
        manifest_sha256=bag.digest,
        received_on=received_on,
        **said,
    )
    return kept


def _signature(actor: User, rfa: AssistanceRequest) -> Standing:
    standing = standing_as(actor, *HOLDS, route=rfa.route)
    if standing is None:
        raise ValueError("Whoever may hold a record has a standing.")
    return standing


@transaction.atomic
def set_hold(*, rfa: AssistanceRequest, actor: User, reason: str) -> LegalHold:
    """Put a record on legal hold: nobody disposes of it until the hold is lifted.

    Raises ``Forbidden``, ``NotNow`` or ``Incomplete``. Several holds may stand at once.
    """
    rfa = locked(rfa)
    may_hold(actor, rfa).enforce()
    _needed({"reason": reason}, {"reason": _("Say which matter keeps the record.")})
    standing = _signature(actor, rfa)
    hold = LegalHold.objects.create(
        rfa=rfa, reason=reason.strip(), by=actor, post_title=standing.post.title, at=now()
    )
    record_deed(rfa, "hold.set", actor, standing, hold=hold.pk, reason=hold.reason)
    return hold


@transaction.atomic
def lift_hold(*, hold: LegalHold, actor: User, reason: str) -> HoldLifted:
    """Lift a legal hold, with the reason. Raises as ``set_hold``; once only."""
    rfa = locked(hold.rfa)
    may_hold(actor, rfa).enforce()
    if not open_holds().filter(pk=hold.pk).exists():
        raise NotNow(_("This hold is lifted already."), paragraph="41")
    _needed({"reason": reason}, {"reason": _("Say why the matter keeps the record no longer.")})
    standing = _signature(actor, rfa)
    lifted = HoldLifted.objects.create(
        hold=hold, reason=reason.strip(), by=actor, post_title=standing.post.title, at=now()
    )
    record_deed(rfa, "hold.lifted", actor, standing, hold=hold.pk, reason=lifted.reason)
    return lifted

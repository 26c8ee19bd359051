"""What happens together when a record is closed, and when a closed one is corrected beside it."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from approvals.moves import after
from approvals.policy import may_close
from approvals.vocabulary import Act
from common.clock import now
from common.errors import FieldError, Incomplete, Malformed
from missions.models import User
from missions.queries import standing_as
from missions.vocabulary import UN_CIMIC
from records import policy
from records.completeness import also_missing, missing_before_closing
from records.correcting import correctable
from records.models import Correction
from records.services.recording import record, said_in_words
from requests_app.models import AssistanceRequest
from requests_app.services import locked, touch
from requests_app.vocabulary import Status


def end(rfa: AssistanceRequest, actor: User) -> None:
    """Close a locked record; its last entry names what it was closed without."""
    without: dict[str, Any] = {"without": [one.field for one in also_missing(rfa)]}
    touch(rfa, status=after(rfa.status, Act.CLOSE), closed_at=now())
    record(rfa, "record.closed", actor, **(without if without["without"] else {}))


@transaction.atomic
def close(*, rfa: AssistanceRequest, actor: User) -> AssistanceRequest:
    """Close a record that has all that paragraph 41 asks; a closed one stays as it is.

    Raises ``Incomplete`` with everything that is missing. Closing what is closed changes
    nothing and says so by returning it.
    """
    rfa = locked(rfa)
    verdict = may_close(actor, rfa)
    if rfa.status == Status.CLOSED and not verdict and verdict.later:
        return rfa
    verdict.enforce()
    errors = missing_before_closing(rfa)
    if errors:
        raise Incomplete(errors=errors, paragraph="41")
    end(rfa, actor)
    return rfa


@transaction.atomic
def correct(*, rfa: AssistanceRequest, actor: User, field: str, right: str, why: str) -> Correction:
    """Put a dated correction beside a closed record: what it says, what is right, and why (P41).

    What the record says is read from the record itself, which stays as it is. Raises
    ``Forbidden``, ``NotNow`` unless it is closed, ``Malformed`` for what it does not hold,
    ``Incomplete`` with all that is not said.
    """
    rfa = locked(rfa)
    policy.may_correct(actor, rfa).enforce()
    holds = correctable(rfa)
    if field not in holds:
        raise Malformed(errors=[FieldError("field", _("The record holds no such thing."), "41")])
    errors = said_in_words(
        right=(right, _("Say what is right."), "41"),
        why=(why, _("Say how you know, and why it is corrected."), "41"),
    )
    if errors:
        raise Incomplete(errors=errors, paragraph="41")
    standing = standing_as(actor, *UN_CIMIC, route=rfa.route)
    correction = Correction.objects.create(
        rfa=rfa,
        number=rfa.corrections.count() + 1,
        field=field,
        says=holds[field].says,
        right=right.strip(),
        why=why.strip(),
        by=actor,
        post=standing.post if standing else None,
        at=now(),
    )
    touch(rfa)
    record(
        rfa,
        "record.corrected",
        actor,
        standing,
        number=correction.number,
        field=field,
        says=correction.says,
        right=correction.right,
        why=correction.why,
    )
    return correction

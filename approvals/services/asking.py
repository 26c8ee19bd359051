"""Submitting, changing, withdrawing and cancelling: what the requester does."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from approvals import policy
from approvals.moves import after
from approvals.routing import (
    ask_as_it_now_stands,
    end_route,
    open_stage,
    process_for,
    route_for,
    set_out,
)
from approvals.services.referrals import end_referrals
from approvals.services.telling import own_standing, told
from approvals.vocabulary import Act, StepState
from common.adding import add
from common.canonical import canonical, sha256
from common.clock import now
from common.errors import FieldError, Incomplete, NotNow
from ledger.services import append
from missions.models import User
from requests_app.content import changes_between, content_of, read_content
from requests_app.models import AssistanceRequest, Revision
from requests_app.services import (
    change_draft,
    check_requester,
    check_version,
    locked,
    touch,
    write_answers,
)
from requests_app.validation import missing_before_submission
from requests_app.vocabulary import Route, Status


def _keep_revision(rfa: AssistanceRequest, actor: User, content: dict[str, Any]) -> None:
    """Keep the words that posts are asked about, unless they are kept already."""
    text = canonical(content)
    revision = Revision(
        rfa=rfa,
        number=rfa.revision,
        content=text,
        digest=sha256(text),
        made_by=actor,
        made_at=now(),
    )
    add([revision], unless_there=True)


@transaction.atomic
def submit(*, rfa: AssistanceRequest, actor: User, version: int | None = None) -> AssistanceRequest:
    """Send a draft on its route, or a returned request back to the stage that returned it.

    The process in force is copied into the request's steps and never read again for it.
    Raises ``Forbidden`` or ``NotNow`` by policy, ``Stale`` if a version is named that no
    longer stands, ``Incomplete`` with everything that is missing, each with its paragraph.
    """
    rfa = locked(rfa)
    policy.may_submit(actor, rfa).enforce()
    if version is not None:
        check_version(rfa, version)
    check_requester(rfa, actor)
    read_content(rfa)
    errors = missing_before_submission(rfa)
    if errors:
        raise Incomplete(errors=errors, paragraph=errors[0].paragraph)
    content = content_of(rfa)
    _keep_revision(rfa, actor, content)
    if rfa.status == Status.RETURNED:
        return _resubmit(rfa, actor, content)
    rfa.route = route_for(rfa)
    process = process_for(rfa.mission, rfa.route)
    rfa.submitted_at = now()
    rfa.hidden_from_force = rfa.route == Route.SECURITY_HUMANITARIAN
    definition = process.definition
    first_status = definition.stages[0].status
    rfa.status = after(
        rfa.status, Act.SEEK_DECISION if first_status == Status.AWAITING_DECISION else Act.SUBMIT
    )
    opened = set_out(rfa, process, definition)
    touch(rfa)
    append(
        chain_id=rfa.pk,
        act="request.submitted",
        actor=actor,
        standing=own_standing(actor, rfa),
        payload=told(
            rfa,
            opened,
            revision=rfa.revision,
            content=content,
            route=rfa.route,
            process={"version": process.version, "digest": process.digest},
        ),
    )
    return rfa


def _resubmit(rfa: AssistanceRequest, actor: User, content: dict[str, Any]) -> AssistanceRequest:
    ask_as_it_now_stands(rfa)
    waiting = rfa.steps.filter(state=StepState.WAITING).order_by("stage").first()
    if waiting is None:
        raise NotNow(_("The request has no stage to go back to."))
    rfa.status = after(
        rfa.status,
        {
            Status.IN_CONSULTATION: Act.CONSULT,
            Status.AWAITING_DECISION: Act.SEEK_DECISION,
        }.get(Status(waiting.stage_status), Act.SUBMIT),
    )
    opened = open_stage(rfa, waiting.stage)
    touch(rfa)
    append(
        chain_id=rfa.pk,
        act="request.resubmitted",
        actor=actor,
        standing=own_standing(actor, rfa),
        payload=told(rfa, opened, revision=rfa.revision, content=content),
    )
    return rfa


@transaction.atomic
def change(
    *, rfa: AssistanceRequest, actor: User, values: dict[str, Any], version: int
) -> AssistanceRequest:
    """Change a draft, or a returned request as a new revision, on the version it was read at.

    Raises ``Forbidden``, ``NotNow``, ``Stale`` or ``Malformed``; nothing is merged silently.
    """
    if rfa.status == Status.DRAFT:
        return change_draft(rfa=rfa, actor=actor, values=values, version=version)
    rfa = locked(rfa)
    policy.may_change(actor, rfa).enforce()
    check_version(rfa, version)
    before = content_of(rfa)
    write_answers(rfa, values)
    check_requester(rfa, actor)
    rfa = locked(rfa)
    changes = changes_between(before, content_of(rfa))
    if not changes:
        return rfa
    if rfa.route != route_for(rfa):
        raise NotNow(
            _("On whose behalf it is asked decides the route: withdraw this and file another."),
            paragraph="39",
        )
    if rfa.revisions.filter(number=rfa.revision).exists():
        rfa.revision += 1
    touch(rfa)
    append(
        chain_id=rfa.pk,
        act="request.changed",
        actor=actor,
        standing=own_standing(actor, rfa),
        payload=told(rfa, [], revision=rfa.revision, changes=changes),
    )
    return rfa


@transaction.atomic
def withdraw(*, rfa: AssistanceRequest, actor: User, reason: str = "") -> AssistanceRequest:
    """Take a request back before it is decided. Raises ``Forbidden`` or ``NotNow``."""
    rfa = locked(rfa)
    policy.may_withdraw(actor, rfa).enforce()
    end_route(rfa)
    end_referrals(rfa, actor)
    touch(rfa, status=after(rfa.status, Act.WITHDRAW))
    append(
        chain_id=rfa.pk,
        act="request.withdrawn",
        actor=actor,
        standing=own_standing(actor, rfa),
        payload=told(rfa, [], reason=reason),
    )
    return rfa


@transaction.atomic
def cancel(*, rfa: AssistanceRequest, actor: User, reason: str) -> AssistanceRequest:
    """Stop what was approved, with a reason. Raises ``Incomplete`` without one (P41)."""
    rfa = locked(rfa)
    policy.may_cancel(actor, rfa).enforce()
    if not reason.strip():
        raise Incomplete(
            errors=[FieldError("reason", _("Say why what was approved is cancelled."), "41")],
            paragraph="41",
        )
    end_route(rfa)
    touch(rfa, status=after(rfa.status, Act.CANCEL))
    append(
        chain_id=rfa.pk,
        act="request.cancelled",
        actor=actor,
        standing=own_standing(actor, rfa),
        payload=told(rfa, [], reason=reason.strip()),
    )
    return rfa

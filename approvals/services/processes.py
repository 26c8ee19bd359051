"""A mission writes its own process: drafted, commented on, co-signed, promulgated (P31).

Each service locks the process first: of two who sign or promulgate at once, the second is
told. Each deed is an entry in the process's own chain.
"""

import datetime as dt
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from approvals import policy
from approvals.definition import read_sent
from approvals.models import CoSignature, Process, ProcessComment, ProcessState
from approvals.policy.processes import COMPONENTS, signs_as, standing_for
from approvals.routing import process_for
from approvals.services.checking import broken_in, roles_held
from approvals.services.people import hold_delegation
from common.canonical import sha256
from common.clock import now
from common.errors import FieldError, Forbidden, Incomplete, Malformed, NotNow, Stale
from ledger.services import append, open_chain
from missions.calendar import local_day
from missions.models import Mission, User
from missions.queries import Standing, standings_of
from missions.vocabulary import MISSION_UN_CIMIC, Role
from requests_app.vocabulary import Route

LONGEST_TEXT = 10_000


def _locked(process: Process) -> Process:
    return (
        Process.objects.select_for_update(of=("self",))
        .select_related("mission", "dsrsg_signature", "homc_signature")
        .get(pk=process.pk)
    )


def _record(
    process: Process, act: str, actor: User, standing: Standing | None, **said: Any
) -> None:
    append(
        chain_id=process.chain,
        act=f"process.{act}",
        actor=actor,
        standing=standing,
        payload={
            "process": process.pk,
            "route": process.route,
            "version": process.version,
            "edit": process.edit,
            "digest": process.digest,
            **said,
        },
    )


def _text(value: Any, field: str, *, needed: str = "") -> str:
    """Read a text; ``needed`` says what to write where it may not be left out."""
    if value is not None and not isinstance(value, str):
        raise Malformed(errors=[FieldError(field, _("Send text here."))])
    text = (value or "").strip()
    if len(text) > LONGEST_TEXT:
        raise Malformed(
            errors=[
                FieldError(
                    field,
                    _("Keep it to %(longest_text)s characters.") % {"longest_text": LONGEST_TEXT},
                )
            ]
        )
    if needed and not text:
        raise Incomplete(errors=[FieldError(field, needed)])
    return text


def _drafts_in(actor: User, route: str) -> Mission:
    """Return the mission whose process a person drafts; raise ``Forbidden`` for others."""
    missions = [held.post.mission for held in standings_of(actor)]
    for mission in missions:
        if policy.may_draft_process(actor, mission, route):
            return mission
    if missions:
        policy.may_draft_process(actor, missions[0], route).enforce()
    raise Forbidden(_("The Chief UN-CIMIC and UN-CIMIC's staff draft processes."), paragraph="31")


@transaction.atomic
def draft_process(*, actor: User, route: Any, content: Any = None, reason: Any = "") -> Process:
    """Open a mission's draft for a route, from the process in force or else the baseline.

    Raises ``Forbidden`` for others than UN-CIMIC at mission level, ``Malformed`` for what
    cannot be read, ``NotNow`` while another draft of the route is open.
    """
    mission = _drafts_in(actor, str(route))
    if not isinstance(route, str) or route not in Route.values:
        raise Malformed(
            errors=[
                FieldError(
                    "route", _("Choose one of: %(values)s.") % {"values": ", ".join(Route.values)}
                )
            ]
        )
    mission = Mission.objects.select_for_update(no_key=True).get(pk=mission.pk)
    same = Process.objects.filter(mission=mission, route=route)
    opened = same.filter(state=ProcessState.DRAFT).first()
    if opened is not None:
        raise NotNow(
            _("%(opened)s is open as a draft: change it, or discard it.") % {"opened": opened},
            paragraph="31",
        )
    base = process_for(mission, route)
    reason = _text(reason, "reason")
    definition = (
        base.definition if content is None else read_sent(content, roles=roles_held(mission))
    )
    newest = same.aggregate(newest=Max("version"))["newest"] or 0
    process = Process.objects.create(
        mission=mission,
        route=route,
        version=newest + 1,
        state=ProcessState.DRAFT,
        content=definition.as_json(),
        digest=definition.digest(),
        based_on=base,
        reason=reason,
        drafted_by=actor,
        drafted_at=now(),
        changed_at=now(),
    )
    process.refresh_from_db(fields=["chain"])
    open_chain(
        subject_id=process.chain,
        mission=mission,
        subject="process",
        reference=f"{mission.code} {route} v{process.version}",
    )
    _record(
        process,
        "drafted",
        actor,
        standing_for(actor, mission, route, MISSION_UN_CIMIC),
        content=process.content,
        based_on=base.version,
        reason=reason,
    )
    return process


def _check_edit(process: Process, edit: int) -> None:
    """Raise ``Stale`` unless the change was made on the words as they stand."""
    if edit != process.edit:
        raise Stale(
            _(
                "You changed edit %(edit)s; %(process)s is at edit %(current)s. Read what "
                "changed, then change it again."
            )
            % {"edit": edit, "process": process, "current": process.edit},
            yours=edit,
            theirs=process.edit,
        )


def _over_these_words(process: Process, role: Role) -> CoSignature | None:
    """Return what a post signed over the words as they now stand: words may come back."""
    return process.signatures.filter(role=role, digest=process.digest).first()


@transaction.atomic
def change_process(
    *, process: Process, actor: User, edit: int, content: Any = None, reason: Any = None
) -> Process:
    """Change a draft's words; what was signed over other words is signed no more.

    Raises ``Forbidden`` or ``NotNow`` by policy, ``Stale`` if it changed since edit ``edit``,
    ``Malformed`` with everything that cannot be read. What breaks the policy is kept: a
    draft may, a signature may not.
    """
    process = _locked(process)
    policy.may_change_process(actor, process).enforce()
    _check_edit(process, edit)
    kept = process.definition
    definition = kept if content is None else read_sent(content, roles=roles_held(process.mission))
    said = process.reason if reason is None else _text(reason, "reason")
    if (definition, said) == (kept, process.reason):
        return process
    process.edit += 1
    changed = definition.digest() != process.digest
    told: dict[str, Any] = {} if said == process.reason else {"reason": said}
    process.reason, process.changed_at = said, now()
    if changed:
        process.content, process.digest = definition.as_json(), definition.digest()
        told["content"] = process.content
        process.dsrsg_signature = _over_these_words(process, Role.DSRSG)
        process.homc_signature = _over_these_words(process, Role.HOMC)
    process.save()
    _record(
        process,
        "changed",
        actor,
        standing_for(actor, process.mission, process.route, MISSION_UN_CIMIC),
        **told,
    )
    return process


@transaction.atomic
def comment_on_process(*, process: Process, actor: User, text: Any) -> ProcessComment:
    """Say what a component thinks of a draft, on the words as they now stand.

    Raises ``Forbidden`` outside the mission's components, ``NotNow`` once it is no draft,
    ``Incomplete`` without a text.
    """
    process = _locked(process)
    policy.may_comment_on_process(actor, process).enforce()
    text = _text(text, "text", needed=_("Write the comment."))
    standing = standing_for(actor, process.mission, process.route, COMPONENTS)
    if standing is None:
        raise ValueError("Whoever may comment has a standing.")
    comment = ProcessComment.objects.create(
        process=process,
        digest=process.digest,
        text=text,
        by=actor,
        post=standing.post,
        capacity=standing.capacity,
        at=now(),
    )
    _record(
        process, "commented", actor, standing, comment=comment.pk, text_sha256=sha256(comment.text)
    )
    return comment


def _refuse_broken(process: Process) -> None:
    """Raise ``NotNow`` with everything that a process breaks, each with its paragraph."""
    broken = broken_in(process.mission, process.route, process.definition)
    if broken:
        raise NotNow(
            _("%(process)s breaks the policy: %(broken)s")
            % {"process": process, "broken": " ".join(breach.words for breach in broken)},
            errors=[
                FieldError(
                    breach.places[0] if breach.places else "stages", breach.words, breach.paragraph
                )
                for breach in broken
            ],
            paragraph=broken[0].paragraph,
        )


def co_sign_process(*, process: Process, actor: User, digest: Any) -> Process:
    """Sign a draft's words as the DSRSG/RC/HC or the HOMC, over the digest that was read.

    Raises ``Forbidden`` for any other post and for who has signed for the other,
    ``Incomplete`` without a digest, ``Stale`` over other words, ``NotNow`` with every rule
    that is broken, or if the post has signed.
    """
    try:
        with transaction.atomic():
            return _co_sign(process, actor, digest)
    except IntegrityError as error:
        raise NotNow(_("It was signed in the same moment: read it again.")) from error


def _co_sign(process: Process, actor: User, digest: Any) -> Process:
    process = _locked(process)
    policy.may_co_sign(actor, process).enforce()
    if digest in (None, ""):
        raise Incomplete(
            errors=[FieldError("digest", _("Name the digest of the words that you read."), "31")]
        )
    if digest != process.digest:
        raise Stale(
            _("%(process)s has other words now than those you read: read it again.")
            % {"process": process}
        )
    _refuse_broken(process)
    standing = signs_as(actor, process)
    if standing is None:
        raise ValueError("Whoever may co-sign has a standing.")
    hold_delegation(standing)
    signature = CoSignature.objects.create(
        process=process,
        role=standing.role,
        digest=process.digest,
        by=actor,
        post=standing.post,
        capacity=standing.capacity,
        delegation=standing.delegation,
        at=now(),
    )
    field = "dsrsg_signature" if standing.role == Role.DSRSG else "homc_signature"
    setattr(process, field, signature)
    process.save(update_fields=[field])
    _record(
        process,
        "co_signed",
        actor,
        standing,
        signature=signature.pk,
        role=standing.role,
        delegation=signature.delegation_id,
    )
    return process


def _first_day(process: Process, in_force_from: Any) -> dt.date:
    """Read the day from which a process is in force; left out, it is today.

    Raises ``Malformed`` for what is no day, ``Incomplete`` for a day that is past, ``NotNow``
    for one that another process of the route has taken, or one before it.
    """
    today = local_day(process.mission)
    day = in_force_from
    if day in (None, ""):
        day = today
    if isinstance(day, str):
        try:
            day = dt.date.fromisoformat(day)
        except ValueError as error:
            raise Malformed(
                errors=[FieldError("in_force_from", _("Send a day as YYYY-MM-DD."))]
            ) from error
    if not isinstance(day, dt.date):
        raise Malformed(errors=[FieldError("in_force_from", _("Send a day as YYYY-MM-DD."))])
    if day < today:
        words = _("This day is past: the mission's date is %(today)s.") % {
            "today": date_format(today, "SHORT_DATE_FORMAT")
        }
        raise Incomplete(errors=[FieldError("in_force_from", words, "31")], paragraph="31")
    last = (
        Process.objects.filter(
            mission=process.mission, route=process.route, state=ProcessState.PROMULGATED
        )
        .order_by("-in_force_from")
        .first()
    )
    if last is not None and last.in_force_from is not None and day <= last.in_force_from:
        words = _("%(last)s is in force from %(in_force_from)s: give a later day.") % {
            "last": last,
            "in_force_from": date_format(last.in_force_from, "SHORT_DATE_FORMAT"),
        }
        raise NotNow(words, errors=[FieldError("in_force_from", words, "31")], paragraph="31")
    return day


def promulgate_process(*, process: Process, actor: User, in_force_from: Any = None) -> Process:
    """Let the SRSG put a co-signed process in force from a day; requests under way keep theirs.

    Raises ``Forbidden`` for anybody else, ``NotNow`` unless both signatures are over these
    words and no rule is broken, and as ``_first_day`` does for the day.
    """
    try:
        with transaction.atomic():
            return _promulgate(process, actor, in_force_from)
    except IntegrityError as error:
        raise NotNow(_("Another was promulgated in the same moment: read it again.")) from error


def _promulgate(process: Process, actor: User, in_force_from: Any) -> Process:
    process = _locked(process)
    policy.may_promulgate(actor, process).enforce()
    _refuse_broken(process)
    day = _first_day(process, in_force_from)
    standing = standing_for(actor, process.mission, process.route, (Role.SRSG,))
    if standing is None:
        raise ValueError("Whoever may promulgate has a standing.")
    process.state = ProcessState.PROMULGATED
    process.promulgated_by, process.promulgated_post = actor, standing.post
    process.promulgated_as, process.promulgated_at = standing.capacity, now()
    process.in_force_from = day
    process.save()
    _record(
        process,
        "promulgated",
        actor,
        standing,
        in_force_from=day,
        signatures=[process.dsrsg_signature_id, process.homc_signature_id],
    )
    return process


@transaction.atomic
def discard_process(*, process: Process, actor: User, reason: Any = "") -> Process:
    """Give a draft up; it is kept, with its comments. Raises ``Forbidden`` or ``NotNow``."""
    process = _locked(process)
    policy.may_discard_process(actor, process).enforce()
    reason = _text(reason, "reason")
    process.state = ProcessState.DISCARDED
    process.save(update_fields=["state"])
    _record(
        process,
        "discarded",
        actor,
        standing_for(actor, process.mission, process.route, MISSION_UN_CIMIC),
        reason=reason,
    )
    return process

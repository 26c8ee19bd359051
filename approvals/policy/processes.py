"""Who writes, comments on, signs and promulgates the mission's processes (P31), and why not."""

from collections.abc import Callable

from django.utils.translation import gettext as _

from approvals.models import Process, ProcessState
from common.verdict import YES, Verdict, not_now, not_you
from missions.models import Mission, User
from missions.queries import Standing, standings_of
from missions.vocabulary import MISSION_UN_CIMIC, Role

CO_SIGNERS = (Role.DSRSG, Role.HOMC)
# Who holds a post in the mission without being one of its components.
NO_COMPONENT = frozenset({Role.PARTNER, Role.EVALUATOR, Role.RECORDS_OFFICER, Role.ADMINISTRATOR})
COMPONENTS = frozenset(Role) - NO_COMPONENT
READS_COMMENTS = COMPONENTS | {Role.EVALUATOR, Role.RECORDS_OFFICER}

_Among = frozenset[Role] | tuple[Role, ...]


def standing_for(person: User, mission: Mission, route: str, among: _Among) -> Standing | None:
    """Return the person's standing in a mission's post of one of these roles, or None.

    A delegation bounded to other routes gives none.
    """
    return next(
        (
            held
            for held in standings_of(person)
            if held.post.mission_id == mission.pk and held.role in among and held.covers(route)
        ),
        None,
    )


def _standing(person: User, process: Process, among: _Among) -> Standing | None:
    return standing_for(person, process.mission, process.route, among)


def _only_a_draft(process: Process) -> Verdict:
    if process.state == ProcessState.DRAFT:
        return YES
    return not_now(
        _("%(process)s is no draft any more and stays as it is. Draft a new version.")
        % {"process": process},
        "31",
    )


def may_draft_process(person: User, mission: Mission, route: str) -> Verdict:
    """Let the Chief UN-CIMIC and the staff draft the mission's process for a route."""
    if standing_for(person, mission, route, MISSION_UN_CIMIC) is None:
        return not_you(_("The Chief UN-CIMIC and UN-CIMIC's staff draft processes."), "31")
    return YES


def may_change_process(person: User, process: Process) -> Verdict:
    """Let who may draft it change a draft."""
    verdict = may_draft_process(person, process.mission, process.route)
    return verdict and _only_a_draft(process)


def may_discard_process(person: User, process: Process) -> Verdict:
    """Let who may draft it give a draft up."""
    verdict = may_draft_process(person, process.mission, process.route)
    return verdict and _only_a_draft(process)


def may_comment_on_process(person: User, process: Process) -> Verdict:
    """Let every component of the mission comment on a draft: all relevant ones take part."""
    if _standing(person, process, COMPONENTS) is None:
        return not_you(_("The mission's components comment on its processes."), "31")
    return _only_a_draft(process)


def may_read_comments(person: User, process: Process) -> bool:
    """Whether a person reads what the components said of a draft: the mission does."""
    return _standing(person, process, READS_COMMENTS) is not None


def signs_as(person: User, process: Process) -> Standing | None:
    """Return the standing with which a person co-signs; of two, one that has not signed yet."""
    signed = {
        role
        for role, signature in (
            (Role.DSRSG, process.dsrsg_signature_id),
            (Role.HOMC, process.homc_signature_id),
        )
        if signature
    }
    waiting = tuple(role for role in CO_SIGNERS if role not in signed)
    return _standing(person, process, waiting) or _standing(person, process, CO_SIGNERS)


def _signatures(process: Process) -> list[tuple[Role, int]]:
    """List who has signed the words as they stand: the role and the person."""
    return [
        (role, signature.by_id)
        for role, signature in (
            (Role.DSRSG, process.dsrsg_signature),
            (Role.HOMC, process.homc_signature),
        )
        if signature is not None
    ]


def may_co_sign(person: User, process: Process) -> Verdict:
    """Let the DSRSG/RC/HC and the HOMC sign a draft: each post once, nobody for both."""
    standing = signs_as(person, process)
    if standing is None:
        return not_you(_("The DSRSG/RC/HC and the HOMC co-sign a process."), "31")
    verdict = _only_a_draft(process)
    if not verdict:
        return verdict
    signed = _signatures(process)
    if standing.role in {role for role, _by in signed}:
        return not_now(
            _("%(post)s has signed these words already.") % {"post": standing.post.title}, "31"
        )
    if person.pk in {by for _role, by in signed}:
        return not_you(_("You have signed these words already: nobody signs for both."), "31")
    return YES


def may_promulgate(person: User, process: Process) -> Verdict:
    """Let the SRSG promulgate what both have co-signed, and who has not signed it."""
    if _standing(person, process, (Role.SRSG,)) is None:
        return not_you(_("The SRSG promulgates the mission's processes."), "31")
    verdict = _only_a_draft(process)
    if not verdict:
        return verdict
    signed = _signatures(process)
    missing = [role.label for role in CO_SIGNERS if role not in {signer for signer, _by in signed}]
    if missing:
        return not_now(
            _("Not co-signed yet, as its words now stand, by: %(missing)s.")
            % {"missing": ", ".join(map(str, missing))},
            "31",
        )
    if person.pk in {by for _role, by in signed}:
        return not_you(_("Whoever co-signed a process does not promulgate it."), "31")
    return YES


_ACTS: dict[str, Callable[[User, Process], Verdict]] = {
    "change": may_change_process,
    "comment": may_comment_on_process,
    "co-sign": may_co_sign,
    "promulgate": may_promulgate,
    "discard": may_discard_process,
}


def allowed_on_process(person: User, process: Process) -> list[str]:
    """Name the acts open to a person on a process now, as the API's and page's buttons."""
    return [act for act, rule in _ACTS.items() if rule(person, process)]

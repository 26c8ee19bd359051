"""Who may ask, and on whose behalf."""

from django.utils.translation import gettext as _

from common.errors import FieldError
from common.verdict import YES, Verdict, not_now, not_you
from missions.models import Mission, Organisation, User
from missions.queries import Standing, standing_as, standing_in, standings_of
from missions.vocabulary import FORCE, HUMANITARIAN_TYPES, NEVER_ASKS, Role
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import RequesterClass, Status


def asking_as(person: User) -> Standing | None:
    """Return the post a person asks with, or None if none of theirs asks for anything."""
    return next(
        (held for held in standings_of(person) if held.role not in NEVER_ASKS and not held.routes),
        None,
    )


def may_ask(person: User) -> Verdict:
    """Let whoever holds a post that takes part in the work file a request (P33, P35)."""
    if asking_as(person) is None:
        return not_you(_("Your post reads, keeps or administers: it does not file requests."))
    return YES


def may_report_extreme(person: User) -> Verdict:
    """Let the mission's own posts report help already given (P40); partners ask, and are helped."""
    standing = asking_as(person)
    if standing is None or standing.role == Role.PARTNER:
        return not_you(
            _("The mission's officers report what was done in an extreme situation."), "40"
        )
    return YES


def is_own(person: User, rfa: AssistanceRequest) -> bool:
    """Whether the request is the person's, or their post's after a rotation (P49)."""
    return rfa.requested_by_id == person.pk or (
        rfa.post_id is not None and standing_in(person, rfa.post_id, rfa.route) is not None
    )


def may_change_draft(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let the requester change what is still a draft; nobody else sees it."""
    if not is_own(person, rfa):
        return not_you(_("Only whoever made the request changes it."))
    if rfa.status != Status.DRAFT:
        return not_now(
            _("The request is %(status)s: it is no draft.")
            % {"status": rfa.get_status_display().lower()}
        )
    return YES


def on_whose_behalf(
    standing: Standing, organisation: Organisation | None, requester_class: str
) -> list[FieldError]:
    """Keep a humanitarian actor's security request away from the force (P39).

    The force does not file one, since it may not see one before the Designated Official
    has decided; and a humanitarian actor cannot pass as a mission component.
    """
    outside = standing.role == Role.PARTNER or (
        organisation is not None and organisation.type in HUMANITARIAN_TYPES
    )
    if requester_class == RequesterClass.HUMANITARIAN and standing.role in FORCE:
        return [
            FieldError(
                "requester_class",
                _(
                    "A humanitarian actor's request for security does not come through the "
                    "force: it "
                    "is filed by the actor, UN-CMCoord or the Chief UN-CIMIC and goes to the "
                    "Designated Official."
                ),
                "39",
            )
        ]
    if requester_class == RequesterClass.MISSION_COMPONENT and outside:
        return [
            FieldError(
                "requester_class",
                _(
                    "%(organisation)s is no component of the mission: choose the humanitarian or "
                    "development actor, so that the Designated Official decides."
                )
                % {"organisation": organisation or standing.post},
                "39",
            )
        ]
    return []


def may_import(person: User, mission: Mission | None = None) -> Verdict:
    """Let the Chief UN-CIMIC, who keeps the register, bring the mission's old list in (P41)."""
    standing = imports_as(person)
    asks = asking_as(person)
    if (
        standing is None
        or asks is None
        or asks.post.mission_id != standing.post.mission_id
        or (mission is not None and standing.post.mission_id != mission.pk)
    ):
        return not_you(_("The Chief UN-CIMIC keeps the register and brings old lists in."), "41")
    return YES


def imports_as(person: User) -> Standing | None:
    """Return the post by which a person brings an old list in, or None."""
    return standing_as(person, Role.CHIEF_CIMIC)

"""Who lets people in, and ends what others have open."""

from django.utils.translation import gettext as _

from access.models import Invitation
from common.verdict import YES, Verdict, not_now, not_you
from missions.models import Mission, User
from missions.queries import standings_of
from missions.vocabulary import Role


def administered(person: User) -> set[int]:
    """Return the missions whose people a person administers."""
    return {
        held.post.mission_id for held in standings_of(person) if held.role == Role.ADMINISTRATOR
    }


def may_administer(actor: User, mission: Mission | int | None) -> Verdict:
    """Let a mission's administrator, and the installation's, keep its people."""
    mission_id = mission.pk if isinstance(mission, Mission) else mission
    if actor.is_superuser or mission_id in administered(actor):
        return YES
    return not_you(_("Only the mission's administrator lets people in and out."))


def may_end_access(actor: User, person: User, missions: set[int]) -> Verdict:
    """Let an administrator sign out whoever serves in a mission of theirs; not themselves here.

    ``missions`` are the person's. Only the installation's administrator touches one of these.
    """
    if actor.pk == person.pk:
        return not_you(_("For your own account use its own page."))
    if actor.is_superuser:
        return YES
    if person.is_superuser or not missions & administered(actor):
        return not_you(_("Only the mission's administrator lets people in and out."))
    return YES


def may_change_account(actor: User, person: User, missions: set[int]) -> Verdict:
    """Let an administrator close or open an account that no other mission rests on too."""
    verdict = may_end_access(actor, person, missions)
    if verdict and not actor.is_superuser and missions - administered(actor):
        return not_you(
            _("This person serves in another mission too: ask the installation's administrator.")
        )
    return verdict


def may_answer_invitation(invitation: Invitation) -> Verdict:
    """Let an invitation be changed or accepted while it is open."""
    if invitation.accepted_at is not None:
        return not_now(_("This invitation was accepted already."))
    if invitation.withdrawn_at is not None:
        return not_now(_("This invitation was withdrawn."))
    return YES

"""Who keeps a mission's webhooks."""

from django.utils.translation import gettext as _

from common.verdict import YES, Verdict, not_you
from missions.models import Mission, User
from missions.queries import Standing, standing_as
from missions.vocabulary import Role


def keeping_as(person: User) -> Standing | None:
    """Return the administrator's post by which a person keeps webhooks."""
    return standing_as(person, Role.ADMINISTRATOR)


def may_keep_webhooks(person: User) -> Verdict:
    """Let a mission's administrator say which other systems are told of what."""
    if keeping_as(person) is None:
        return not_you(_("The mission's administrator keeps its webhooks."))
    return YES


def mission_kept_by(person: User) -> Mission:
    """Return the mission whose webhooks a person keeps; raise ``Forbidden`` if there is none."""
    may_keep_webhooks(person).enforce()
    standing = keeping_as(person)
    if standing is None:
        raise ValueError("Whoever may keep webhooks has a standing.")
    return standing.post.mission

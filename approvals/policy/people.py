"""Who lets others act for a post, and why not."""

from django.utils.translation import gettext as _

from common.verdict import YES, Verdict, not_now, not_you
from missions.models import Appointment, Delegation, Post, User
from missions.queries import standing_in, vacant_below
from missions.vocabulary import Capacity, Role

# Posts outside the mission's own work: nobody acts for it by delegation from there.
NEVER_ACTS = frozenset({Role.PARTNER, Role.EVALUATOR, Role.ADMINISTRATOR})


def _answers_for(person: User, post: Post) -> bool:
    """Whether a person is the post's holder or in charge of it; a delegate is neither."""
    standing = standing_in(person, post.pk)
    return standing is not None and standing.capacity != Capacity.DELEGATE


def may_delegate(person: User, post: Post) -> Verdict:
    """Let the holder or officer-in-charge delegate; a delegate does not pass it on."""
    if not _answers_for(person, post):
        return not_you(
            _("The holder or officer-in-charge of %(post)s delegates it.") % {"post": post.title}
        )
    if post.role in NEVER_ACTS:
        return not_now(
            _("%(post)s decides nothing: there is nothing to delegate.") % {"post": post.title}
        )
    return YES


def may_end_delegation(person: User, delegation: Delegation) -> Verdict:
    """Let who gave it, the post's holder or officer-in-charge, or the delegate end it."""
    concerned = {delegation.given_by_id, delegation.delegate_id}
    if person.pk not in concerned and not _answers_for(person, delegation.post):
        return not_you(_("Who gave it, the post's holder or the delegate ends a delegation."))
    if delegation.ended_at is not None:
        return not_now(_("This delegation was ended already."))
    return YES


def may_put_in_charge(person: User, post: Post) -> Verdict:
    """Let the holder name an officer-in-charge, or the post above; of a vacant one too.

    Who acts above for some routes alone names nobody for all of them.
    """
    below = vacant_below(person).get(post.pk)
    if _answers_for(person, post) or (below is not None and not below.routes):
        return YES
    if post.above is not None and _answers_for(person, post.above):
        return YES
    return not_you(
        _("%(post)s's holder or the post above names the officer-in-charge.") % {"post": post.title}
    )


def may_end_charge(person: User, appointment: Appointment) -> Verdict:
    """Let who may name an officer-in-charge end it, and the officer too."""
    if appointment.capacity != Capacity.OFFICER_IN_CHARGE:
        return not_now(_("A tenure is ended by the administrator."))
    return (
        YES if appointment.person_id == person.pk else may_put_in_charge(person, appointment.post)
    )

"""Who may refer what could not be resolved, and who resolves it (P52)."""

from django.utils.translation import gettext as _

from approvals.models import Referral
from approvals.queries.referrals import referee_standing
from approvals.vocabulary import StepState
from common.verdict import YES, Verdict, not_now, not_you
from missions.models import User
from missions.queries import standing_as, standing_in
from missions.vocabulary import UN_CIMIC, Role
from requests_app.models import AssistanceRequest
from requests_app.policy import is_own
from requests_app.vocabulary import Kind, Status

UNDECIDED = frozenset({Status.UNDER_REVIEW, Status.IN_CONSULTATION, Status.AWAITING_DECISION})


def may_refer(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let a party refer an undecided request (P52).

    Who asked, UN-CIMIC, UN-CMCoord for the partners, a post on its route.
    """
    if not (
        is_own(person, rfa)
        or standing_as(person, *UN_CIMIC, Role.CMCOORD, route=rfa.route) is not None
        or any(
            standing_in(person, post, rfa.route)
            for post in rfa.steps.exclude(
                state__in=[StepState.SKIPPED, StepState.SUPERSEDED]
            ).values_list("post", flat=True)
        )
    ):
        return not_you(_("A party to the request refers it: who asked, UN-CIMIC, its posts."), "52")
    if rfa.kind == Kind.EXTREME_SITUATION or rfa.status not in UNDECIDED:
        return not_now(
            _("The request is %(status)s: what is referred is still to be decided.")
            % {"status": rfa.get_status_display().lower()},
            "52",
        )
    if any(referral.is_open for referral in rfa.referrals.all()):
        return not_now(
            _("It is referred already: no decision is taken until that is resolved."), "52"
        )
    return YES


def may_resolve(person: User, referral: Referral) -> Verdict:
    """Let the post it was put to resolve it: the HOMC, then the SRSG; never who asked (P52)."""
    if referee_standing(person, referral) is None:
        return not_you(
            _("This referral waits on %(put_to)s.") % {"put_to": referral.put_to.title}, "52"
        )
    if is_own(person, referral.rfa):
        return not_you(_("Whoever asked for it does not resolve it: duties are kept apart."), "52")
    if not referral.is_open:
        return not_now(
            _("It is %(outcome)s already.") % {"outcome": referral.get_outcome_display().lower()},
            "52",
        )
    return YES

"""Who weighs a look-alike."""

from django.utils.translation import gettext as _

from common.verdict import YES, Verdict, not_now, not_you
from missions.models import User
from missions.queries import standing_as
from missions.vocabulary import UN_CIMIC
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Status


def may_weigh(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let UN-CIMIC, which reviews, say what a look-alike is (P30)."""
    if standing_as(person, *UN_CIMIC, route=rfa.route) is None:
        return not_you(_("UN-CIMIC weighs what looks alike when it reviews."), "30")
    if rfa.status in {Status.DRAFT, Status.CLOSED, Status.WITHDRAWN}:
        return not_now(
            _("The request is %(status)s.") % {"status": rfa.get_status_display().lower()}, "30"
        )
    return YES

"""Who may say that several reports are of one event."""

from django.utils.translation import gettext as _

from common.verdict import YES, Verdict, not_now, not_you
from missions.models import User
from missions.queries import standing_as
from missions.vocabulary import UN_CIMIC, Role
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Kind, Status


def may_join(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let UN-CIMIC join reports of one event: Chief and staff, an officer in the sector (P40)."""
    standing = standing_as(person, *UN_CIMIC, route=rfa.route)
    if standing is None or (
        standing.role == Role.SECTOR_CIMIC and standing.post.sector_id != rfa.sector_id
    ):
        return not_you(_("UN-CIMIC joins the reports of one event."), "40")
    if rfa.kind != Kind.EXTREME_SITUATION:
        return not_now(_("Only reports of extreme situations are joined."), "40")
    if rfa.status == Status.CLOSED:
        return not_now(_("The record is closed: nothing is added to it any more."))
    return YES

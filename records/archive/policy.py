"""Who packs, holds, transfers and disposes of records, and why not (P41)."""

from django.utils.translation import gettext as _

from common.verdict import YES, Verdict, not_now, not_you
from missions.models import User
from missions.queries import Standing, standing_as
from missions.vocabulary import MISSION_UN_CIMIC, Role
from records.models import DisposalAsked
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Status

PACKS = (Role.RECORDS_OFFICER, *sorted(MISSION_UN_CIMIC))
SETS_CLASSES = (Role.RECORDS_OFFICER, Role.CHIEF_CIMIC)
HOLDS = (Role.RECORDS_OFFICER, Role.CHIEF_CIMIC, Role.CHIEF_OF_STAFF)
DISPOSES = HOLDS
READS = (*PACKS, Role.CHIEF_OF_STAFF)


def may_archive(person: User) -> Verdict:
    """Let the records officer and UN-CIMIC pack records for transfer (P41)."""
    if standing_as(person, *PACKS) is None:
        return not_you(_("The records officer and UN-CIMIC pack records for transfer."), "41")
    return YES


def may_read_archive(person: User) -> Verdict:
    """Let the records officer, UN-CIMIC and the Chief of Staff read what is kept how long."""
    if standing_as(person, *READS) is None:
        return not_you(
            _("The archive is for the records officer, UN-CIMIC and the Chief of Staff."), "41"
        )
    return YES


def may_set_classes(person: User) -> Verdict:
    """Let the records officer and the Chief UN-CIMIC set the mission's retention classes."""
    if standing_as(person, *SETS_CLASSES) is None:
        return not_you(_("The records officer and the Chief UN-CIMIC set retention classes."), "41")
    return YES


def _closed(rfa: AssistanceRequest) -> Verdict:
    if hasattr(rfa, "disposal"):
        return not_now(_("This record was disposed of: only its stub is left."), "41")
    if rfa.status != Status.CLOSED:
        return not_now(_("Only a closed record is archived."), "41")
    return YES


def may_keep(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let who packs records class a closed one and record the receipt of its bag."""
    return may_archive(person) and _closed(rfa)


def may_hold(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let the records officer, the Chief UN-CIMIC or the Chief of Staff set or lift a hold."""
    if standing_as(person, *HOLDS, route=rfa.route) is None:
        return not_you(
            _("The records officer, the Chief UN-CIMIC or the Chief of Staff sets a legal hold."),
            "41",
        )
    if hasattr(rfa, "disposal"):
        return not_now(_("This record was disposed of: only its stub is left."), "41")
    return YES


def disposes_as(person: User, rfa: AssistanceRequest) -> Standing | None:
    """Return the post with which a person asks for a disposal or confirms one, or None."""
    return standing_as(person, *DISPOSES, route=rfa.route)


def may_ask_disposal(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let the records officer, the Chief UN-CIMIC or the Chief of Staff ask for a disposal."""
    if disposes_as(person, rfa) is None:
        return not_you(
            _("The records officer, the Chief UN-CIMIC or the Chief of Staff disposes of records."),
            "41",
        )
    return _closed(rfa)


def may_confirm_disposal(person: User, rfa: AssistanceRequest, asked: DisposalAsked) -> Verdict:
    """Let another than who asked confirm a disposal, in another post (two people)."""
    verdict = may_ask_disposal(person, rfa)
    if not verdict:
        return verdict
    standing = disposes_as(person, rfa)
    if asked.by_id == person.pk or (standing and standing.post.pk == asked.post_id):
        return not_you(_("Whoever asks for a disposal does not confirm it: two people do."), "41")
    return YES


def may_decline_disposal(person: User, rfa: AssistanceRequest) -> Verdict:
    """Let who may ask decline a disposal, or take their own back."""
    return may_ask_disposal(person, rfa)

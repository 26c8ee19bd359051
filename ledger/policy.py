"""Who reads how the ledger stands, acknowledges receipts, and asks for and confirms erasures."""

from django.utils.translation import gettext as _

from common.verdict import YES, Verdict, not_you
from ledger.models import ErasureRequest
from missions.models import User
from missions.queries import Standing, standing_as
from missions.vocabulary import Role

READERS = (
    Role.RECORDS_OFFICER,
    Role.CHIEF_OF_STAFF,
    Role.EVALUATOR,
    Role.ADMINISTRATOR,
    Role.CHIEF_CIMIC,
)
ACKNOWLEDGERS = (Role.RECORDS_OFFICER, Role.CHIEF_OF_STAFF, Role.EVALUATOR, Role.ADMINISTRATOR)
# The two posts that erase together: one asks, the other confirms (P41).
ERASERS = (Role.RECORDS_OFFICER, Role.CHIEF_CIMIC)


def may_read_ledger(person: User) -> Verdict:
    """Let the records officer, Chief of Staff, evaluators, administrator and Chief read it (G)."""
    if standing_as(person, *READERS) is None:
        return not_you(
            _(
                "How the ledger stands is for the records officer, the Chief of Staff, evaluators, "
                "the administrator and the Chief UN-CIMIC."
            ),
            "41",
        )
    return YES


def acknowledging_as(person: User) -> Standing | None:
    """Return the post as which a person acknowledges receipts."""
    return standing_as(person, *ACKNOWLEDGERS)


def may_acknowledge(person: User) -> Verdict:
    """Let those who can hear from a witness say that a receipt arrived."""
    if acknowledging_as(person) is None:
        return not_you(
            _(
                "The records officer, the Chief of Staff, evaluators and the administrator "
                "acknowledge receipts."
            ),
            "41",
        )
    return YES


def erasing_as(person: User) -> Standing | None:
    """Return the post as which a person asks for or confirms an erasure."""
    return standing_as(person, *ERASERS)


def may_ask_erasure(person: User) -> Verdict:
    """Let the records officer and the Chief UN-CIMIC ask that something said is erased (P41)."""
    if erasing_as(person) is None:
        return not_you(_("The records officer and the Chief UN-CIMIC ask for an erasure."), "41")
    return YES


def may_answer_erasure(person: User, asked: ErasureRequest) -> Verdict:
    """Let the other of the two posts confirm or refuse, never who asked (P41)."""
    if person.pk == asked.by_id:
        return not_you(_("Whoever asked for an erasure cannot confirm it."), "41")
    others = [role for role in ERASERS if role != asked.post.role]
    if standing_as(person, *others) is None:
        return not_you(
            _("The other of the two, records officer and Chief UN-CIMIC, confirms an erasure."),
            "41",
        )
    return YES

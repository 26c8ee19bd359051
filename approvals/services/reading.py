"""That a confidential record is read is kept, before anything of it is shown (P15)."""

from ledger.readings import note_reading
from missions.models import User
from missions.vocabulary import Classification
from requests_app.models import AssistanceRequest


def keep_reading(person: User, rfa: AssistanceRequest, door: str) -> None:
    """Keep that a person reads a record, where it is confidential; nothing else waits for it."""
    if rfa.classification >= Classification.CONFIDENTIAL:
        note_reading(person=person, mission_id=rfa.mission_id, chain_id=rfa.pk, door=door)

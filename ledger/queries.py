"""Reading what happened."""

from uuid import UUID

from django.db.models import QuerySet

from ledger.models import Entry


def history_of(subject_id: UUID) -> QuerySet[Entry]:
    """Return a subject's entries, oldest first, with what they say and who did it."""
    return (
        Entry.objects.filter(chain_id=subject_id)
        .select_related("payload__erasure__entry", "actor", "post")
        .order_by("number")
    )

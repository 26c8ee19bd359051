"""Marking one's own notices read."""

from django.db import transaction

from common.clock import now
from notices.models import Notice


def _mark(person_id: int, **which: object) -> int:
    """Mark, locking in one order, so that it and a digest in the making wait for each other."""
    new = Notice.objects.filter(person=person_id, read_at=None, **which)
    found = list(new.order_by("pk").select_for_update().values_list("pk", flat=True))
    return Notice.objects.filter(pk__in=found).update(read_at=now())


@transaction.atomic
def mark_read(*, person_id: int, notice_ids: list[int]) -> int:
    """Mark a person's own notices read; return how many were new."""
    return _mark(person_id, pk__in=notice_ids)


@transaction.atomic
def mark_all_read(*, person_id: int, until: int | None = None) -> int:
    """Mark all of a person's notices read, up to the newest one seen; return how many were new.

    What came in after the list was shown stays new.
    """
    return _mark(person_id) if until is None else _mark(person_id, pk__lte=until)

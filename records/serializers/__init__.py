"""Lines, records and what hangs on them, as the API writes them."""

from records.serializers.doing import (
    FollowUpSerializer,
    TaskSerializer,
    completeness_as_read,
    follow_up_as_read,
    task_as_read,
)
from records.serializers.records import (
    CLASSIFICATIONS,
    AttachmentSerializer,
    EntrySerializer,
    FoundLineSerializer,
    LineSerializer,
    MessageSerializer,
    RecordSerializer,
    WaitingSerializer,
    extreme_of,
    imported_as_read,
    referrals_as_read,
)

__all__ = [
    "CLASSIFICATIONS",
    "AttachmentSerializer",
    "EntrySerializer",
    "FoundLineSerializer",
    "FollowUpSerializer",
    "LineSerializer",
    "MessageSerializer",
    "RecordSerializer",
    "TaskSerializer",
    "WaitingSerializer",
    "completeness_as_read",
    "extreme_of",
    "follow_up_as_read",
    "imported_as_read",
    "referrals_as_read",
    "task_as_read",
]

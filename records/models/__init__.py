"""What was done and is kept: tasks, what people are owed, compliance, exports, views, archives."""

from records.models.compliance import ComplianceCount, ComplianceException, RecordCompliance
from records.models.done import (
    ArchivedBag,
    ConditionCheck,
    DeliveryByOthers,
    ExportRun,
    Instalment,
    Progress,
    Task,
    Visit,
)
from records.models.people import Complaint, Handover, HandoverAcknowledgement, ProtectionDuty
from records.models.views import SavedView

__all__ = [
    "ArchivedBag",
    "Complaint",
    "ComplianceCount",
    "ComplianceException",
    "ConditionCheck",
    "DeliveryByOthers",
    "ExportRun",
    "Handover",
    "HandoverAcknowledgement",
    "Instalment",
    "Progress",
    "ProtectionDuty",
    "RecordCompliance",
    "SavedView",
    "Task",
    "Visit",
]

"""What was done and is kept: tasks, what people are owed, compliance, exports, views, archives."""

from records.models.compliance import ComplianceCount, ComplianceException, RecordCompliance
from records.models.doing import (
    ChangeAnswer,
    ClosingReport,
    HandBack,
    Incident,
    Refund,
    Run,
    TaskChange,
    VisitPhoto,
)
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
from records.models.figures import FigureCell, FigureDay, FigureStretch
from records.models.keeping import (
    Classing,
    Disposal,
    DisposalAsked,
    DisposalDeclined,
    HoldLifted,
    LegalHold,
    RetentionAction,
    RetentionClass,
    Transfer,
    Trigger,
)
from records.models.kept import Correction, FollowUpNote, FollowUpReminder
from records.models.people import Complaint, Handover, HandoverAcknowledgement, ProtectionDuty
from records.models.views import SavedView

__all__ = [
    "ArchivedBag",
    "ChangeAnswer",
    "Classing",
    "ClosingReport",
    "Complaint",
    "ComplianceCount",
    "ComplianceException",
    "ConditionCheck",
    "Correction",
    "DeliveryByOthers",
    "Disposal",
    "DisposalAsked",
    "DisposalDeclined",
    "ExportRun",
    "FigureCell",
    "FigureDay",
    "FigureStretch",
    "FollowUpNote",
    "FollowUpReminder",
    "HandBack",
    "Handover",
    "HandoverAcknowledgement",
    "HoldLifted",
    "Incident",
    "Instalment",
    "LegalHold",
    "Progress",
    "ProtectionDuty",
    "RecordCompliance",
    "Refund",
    "RetentionAction",
    "RetentionClass",
    "Run",
    "SavedView",
    "Task",
    "TaskChange",
    "Transfer",
    "Trigger",
    "Visit",
    "VisitPhoto",
]

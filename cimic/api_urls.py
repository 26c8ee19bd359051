"""The API's addresses, under ``/api/v1/``."""

from django.urls import path, re_path

from access.api import (
    PERSON_DEEDS,
    InvitationDeedView,
    InvitationsView,
    PeopleView,
    PersonDeedView,
    SessionsView,
    SessionView,
    TokensView,
    TokenView,
)
from approvals.api import AnswersView, InboxView, StepView, SupersedeView
from approvals.api.people import (
    DelegationsView,
    EndChargeView,
    EndDelegationView,
    InChargeView,
)
from approvals.api.priorities import PrioritiesView
from approvals.api.processes import (
    CheckProcessView,
    CommentsView,
    CoSignView,
    DiscardView,
    OneProcessView,
    ProcessesView,
    PromulgateView,
)
from approvals.api.referrals import ReferralsView, ResolveView
from approvals.api.standing_policies import EndStandingPolicyView, StandingPoliciesView
from approvals.api.together import TogetherView
from cimic.api import HealthView, LiveView, MeView, NowhereView
from cimic.contract import SchemaView
from notices.api import MyNoticesView, NoticesView, ReadAllView, ReadNoticeView
from notices.webhooks.api import (
    ACTS as WEBHOOK_ACTS,
)
from notices.webhooks.api import (
    RotateWebhookView,
    SendAgainView,
    TryWebhookView,
    WebhookActView,
    WebhookDeliveriesView,
    WebhooksView,
    WebhookView,
)
from records.api import (
    ACTS,
    DOING_VIEWS,
    ActView,
    AttachmentsView,
    AttachmentView,
    ExtremeSituationsView,
    HistoryView,
    MessagesView,
    RequestsView,
    RequestView,
)
from records.api.archive import (
    ArchiveDeedView,
    ArchiveSummaryView,
    ArchiveView,
    BagView,
    ClassesView,
    EndClassView,
    LiftView,
    PlaceView,
)
from records.api.complaints import AnswerComplaintView, ComplaintsView, ComplaintView
from records.api.compliance import (
    CompliancePdfView,
    ComplianceRowView,
    ComplianceView,
    ExtremeByUnitView,
)
from records.api.exports import (
    REGISTER_FILES,
    DictionaryFileView,
    DictionaryView,
    ExportFileView,
    ExportsView,
    ExportView,
)
from records.api.handover import (
    AcknowledgeView,
    CloseDutyView,
    DutiesView,
    HandoverView,
)
from records.api.imports import ImportsView
from records.api.ledger import (
    AcknowledgeReceiptView,
    CheckpointsView,
    ConfirmErasureView,
    ErasuresView,
    LedgerView,
    OpenErasuresView,
    ProofView,
    ReadingsView,
    RefuseErasureView,
)
from records.api.look_alikes import LookAlikesView
from records.api.register import SavedViewsView, SavedViewView
from records.api.statistics import EvaluationPackView, StatisticsView

ARCHIVE_ACTS = {
    "class": "class",
    "receipts": "receipts",
    "holds": "holds",
    "disposal": "disposal",
    "confirm": "disposal/confirm",
    "decline": "disposal/decline",
}
TASK_ACTS = ("start", "progress", "complete", "visits", "instalments", "conditions")

urlpatterns = [
    path("health/", HealthView.as_view(), name="api-health"),
    path("health/live/", LiveView.as_view(), name="api-live"),
    path("tokens/", TokensView.as_view(), name="api-tokens"),
    path("tokens/<int:token_id>/", TokenView.as_view(), name="api-token"),
    path("sessions/", SessionsView.as_view(), name="api-sessions"),
    path("sessions/<slug:session_id>/", SessionView.as_view(), name="api-session"),
    path("invitations/", InvitationsView.as_view(), name="api-invitations"),
    *[
        path(
            f"invitations/<int:invitation_id>/{deed}/",
            InvitationDeedView.as_view(deed=deed),
            name=f"api-invitation-{deed}",
        )
        for deed in ("resend", "withdraw")
    ],
    path("people/", PeopleView.as_view(), name="api-people"),
    *[
        path(
            f"people/<str:username>/{deed}/",
            PersonDeedView.as_view(deed=deed),
            name=f"api-person-{deed}",
        )
        for deed in PERSON_DEEDS
    ],
    path("schema/", SchemaView.as_view(), name="api-schema"),
    path("me/", MeView.as_view(), name="api-me"),
    path("me/notices/", MyNoticesView.as_view(), name="api-my-notices"),
    path("notices/", NoticesView.as_view(), name="api-notices"),
    path("notices/read/", ReadAllView.as_view(), name="api-read-all"),
    path("notices/<int:notice_id>/read/", ReadNoticeView.as_view(), name="api-read-notice"),
    path("webhooks/", WebhooksView.as_view(), name="api-webhooks"),
    path("webhooks/<int:webhook_id>/", WebhookView.as_view(), name="api-webhook"),
    path(
        "webhooks/<int:webhook_id>/rotate/", RotateWebhookView.as_view(), name="api-rotate-webhook"
    ),
    path("webhooks/<int:webhook_id>/try/", TryWebhookView.as_view(), name="api-try-webhook"),
    *[
        path(
            f"webhooks/<int:webhook_id>/{act}/",
            WebhookActView.as_view(act=act),
            name=f"api-{act}-webhook",
        )
        for act in WEBHOOK_ACTS
    ],
    path(
        "webhooks/<int:webhook_id>/deliveries/",
        WebhookDeliveriesView.as_view(),
        name="api-webhook-deliveries",
    ),
    path(
        "webhooks/<int:webhook_id>/deliveries/<str:message_id>/again/",
        SendAgainView.as_view(),
        name="api-send-webhook-again",
    ),
    path("requests/", RequestsView.as_view(), name="api-requests"),
    path("requests/<str:reference>/", RequestView.as_view(), name="api-request"),
    path("requests/<str:reference>/history/", HistoryView.as_view(), name="api-history"),
    path("requests/<str:reference>/proof/", ProofView.as_view(), name="api-proof"),
    path("requests/<str:reference>/readings/", ReadingsView.as_view(), name="api-readings"),
    path("requests/<str:reference>/erasures/", ErasuresView.as_view(), name="api-erasures"),
    path("ledger/", LedgerView.as_view(), name="api-ledger"),
    path("ledger/checkpoints/", CheckpointsView.as_view(), name="api-checkpoints"),
    path(
        "ledger/receipts/<int:receipt_id>/acknowledge/",
        AcknowledgeReceiptView.as_view(),
        name="api-acknowledge-receipt",
    ),
    path("ledger/erasures/", OpenErasuresView.as_view(), name="api-open-erasures"),
    path(
        "ledger/erasures/<int:request_id>/confirm/",
        ConfirmErasureView.as_view(),
        name="api-confirm-erasure",
    ),
    path(
        "ledger/erasures/<int:request_id>/refuse/",
        RefuseErasureView.as_view(),
        name="api-refuse-erasure",
    ),
    path(
        "requests/<str:reference>/attachments/", AttachmentsView.as_view(), name="api-attachments"
    ),
    path(
        "requests/<str:reference>/attachments/<uuid:attachment_id>/",
        AttachmentView.as_view(),
        name="api-attachment",
    ),
    path("requests/<str:reference>/look-alikes/", LookAlikesView.as_view(), name="api-look-alikes"),
    path("requests/<str:reference>/messages/", MessagesView.as_view(), name="api-messages"),
    *[
        path(f"requests/<str:reference>/{act}/", ActView.as_view(act=act), name=f"api-{act}")
        for act in ACTS
    ],
    *[path(f"requests/<str:reference>/task/{act}/", ActView.as_view(act=act)) for act in TASK_ACTS],
    *[
        path(f"requests/<str:reference>/{act}/", view.as_view(), name=f"api-{act}")
        for act, view in DOING_VIEWS.items()
    ],
    path("extreme-situations/", ExtremeSituationsView.as_view(), name="api-extreme-situations"),
    path("standing-policies/", StandingPoliciesView.as_view(), name="api-standing-policies"),
    path(
        "standing-policies/<path:code>/end/",
        EndStandingPolicyView.as_view(),
        name="api-end-standing-policy",
    ),
    path("delegations/", DelegationsView.as_view(), name="api-delegations"),
    path(
        "delegations/<int:delegation_id>/end/",
        EndDelegationView.as_view(),
        name="api-end-delegation",
    ),
    path(
        "posts/<str:code>/officer-in-charge/", InChargeView.as_view(), name="api-officer-in-charge"
    ),
    path(
        "posts/<str:code>/officer-in-charge/<int:appointment_id>/end/",
        EndChargeView.as_view(),
        name="api-end-charge",
    ),
    path("priorities/", PrioritiesView.as_view(), name="api-priorities"),
    path("complaints/", ComplaintsView.as_view(), name="api-complaints"),
    path("complaints/<str:reference>/", ComplaintView.as_view(), name="api-complaint"),
    path(
        "complaints/<str:reference>/answer/",
        AnswerComplaintView.as_view(),
        name="api-answer-complaint",
    ),
    path("handover/", HandoverView.as_view(), name="api-handover"),
    path(
        "handover/<int:handover_id>/acknowledge/",
        AcknowledgeView.as_view(),
        name="api-acknowledge",
    ),
    path("protection-duties/", DutiesView.as_view(), name="api-protection-duties"),
    path("protection-duties/<int:duty_id>/close/", CloseDutyView.as_view(), name="api-close-duty"),
    path("referrals/", ReferralsView.as_view(), name="api-referrals"),
    path("referrals/<int:referral_id>/resolve/", ResolveView.as_view(), name="api-resolve"),
    path("inbox/", InboxView.as_view(), name="api-inbox"),
    path("steps/answers/", TogetherView.as_view(), name="api-together"),
    path("steps/<int:step_id>/", StepView.as_view(), name="api-step"),
    path("steps/<int:step_id>/answers/", AnswersView.as_view(), name="api-answers"),
    path("steps/<int:step_id>/supersede/", SupersedeView.as_view(), name="api-supersede"),
    path("compliance/", ComplianceView.as_view(), name="api-compliance"),
    path("compliance.pdf", CompliancePdfView.as_view(), name="api-compliance-pdf"),
    path("compliance/extreme/", ExtremeByUnitView.as_view(), name="api-compliance-extreme"),
    path("compliance/<str:row>/", ComplianceRowView.as_view(), name="api-compliance-row"),
    path("evaluation/pack/", EvaluationPackView.as_view(), name="api-evaluation-pack"),
    path("statistics/", StatisticsView.as_view(), name="api-statistics"),
    path("processes/", ProcessesView.as_view(), name="api-processes"),
    path("processes/<int:process_id>/", OneProcessView.as_view(), name="api-process"),
    path("processes/<int:process_id>/check/", CheckProcessView.as_view()),
    path("processes/<int:process_id>/comments/", CommentsView.as_view()),
    path("processes/<int:process_id>/co-sign/", CoSignView.as_view()),
    path("processes/<int:process_id>/promulgate/", PromulgateView.as_view()),
    path("processes/<int:process_id>/discard/", DiscardView.as_view()),
    *[
        path(f"register.{form}", view, name=f"api-register-{form}")
        for form, view in REGISTER_FILES.items()
    ],
    path("imports/", ImportsView.as_view(), name="api-imports"),
    path("views/", SavedViewsView.as_view(), name="api-views"),
    path("views/<int:view_id>/", SavedViewView.as_view(), name="api-view"),
    path("exports/", ExportsView.as_view(), name="api-exports"),
    path("exports/dictionary/", DictionaryView.as_view(), name="api-dictionary"),
    path("exports/dictionary.csv", DictionaryFileView.as_view(), name="api-dictionary-csv"),
    path("archive/", ArchiveView.as_view(), name="api-archive"),
    path("archive/summary/", ArchiveSummaryView.as_view(), name="api-archive-summary"),
    path("archive/classes/", ClassesView.as_view(), name="api-retention-classes"),
    path("archive/classes/<str:code>/end/", EndClassView.as_view(), name="api-end-retention-class"),
    path("archive/<str:reference>/", PlaceView.as_view(), name="api-archive-record"),
    path("archive/<str:reference>/bag/", BagView.as_view(), name="api-archive-bag"),
    path(
        "archive/<str:reference>/holds/<int:hold_id>/lift/",
        LiftView.as_view(),
        name="api-archive-lift",
    ),
    *[
        path(
            f"archive/<str:reference>/{way}/",
            ArchiveDeedView.as_view(act=act),
            name=f"api-archive-{act}",
        )
        for act, way in ARCHIVE_ACTS.items()
    ],
    path("exports/<uuid:export_id>/", ExportView.as_view(), name="api-export"),
    path("exports/<uuid:export_id>/file", ExportFileView.as_view(), name="api-export-file"),
    re_path(r"^.*$", NowhereView.as_view()),
]

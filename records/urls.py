"""Where records are read, carried out and closed."""

from django.urls import path

from approvals.views.beside import FileView
from records.exports import FORMS
from records.views import (
    archive,
    case,
    complaints,
    compliance,
    deeds,
    exports,
    follow_ups,
    handover,
    history,
    ledger,
    map,
    places,
    register,
    saved_views,
    statistics,
)

app_name = "records"

urlpatterns = [
    path("complaints/", complaints.ComplaintsView.as_view(), name="complaints"),
    path(
        "complaints/<str:reference>/answer/",
        complaints.AnswerComplaintView.as_view(),
        name="answer-complaint",
    ),
    path("handover/", handover.HandoverView.as_view(), name="handover"),
    path("handover/hand-over/", handover.HandOverView.as_view(), name="hand-over"),
    path("handover/acknowledge/", handover.AcknowledgeView.as_view(), name="acknowledge"),
    path("handover/delegate/", handover.DelegateView.as_view(), name="delegate"),
    path("handover/end-delegation/", handover.EndDelegationView.as_view(), name="end-delegation"),
    path("handover/in-charge/", handover.InChargeView.as_view(), name="in-charge"),
    path("handover/end-charge/", handover.EndChargeView.as_view(), name="end-charge"),
    path("handover/close-duty/", handover.CloseDutyView.as_view(), name="close-duty"),
    path("compliance/", compliance.ComplianceView.as_view(), name="compliance"),
    path("compliance.pdf", compliance.CompliancePdfView.as_view(), name="compliance-pdf"),
    path("compliance/<str:row>/", compliance.ComplianceRowView.as_view(), name="compliance-row"),
    path("ledger/", ledger.LedgerView.as_view(), name="ledger"),
    path(
        "ledger/receipts/<int:receipt_id>/acknowledge/",
        ledger.AcknowledgeView.as_view(),
        name="acknowledge-receipt",
    ),
    path(
        "ledger/erasures/<int:request_id>/<str:word>/",
        ledger.AnswerErasureView.as_view(),
        name="answer-erasure",
    ),
    path("evaluation/", statistics.EvaluationView.as_view(), name="evaluation"),
    path("evaluation/pack/", statistics.EvaluationPackView.as_view(), name="evaluation-pack"),
    path("register/", register.RegisterView.as_view(), name="register"),
    *[
        path(f"register.{form}", exports.RegisterFileView.as_view(form=form), name=form)
        for form in FORMS
    ],
    path("exports/", exports.ExportsView.as_view(), name="exports"),
    path("exports/dictionary/", exports.DictionaryView.as_view(), name="dictionary"),
    path("exports/dictionary.csv", exports.DictionaryFileView.as_view(), name="dictionary-csv"),
    path("exports/<uuid:export_id>/", exports.ExportView.as_view(), name="export"),
    path("exports/<uuid:export_id>/file", exports.ExportFileView.as_view(), name="export-file"),
    path("views/", saved_views.SavedViewsView.as_view(), name="views"),
    path("views/<int:view_id>/", saved_views.ChangeViewView.as_view(), name="change-view"),
    path("views/<int:view_id>/delete/", saved_views.DeleteViewView.as_view(), name="delete-view"),
    path("follow-ups/", follow_ups.FollowUpsView.as_view(), name="follow-ups"),
    path("map/", map.MapView.as_view(), name="map"),
    path("map/boundaries.geojson", map.BoundariesView.as_view(), name="boundaries"),
    path("map/points.json", map.PointsView.as_view(), name="points"),
    path("displacement-sites/", places.SitesView.as_view(), name="sites"),
    path("disaster-events/", places.EventsView.as_view(), name="events"),
    path("register/<str:reference>/", case.CaseView.as_view(), name="case"),
    path("register/<str:reference>/archive/", archive.BagView.as_view(), name="archive"),
    path("archive/", archive.ArchiveView.as_view(), name="archives"),
    path("archive/classes/", archive.ClassesView.as_view(), name="retention-classes"),
    path("archive/<str:reference>/", archive.PlaceView.as_view(), name="archive-place"),
    path(
        "archive/<str:reference>/holds/<int:hold_id>/lift/",
        archive.LiftView.as_view(),
        name="lift-hold",
    ),
    path(
        "archive/<str:reference>/<str:act>/",
        archive.ArchiveDeedView.as_view(),
        name="archive-deed",
    ),
    path(
        "register/<str:reference>/history/<int:number>/",
        history.EntryView.as_view(),
        name="entry",
    ),
    path(
        "register/<str:reference>/history/<int:number>/erase/",
        ledger.AskErasureView.as_view(),
        name="ask-erasure",
    ),
    path("register/<str:reference>/close/", case.CloseView.as_view(), name="close"),
    path("register/<str:reference>/files/<uuid:pk>/", FileView.as_view(), name="file"),
    path("register/<str:reference>/task/<str:act>/", deeds.DeedView.as_view(), name="deed"),
]

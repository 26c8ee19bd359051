"""Where requests are written, submitted and answered."""

from django.urls import path

from approvals.views import (
    answering,
    asking,
    beside,
    extreme,
    inbox,
    look_alikes,
    priorities,
    process_editor,
    processes,
    referrals,
    standing_policies,
)

app_name = "approvals"

urlpatterns = [
    path("requests/", asking.MineView.as_view(), name="mine"),
    path("requests/new/<str:kind>/", asking.StartView.as_view(), name="start"),
    path(
        "requests/new/<str:kind>/autosave/",
        asking.StartAutosaveView.as_view(),
        name="start-autosave",
    ),
    path("requests/<str:reference>/edit/", asking.EditView.as_view(), name="edit"),
    path("requests/<str:reference>/autosave/", asking.AutosaveView.as_view(), name="autosave"),
    path("requests/place/", asking.PlaceView.as_view(), name="place"),
    path("requests/<str:reference>/alike/", asking.LooksLikeView.as_view(), name="alike"),
    path("requests/<str:reference>/files/", asking.KeepFilesView.as_view(), name="keep-files"),
    path("requests/<str:reference>/check/", asking.CheckView.as_view(), name="check"),
    path("requests/<str:reference>/sent/", asking.SentView.as_view(), name="sent"),
    path(
        "requests/<str:reference>/withdraw/",
        asking.ReasonView.as_view(act="withdraw"),
        name="withdraw",
    ),
    path(
        "requests/<str:reference>/cancel/", asking.ReasonView.as_view(act="cancel"), name="cancel"
    ),
    path("requests/<str:reference>/attachments/", beside.AttachView.as_view(), name="attach"),
    path("requests/<str:reference>/messages/", beside.SayView.as_view(), name="say"),
    path("files/<uuid:pk>/", beside.FileView.as_view(), name="file"),
    path("inbox/", inbox.InboxView.as_view(), name="inbox"),
    path("inbox/together/", inbox.TogetherView.as_view(), name="together"),
    path("steps/<int:pk>/", answering.StepView.as_view(), name="step"),
    path("steps/<int:pk>/supersede/", answering.SupersedeView.as_view(), name="supersede"),
    path("priorities/", priorities.PrioritiesView.as_view(), name="priorities"),
    path(
        "standing-policies/",
        standing_policies.StandingPoliciesView.as_view(),
        name="standing-policies",
    ),
    path(
        "standing-policies/<int:pk>/end/",
        standing_policies.EndStandingPolicyView.as_view(),
        name="end-standing-policy",
    ),
    path("requests/<str:reference>/look-alikes/", look_alikes.WeighView.as_view(), name="weigh"),
    path("requests/<str:reference>/refer/", referrals.ReferView.as_view(), name="refer"),
    path("referrals/<int:pk>/resolve/", referrals.ResolveView.as_view(), name="resolve"),
    path("processes/", processes.ProcessesView.as_view(), name="processes"),
    path("processes/draft/", processes.DraftView.as_view(), name="process-draft"),
    path(
        "processes/baseline/<str:route>/", processes.BaselineView.as_view(), name="process-baseline"
    ),
    path("processes/<int:pk>/", processes.ProcessView.as_view(), name="process"),
    path("processes/<int:pk>/edit/", process_editor.EditView.as_view(), name="process-edit"),
    path(
        "processes/<int:pk>/edit/check/", process_editor.CheckView.as_view(), name="process-check"
    ),
    path("processes/<int:pk>/co-sign/", processes.CoSignView.as_view(), name="process-co-sign"),
    path(
        "processes/<int:pk>/promulgate/",
        processes.PromulgateView.as_view(),
        name="process-promulgate",
    ),
    path("processes/<int:pk>/discard/", processes.DiscardView.as_view(), name="process-discard"),
    path("extreme/<str:reference>/join/", extreme.JoinView.as_view(), name="join"),
    path("extreme/", extreme.ExtremeView.as_view(), name="extreme"),
]

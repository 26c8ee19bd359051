"""The addresses of the notice centre."""

from django.urls import path

from notices import views
from notices.webhooks import views as webhooks

app_name = "notices"

urlpatterns = [
    path("notices/", views.CentreView.as_view(), name="centre"),
    path("notices/read/", views.AllReadView.as_view(), name="all-read"),
    path("notices/preferences/", views.PreferencesView.as_view(), name="preferences"),
    path("notices/<int:pk>/open/", views.OneNoticeView.as_view(opens=True), name="open"),
    path("notices/<int:pk>/read/", views.OneNoticeView.as_view(), name="read"),
    path("webhooks/", webhooks.WebhooksView.as_view(), name="webhooks"),
    path("webhooks/<int:pk>/", webhooks.WebhookView.as_view(), name="webhook"),
    path("webhooks/<int:pk>/rotate/", webhooks.RotateView.as_view(), name="webhook-rotate"),
    *[
        path(
            f"webhooks/<int:pk>/{act}/",
            webhooks.ActView.as_view(act=act),
            name=f"webhook-{act}",
        )
        for act in ("pause", "resume", "end", "try")
    ],
    path(
        "webhooks/<int:pk>/deliveries/<int:delivery_id>/again/",
        webhooks.AgainView.as_view(),
        name="webhook-again",
    ),
]

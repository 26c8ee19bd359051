"""The pages of every room."""

from django.urls import include, path

urlpatterns = [
    path("", include("missions.urls")),
    path("", include("access.urls")),
    path("", include("requests_app.urls")),
    path("", include("approvals.urls")),
    path("", include("records.urls")),
    path("", include("notices.urls")),
]

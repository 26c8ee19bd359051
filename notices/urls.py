"""The addresses of the notice centre."""

from django.urls import path

from notices import views

app_name = "notices"

urlpatterns = [
    path("notices/", views.CentreView.as_view(), name="centre"),
    path("notices/read/", views.AllReadView.as_view(), name="all-read"),
    path("notices/preferences/", views.PreferencesView.as_view(), name="preferences"),
    path("notices/<int:pk>/open/", views.OneNoticeView.as_view(opens=True), name="open"),
    path("notices/<int:pk>/read/", views.OneNoticeView.as_view(), name="read"),
]

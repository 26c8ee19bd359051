"""Where asking begins."""

from django.urls import path

from requests_app import views

app_name = "requests_app"

urlpatterns = [
    path("requests/new/", views.ChooseKindView.as_view(), name="new"),
]

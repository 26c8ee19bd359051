"""Where asking begins, and where a mission's old list comes in."""

from django.urls import path

from requests_app import views
from requests_app.views import importing

app_name = "requests_app"

urlpatterns = [
    path("requests/new/", views.ChooseKindView.as_view(), name="new"),
    path("import/", importing.ImportView.as_view(), name="import"),
    path("import/template.xlsx", importing.TemplateView.as_view(), name="import-template"),
    path("import/<uuid:run_id>/", importing.OneImportView.as_view(), name="import-one"),
    path("import/<uuid:run_id>/bring-in/", importing.BringInView.as_view(), name="bring-in"),
]

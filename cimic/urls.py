"""The addresses: nouns and references; the API mirrors the pages."""

from django.contrib import admin
from django.urls import include, path

from cimic.metrics import metrics
from missions.views import SignInView

handler500 = "cimic.refusals.failed"

urlpatterns = [
    path("metrics", metrics, name="metrics"),
    path("api/v1/", include("cimic.api_urls")),
    path("accounts/login/", SignInView.as_view(), name="account_login"),
    path("accounts/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("", include("cimic.page_urls")),
]

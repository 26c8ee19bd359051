"""The addresses: nouns and references; the API mirrors the pages."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from cimic.metrics import metrics
from missions.views import SignInView

handler500 = "cimic.refusals.failed"

urlpatterns = [
    path("metrics", metrics, name="metrics"),
    path("api/v1/", include("cimic.api_urls")),
    path("accounts/login/", SignInView.as_view(), name="account_login"),
    path("accounts/", include("access.account_urls")),
    # One door: the administration's own sign-in knows no second factor and counts no tries.
    path("admin/login/", RedirectView.as_view(pattern_name="account_login", query_string=True)),
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    path("", include("cimic.page_urls")),
]

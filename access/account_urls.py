"""The addresses of allauth's pages that we open, and no others: nobody signs up."""

from allauth.account import views as allauth
from allauth.mfa.base import views as mfa
from allauth.mfa.webauthn import views as webauthn
from django.urls import path, re_path
from django.views.generic import TemplateView

from access.views import factors, passwords

urlpatterns = [
    path("logout/", allauth.logout, name="account_logout"),
    path("inactive/", allauth.account_inactive, name="account_inactive"),
    path(
        "signup/",
        TemplateView.as_view(template_name="account/signup_closed.html"),
        name="account_signup",
    ),
    path("reauthenticate/", allauth.reauthenticate, name="account_reauthenticate"),
    path("password/change/", passwords.ChangeView.as_view(), name="account_change_password"),
    path("password/reset/", passwords.AskView.as_view(), name="account_reset_password"),
    path("password/reset/done/", allauth.password_reset_done, name="account_reset_password_done"),
    path(
        "password/reset/key/done/",
        allauth.password_reset_from_key_done,
        name="account_reset_password_from_key_done",
    ),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        passwords.NewView.as_view(),
        name="account_reset_password_from_key",
    ),
    path("2fa/", factors.FactorsView.as_view(), name="mfa_index"),
    path("2fa/authenticate/", mfa.authenticate, name="mfa_authenticate"),
    path("2fa/reauthenticate/", mfa.reauthenticate, name="mfa_reauthenticate"),
    path("2fa/totp/activate/", factors.AppView.as_view(), name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", factors.NoAppView.as_view(), name="mfa_deactivate_totp"),
    path("2fa/webauthn/", webauthn.list_webauthn, name="mfa_list_webauthn"),
    path("2fa/webauthn/add/", factors.KeyView.as_view(), name="mfa_add_webauthn"),
    path(
        "2fa/webauthn/reauthenticate/",
        webauthn.reauthenticate_webauthn,
        name="mfa_reauthenticate_webauthn",
    ),
    path(
        "2fa/webauthn/keys/<int:pk>/remove/",
        factors.NoKeyView.as_view(),
        name="mfa_remove_webauthn",
    ),
    path("2fa/webauthn/keys/<int:pk>/edit/", webauthn.edit_webauthn, name="mfa_edit_webauthn"),
    path("2fa/webauthn/login/", webauthn.login_webauthn, name="mfa_login_webauthn"),
    path("2fa/recovery-codes/", factors.CodesView.as_view(), name="mfa_view_recovery_codes"),
    path(
        "2fa/recovery-codes/generate/",
        factors.NewCodesView.as_view(),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "2fa/recovery-codes/download/",
        factors.CodesFileView.as_view(),
        name="mfa_download_recovery_codes",
    ),
]

"""Where one gets in, and who is let in."""

from django.urls import path

from access.views import account, invited, outside, people

app_name = "access"

urlpatterns = [
    path("account/", account.AccountView.as_view(), name="account"),
    path("account/sign-out/", account.EndSessionView.as_view(), name="end-session"),
    path("account/tokens/new/", account.NewTokenView.as_view(), name="new-token"),
    path("account/tokens/<int:token_id>/end/", account.EndTokenView.as_view(), name="end-token"),
    path("people/", people.PeopleView.as_view(), name="people"),
    path("people/invite/", people.InviteView.as_view(), name="invite"),
    *[
        path(
            f"people/invitations/<int:invitation_id>/{deed}/",
            people.InvitationDeedView.as_view(deed=deed),
            name=f"invitation-{deed}",
        )
        for deed in ("resend", "withdraw")
    ],
    *[
        path(
            f"people/<str:username>/{deed}/",
            people.PersonDeedView.as_view(deed=deed),
            name=f"person-{deed}",
        )
        for deed in people.DEEDS
    ],
    path("invited/", invited.AcceptView.as_view(), name="accept"),
    path(
        "invited/<int:invitation_id>/<str:secret>/", invited.InvitedView.as_view(), name="invited"
    ),
    path("accounts/sso/", outside.StartView.as_view(), name="sso"),
    path("accounts/sso/callback/", outside.ReturnView.as_view(), name="sso-return"),
]

"""The API's key at the door: ``Authorization: Bearer <token>``."""

from django.utils import translation
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from missions.languages import accepted, language_of
from missions.models import AccessToken, User
from missions.scopes import opens
from missions.services import token_row


class BearerAuthentication(BaseAuthentication):
    """Know a person by a token that has not expired, for what its scopes open."""

    def authenticate(self, request: Request) -> tuple[User, AccessToken] | None:
        """Return the person and the token's row; None without one.

        Whoever did not say what they accept is answered in their own language.

        Raises ``AuthenticationFailed`` if the token is unknown or has expired,
        ``PermissionDenied`` for a call that its scopes do not open.
        """
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            raise AuthenticationFailed(_("Send 'Authorization: Bearer' and the token, once."))
        token = words[1].decode("ascii", "replace")
        row = token_row(token)
        if row is None:
            raise AuthenticationFailed(_("This token is unknown or has expired: ask for another."))
        if not accepted(request):
            translation.activate(language_of(row.person))  # until the middleware takes it back
        if not opens(row.scopes, request.method or "", request.path):
            raise PermissionDenied(
                _("This token is for %(scopes)s: it does not open this.")
                % {"scopes": ", ".join(row.scopes)}
            )
        return row.person, row

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="cimic"'

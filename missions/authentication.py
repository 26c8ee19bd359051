"""The API's key at the door: ``Authorization: Bearer <token>``."""

from django.utils import translation
from django.utils.translation import gettext as _
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from missions.languages import accepted, language_of
from missions.models import User
from missions.services import person_with


class BearerAuthentication(BaseAuthentication):
    """Know a person by a token that has not expired."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        """Return the person and the token; None without one.

        Whoever did not say what they accept is answered in their own language.

        Raises ``AuthenticationFailed`` if the token is unknown or has expired.
        """
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        if len(words) != 2:
            raise AuthenticationFailed(_("Send 'Authorization: Bearer' and the token, once."))
        token = words[1].decode("ascii", "replace")
        person = person_with(token)
        if person is None:
            raise AuthenticationFailed(_("This token is unknown or has expired: ask for another."))
        if not accepted(request):
            translation.activate(language_of(person))  # until the middleware takes it back
        return person, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="cimic"'

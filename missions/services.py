"""What happens with accounts: keys to the API, the language of a person's pages."""

import datetime as dt
import secrets

from django.conf import settings
from django.utils.translation import gettext as _

from common.canonical import sha256
from common.clock import now
from common.errors import FieldError, Malformed
from missions.models import AccessToken, User

TOKEN_LASTS = dt.timedelta(hours=12)


def issue_token(*, person: User) -> tuple[str, dt.datetime]:
    """Give a person a key to the API for twelve hours; return it and when it expires.

    The key is shown this once; the database keeps its digest.
    """
    token = secrets.token_urlsafe(32)
    expires_at = now() + TOKEN_LASTS
    AccessToken.objects.filter(person=person, expires_at__lt=now()).delete()
    AccessToken.objects.create(
        person=person, digest=sha256(token), made_at=now(), expires_at=expires_at
    )
    return token, expires_at


def person_with(token: str) -> User | None:
    """Return the active person whose unexpired token this is, or None."""
    found = (
        AccessToken.objects.select_related("person", "person__organisation")
        .filter(digest=sha256(token), expires_at__gt=now(), person__is_active=True)
        .first()
    )
    return found.person if found else None


def choose_language(*, person: User, language: str) -> None:
    """Keep the language in which a person is spoken to, on every device.

    Raises ``Malformed`` if it is none of the mission's.
    """
    if language not in dict(settings.LANGUAGES):
        raise Malformed(errors=[FieldError("language", _("Choose one of the languages listed."))])
    person.language = language
    person.save(update_fields=["language"])

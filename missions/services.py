"""What happens with accounts: keys to the API, the language of a person's pages."""

import datetime as dt
import secrets

from django.conf import settings
from django.utils.translation import gettext as _

from common.canonical import sha256
from common.clock import now
from common.errors import FieldError, Forbidden, Malformed
from common.prepared import Question, Told
from missions.models import AccessToken, User
from missions.policy import must_prove_twice
from missions.vocabulary import Scope

TOKEN_LASTS = dt.timedelta(hours=12)
TOKEN_LASTS_AT_MOST = dt.timedelta(days=90)
SEEN_EVERY = dt.timedelta(minutes=5)
WHOLE = (Scope.READ.value, Scope.WRITE.value)


TOKEN = Question(
    lambda: AccessToken.objects.select_related("person", "person__organisation").filter(
        digest=Told("digest"), expires_at__gt=Told("at"), person__is_active=True
    )
)


def token_errors(scopes: list[str], lasts: dt.timedelta) -> list[FieldError]:
    """Say what is wrong with the scopes and the time asked for a key."""
    errors = []
    if not scopes or set(scopes) - set(Scope.values):
        errors.append(
            FieldError(
                "scopes", _("Choose among: %(values)s.") % {"values": ", ".join(Scope.values)}
            )
        )
    if not dt.timedelta() < lasts <= TOKEN_LASTS_AT_MOST:
        errors.append(
            FieldError(
                "expires_in_hours",
                _("Choose 1 to %(hours)s hours.") % {"hours": TOKEN_LASTS_AT_MOST.days * 24},
            )
        )
    return errors


def issue_token(
    *,
    person: User,
    name: str = "",
    scopes: list[str] | None = None,
    lasts: dt.timedelta = TOKEN_LASTS,
    proved_twice: bool = False,
) -> tuple[str, AccessToken]:
    """Give a person a key to the API, twelve hours unless asked otherwise; return it and its row.

    The key is shown this once; the database keeps its digest. Raises ``Malformed`` for an
    unknown scope or more than ninety days, ``Forbidden`` where the person's post demands a
    second factor and none was given.
    """
    chosen = list(scopes) if scopes is not None else list(WHOLE)
    errors = token_errors(chosen, lasts)
    if errors:
        raise Malformed(errors=errors)
    if must_prove_twice(person) and not proved_twice:
        raise Forbidden(
            _(
                "Your post decides: it asks for a second factor. Set one up on the page of your "
                "account, then send its code as otp."
            )
        )
    token = secrets.token_urlsafe(32)
    AccessToken.objects.filter(person=person, expires_at__lt=now()).delete()
    made = AccessToken.objects.create(
        person=person,
        digest=sha256(token),
        name=name.strip()[:80],
        scopes=sorted(set(chosen)),
        proved_twice=proved_twice,
        made_at=now(),
        expires_at=now() + lasts,
    )
    return token, made


def token_row(token: str) -> AccessToken | None:
    """Return the row of an active person's unexpired token, or None; note its use now and then.

    A token given without a second factor is none any more once its person's post demands one.
    """
    found = TOKEN.one(digest=sha256(token), at=now())
    if found is None or (not found.proved_twice and must_prove_twice(found.person)):
        return None
    if found.used_at is None or found.used_at < now() - SEEN_EVERY:
        AccessToken.objects.filter(pk=found.pk).update(used_at=now())
    return found


def revoke_token(*, person: User, token_id: int) -> bool:
    """End one of a person's own tokens; say whether there was one."""
    return bool(AccessToken.objects.filter(person=person, pk=token_id).delete()[0])


def choose_language(*, person: User, language: str) -> None:
    """Keep the language in which a person is spoken to, on every device.

    Raises ``Malformed`` if it is none of the mission's.
    """
    if language not in dict(settings.LANGUAGES):
        raise Malformed(errors=[FieldError("language", _("Choose one of the languages listed."))])
    person.language = language
    person.save(update_fields=["language"])

"""The session engine: Django's own, with the person beside it, sealed for the browser alone.

The row is found by a digest of what the cookie holds, and what it says is sealed with a key made
of the same. So neither the table nor a backup of it lets anybody in, or shows the words that
wait there for their writer, a link that was followed, a factor that is being set up.
"""

import datetime as dt
from typing import Any

from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.utils import timezone
from django.utils.functional import cached_property

from access.models import Session
from access.sealing import InvalidToken, key_of, opened_with, sealed_with
from common.canonical import sha256

PERSON = "_auth_user_id"
DEVICE = "device"
BEGAN = "began"
SEEN = "seen"


class SessionStore(DatabaseSessions):
    """Keep sessions where one statement ends all of a person's."""

    def encode(self, session_dict: dict[str, Any]) -> str:
        return sealed_with(key_of(self.session_key or ""), super().encode(session_dict))

    def decode(self, session_data: str) -> dict[str, Any]:
        """Return what the session says; nothing where it was not sealed with this key."""
        try:
            return dict(super().decode(opened_with(key_of(self.session_key or ""), session_data)))
        except InvalidToken:
            return {}

    @classmethod
    def get_model_class(cls) -> Any:
        return Session

    @cached_property
    def model(self) -> Any:
        return Session

    def _get_session_from_db(self) -> Any:
        try:
            return Session.objects.get(
                session_key=sha256(self.session_key or ""), expire_date__gt=timezone.now()
            )
        except Session.DoesNotExist:
            self._session_key = None
            return None

    def exists(self, session_key: str) -> bool:
        return Session.objects.filter(session_key=sha256(session_key)).exists()

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        at = timezone.now()
        if PERSON in data and BEGAN not in data:
            data[BEGAN] = data[SEEN] = int(at.timestamp())
        began = data.get(BEGAN)
        return Session(
            session_key=sha256(self._get_or_create_session_key()),  # type: ignore[attr-defined]
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
            person_id=data.get(PERSON),
            device=str(data.get(DEVICE, ""))[:200],
            began_at=dt.datetime.fromtimestamp(began, dt.UTC) if began else None,
            seen_at=at,
        )

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            Session.objects.filter(session_key=sha256(key)).delete()

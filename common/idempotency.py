"""The same call twice is one deed (``Idempotency-Key``)."""

import hashlib
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from common.adding import add, change
from common.clock import now
from common.errors import FieldError, Incomplete, NotNow
from common.models import IdempotentAnswer

HEADER = "Idempotency-Key"
KEPT_HEADERS = ("ETag", "Location")


def _digest(request: Request) -> str:
    """Digest what was sent: the body, or the fields and files of a multipart one."""
    digest = hashlib.sha256()
    if request.content_type and request.content_type.startswith("multipart/"):
        for name in sorted(request.POST):
            digest.update(f"{name}={request.POST.getlist(name)}".encode())
        for name in sorted(request.FILES):
            upload = request.FILES[name]
            digest.update(f"{name}:{upload.name}".encode())
            for chunk in upload.chunks():
                digest.update(chunk)
            upload.seek(0)
    else:
        digest.update(request._request.body)
    return digest.hexdigest()


class IdempotentPosts:
    """Mix into an API view: a POST with an ``Idempotency-Key`` is done once.

    The key is claimed and the deed done in one transaction, so a killed process leaves
    neither. Two at once: the second waits for the first and gets its answer. The same
    key with another body raises ``Incomplete`` (422). A refused call claims nothing.
    What ``not_kept`` names, a secret shown once, is in the first answer alone.
    """

    not_kept: tuple[str, ...] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Read the raw body first, or a later parser would leave nothing to digest."""
        if request.headers.get(HEADER) and not request.content_type.startswith("multipart/"):
            request._request.body  # noqa: B018 - reading it keeps it
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        key = request.headers.get(HEADER, "")
        if request.method != "POST" or not key:
            return
        if len(key) > 200:
            raise Incomplete(
                errors=[
                    FieldError(HEADER, _("Use a key of at most 200 characters, such as a UUID."))
                ]
            )
        name = request.method.lower()
        handler = getattr(self, name)

        def once(request: Request, *args: Any, **kwargs: Any) -> Response:
            return _once(handler, key, self.not_kept, request, *args, **kwargs)

        setattr(self, name, once)


def _once(
    handler: Any,
    key: str,
    not_kept: tuple[str, ...],
    request: Request,
    *args: Any,
    **kwargs: Any,
) -> Response:
    body_digest = _digest(request)
    mine = {"person": request.user, "path": request.path[:300], "key": key}
    try:
        with transaction.atomic():
            claimed = IdempotentAnswer(**mine, body_digest=body_digest, made_at=now())
            add([claimed])
            response = handler(request, *args, **kwargs)
            claimed.status = response.status_code
            claimed.answer = response.data
            if not_kept and isinstance(response.data, dict):
                kept = response.data.items()
                claimed.answer = {name: said for name, said in kept if name not in not_kept}
            claimed.headers = {
                header: response[header] for header in KEPT_HEADERS if header in response
            }
            change(claimed, ["status", "answer", "headers"])
            return response
    except IntegrityError as error:
        if "idempotency_key_is_used_once" not in str(error):
            raise
    first = IdempotentAnswer.objects.get(**mine)
    if first.body_digest != body_digest:
        raise Incomplete(
            errors=[FieldError(HEADER, _("This key was used for another body: take a new one."))]
        )
    if first.status is None:
        raise NotNow(_("The first call with this key is still under way; ask again in a moment."))
    return Response(first.answer, status=first.status, headers=first.headers)

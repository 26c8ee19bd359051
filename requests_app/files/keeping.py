"""Keeping a checked file beside a request, within what one record and one person may hold."""

import datetime as dt
import hashlib
from contextlib import suppress
from pathlib import PurePath
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Count, QuerySet, Sum
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import NotNow
from missions.models import User
from requests_app.files.checking import Sound, check_file
from requests_app.models import AssistanceRequest, Attachment

# So much lies beside one record, and comes from one person in twenty-four hours.
MOST_FILES, MOST_MEGABYTES = 200, 300
MOST_FILES_A_DAY, MOST_MEGABYTES_A_DAY = 300, 500
DAY = dt.timedelta(hours=24)


def _is_full(kept: QuerySet[Attachment], more: int, files: int, megabytes: int) -> bool:
    told = kept.aggregate(count=Count("pk"), size=Sum("size"))
    return told["count"] >= files or (told["size"] or 0) + more > megabytes * 1048576


def _check_room(rfa: AssistanceRequest, actor: User, more: int) -> None:
    """Refuse what would fill the record, or the server: nobody keeps the disk from others."""
    if _is_full(Attachment.objects.filter(rfa=rfa), more, MOST_FILES, MOST_MEGABYTES):
        raise NotNow(
            _(
                "At most %(files)s files of together %(megabytes)s MB lie beside one request: "
                "put what belongs together into one file."
            )
            % {"files": MOST_FILES, "megabytes": MOST_MEGABYTES}
        )
    today = Attachment.objects.filter(added_by=actor, added_at__gt=now() - DAY)
    if _is_full(today, more, MOST_FILES_A_DAY, MOST_MEGABYTES_A_DAY):
        raise NotNow(
            _(
                "You attached %(files)s files or %(megabytes)s MB within a day, the most that is "
                "taken: go on tomorrow."
            )
            % {"files": MOST_FILES_A_DAY, "megabytes": MOST_MEGABYTES_A_DAY}
        )


def keep_file(
    *,
    rfa: AssistanceRequest,
    actor: User,
    upload: UploadedFile | Sound | None,
    caption: str = "",
) -> Attachment:
    """Keep a file beside a request, under a name of our own, with the SHA-256 of what is kept.

    A file that was checked before the record was locked is not checked again. Raises
    ``Malformed`` for a file that is not taken in, ``NotNow`` where there is no room for it.
    """
    sound = upload if isinstance(upload, Sound) else check_file(upload)
    _check_room(rfa, actor, len(sound.content))
    key: Any = uuid4()
    attachment = Attachment(
        id=key,
        rfa=rfa,
        name=sound.name,
        caption=caption[:200],
        media_type=sound.media_type,
        size=len(sound.content),
        digest=hashlib.sha256(sound.content).hexdigest(),
        added_by=actor,
        added_at=now(),
    )
    ending = PurePath(sound.name).suffix.lower()
    _write(attachment, f"{key}{ending}", sound.content)
    attachment.save(force_insert=True)
    return attachment


def _write(attachment: Attachment, name: str, content: bytes) -> None:
    """Write the file whole, or leave nothing of it, as where the disk is full."""
    path = attachment.file.field.generate_filename(attachment, name)
    try:
        attachment.file.save(name, ContentFile(content), save=False)
    except OSError:
        with suppress(OSError):
            default_storage.delete(path)
        raise

"""Files and messages beside a record, as pages show them."""

from collections.abc import Iterable
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from approvals.queries import files_of, is_of_who_asks, shows_who_asks
from common.serving import SHOWN
from missions.models import Post, User
from requests_app.models import AssistanceRequest, Attachment, Message

# A picture up to this size is drawn with the page; a larger one when its reader asks.
LIGHT = 40 * 1024


def _is_shown(rfa: AssistanceRequest, person: User, post: Post | None = None) -> bool:
    return shows_who_asks(rfa) or not is_of_who_asks(rfa, person, post)


def named_on(rfa: AssistanceRequest, person: User, post: Post | None = None) -> str:
    """Name who wrote or sent something; a low-profile requester not (R22)."""
    return person.name if _is_shown(rfa, person, post) else str(_("the requester"))


def files_for_page(
    rfa: AssistanceRequest, files: Iterable[Attachment] | None = None
) -> list[dict[str, Any]]:
    """List a record's files, or some of them, with the addresses they are served from."""
    return [
        {
            "name": kept.name,
            "caption": kept.caption,
            "url": reverse("approvals:file", args=[kept.pk]),
            "sign": _sign(kept.media_type),
            "picture": kept.media_type in SHOWN,
            "light": kept.size <= LIGHT,
            "size": kept.size,
            "sha256": kept.digest,
            "by": named_on(rfa, kept.added_by),
            "at": kept.added_at,
        }
        for kept in (files_of(rfa) if files is None else files)
    ]


def _sign(media_type: str) -> str:
    if media_type in SHOWN:
        return "image"
    return "file-text" if media_type == "application/pdf" else "paperclip"


def thread_for_page(rfa: AssistanceRequest, said: Iterable[Message]) -> list[dict[str, Any]]:
    """List messages that somebody may read, as pages show them; the mission's own say so."""
    return [
        {
            "by": named_on(rfa, message.by, message.post),
            "post": message.post.title
            if message.post and _is_shown(rfa, message.by, message.post)
            else "",
            "at": message.at,
            "text": message.text,
            "internal": message.internal,
            "audience_label": _("Internal: the requester does not see it"),
        }
        for message in said
    ]

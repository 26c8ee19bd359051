"""Files and messages beside a request."""

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from approvals import policy
from approvals.services.telling import own_standing
from common.canonical import sha256
from common.clock import now
from common.errors import FieldError, Incomplete
from ledger.services import append
from missions.models import User
from requests_app.files import keep_file
from requests_app.models import AssistanceRequest, Attachment, Message
from requests_app.policy import is_own
from requests_app.services import locked


@transaction.atomic
def attach(
    *,
    rfa: AssistanceRequest,
    actor: User,
    upload: UploadedFile | None,
    caption: str = "",
) -> Attachment:
    """Keep a file beside a request. Raises ``Forbidden``, ``NotNow`` or ``Malformed``."""
    rfa = locked(rfa)
    policy.may_speak(actor, rfa).enforce()
    kept = keep_file(rfa=rfa, actor=actor, upload=upload, caption=caption)
    append(
        chain_id=rfa.pk,
        act="file.attached",
        actor=actor,
        standing=own_standing(actor, rfa),
        payload={"file": str(kept.pk), "name": kept.name, "size": kept.size, "sha256": kept.digest},
    )
    return kept


@transaction.atomic
def say(*, rfa: AssistanceRequest, actor: User, text: str, internal: bool = False) -> Message:
    """Say something about a request, to all who see it or among the mission's posts alone.

    Raises ``Incomplete`` without a text, ``Forbidden`` if a partner would speak inside the
    mission.
    """
    rfa = locked(rfa)
    policy.may_speak(actor, rfa).enforce()
    if not text.strip():
        raise Incomplete(errors=[FieldError("text", "Write the message.")])
    policy.may_speak_inside(actor, internal).enforce()
    standing = own_standing(actor, rfa)
    message = Message.objects.create(
        rfa=rfa,
        text=text.strip(),
        internal=internal,
        by=actor,
        post=standing.post if standing else None,
        at=now(),
    )
    append(
        chain_id=rfa.pk,
        act="message.said",
        actor=actor,
        standing=standing,
        payload={
            "message": str(message.pk),
            "internal": internal,
            "text_sha256": sha256(message.text),
            "own": is_own(actor, rfa),
        },
    )
    return message

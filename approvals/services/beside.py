"""Files beside a request."""

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from approvals import policy
from approvals.services.telling import own_standing
from ledger.services import append
from missions.models import User
from requests_app.files import Sound, check_file, keep_file
from requests_app.models import AssistanceRequest, Attachment
from requests_app.services import locked


def attach(
    *,
    rfa: AssistanceRequest,
    actor: User,
    upload: UploadedFile | None,
    caption: str = "",
) -> Attachment:
    """Keep a file beside a request. Raises ``Forbidden``, ``NotNow`` or ``Malformed``.

    It is checked before the record is locked: a picture or a scanner keeps nobody waiting.
    """
    policy.may_speak(actor, rfa).enforce()
    sound = check_file(upload)
    return _kept(rfa=rfa, actor=actor, sound=sound, caption=caption)


@transaction.atomic
def _kept(*, rfa: AssistanceRequest, actor: User, sound: Sound, caption: str) -> Attachment:
    rfa = locked(rfa)
    policy.may_speak(actor, rfa).enforce()
    kept = keep_file(rfa=rfa, actor=actor, upload=sound, caption=caption)
    append(
        chain_id=rfa.pk,
        act="file.attached",
        actor=actor,
        standing=own_standing(actor, rfa),
        payload={"file": str(kept.pk), "name": kept.name, "size": kept.size, "sha256": kept.digest},
    )
    return kept

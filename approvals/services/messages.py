"""Saying something about a request, openly or inside the mission, and naming who should read it."""

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from approvals import policy
from approvals.queries.mentions import (
    codes_named,
    posts_named,
    readers_among,
)
from approvals.services.telling import own_standing
from common.canonical import sha256
from common.clock import now
from common.errors import FieldError, Incomplete, Malformed
from ledger.services import append
from missions.models import User
from requests_app.models import AssistanceRequest, Message
from requests_app.policy import is_own
from requests_app.services import locked

MOST_NAMED = 20


@transaction.atomic
def say(
    *,
    rfa: AssistanceRequest,
    actor: User,
    text: str,
    internal: bool = False,
    mentions: Iterable[str] = (),
) -> Message:
    """Say something about a request, to all who see it or among the mission's posts alone.

    ``@post-code`` in the text, or a code in ``mentions``, names a post; what is picked is written
    into the text, so that the record shows whom it was meant for. The entry keeps the people who
    are told. Raises ``Incomplete`` without a text, ``Forbidden`` if a partner or the requester
    would speak inside the mission, ``Malformed`` for each post that may not read the message.
    """
    rfa = locked(rfa)
    policy.may_speak(actor, rfa).enforce()
    if not text.strip():
        raise Incomplete(errors=[FieldError("text", _("Write the message."))])
    if internal:
        policy.may_speak_inside(actor, rfa).enforce()
    written = codes_named(text)
    picked = [code for code in dict.fromkeys(map(str.lower, mentions)) if code not in written]
    named = people_named(rfa=rfa, actor=actor, codes=picked + written, internal=internal)
    standing = own_standing(actor, rfa)
    message = Message.objects.create(
        rfa=rfa,
        text=" ".join([*(f"@{code}" for code in picked), text.strip()]),
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
            **({"mentions": [person.pk for person in named]} if named else {}),
        },
    )
    return message


def people_named(
    *, rfa: AssistanceRequest, actor: User, codes: list[str], internal: bool
) -> list[User]:
    """Return who is told of a message that names posts: who may see the record and this message.

    One refusal covers a post that is not there, one that nobody holds and one that may not read it:
    otherwise asking would tell who sees what, or who a low-profile requester is (P39, R22).
    """
    if len(codes) > MOST_NAMED:
        raise Malformed(
            errors=[FieldError("text", _("Name at most %(most)s posts.") % {"most": MOST_NAMED})]
        )
    posts = posts_named(rfa, codes)
    found: dict[int, User] = {}
    wrong = []
    for code in codes:
        post = posts.get(code)
        readers = readers_among(rfa, post, internal=internal) if post else []
        found |= {person.pk: person for person in readers}
        if not readers:
            wrong.append(code)
    if wrong:
        names = ", ".join(f"@{code}" for code in wrong)
        raise Malformed(
            errors=[
                FieldError(
                    "text",
                    _(
                        "Nobody at %(names)s may read this message: it was not sent. Leave "
                        "the name out, or name another post."
                    )
                    % {"names": names},
                )
            ]
        )
    found.pop(actor.pk, None)
    return list(found.values())

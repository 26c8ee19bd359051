"""Weighing a look-alike: a duplicate, complementary, or distinct (P30)."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from approvals import policy
from approvals.models import LookAlikeFinding
from approvals.vocabulary import LookAlikeWord
from common.clock import now
from common.errors import FieldError, Malformed
from ledger.services import append
from missions.models import User
from missions.queries import standing_as
from missions.vocabulary import UN_CIMIC
from requests_app.look_alikes import compared
from requests_app.models import AssistanceRequest
from requests_app.services import locked

LONGEST = 4000


@transaction.atomic
def weigh_look_alike(
    *, rfa: AssistanceRequest, other: AssistanceRequest, actor: User, word: Any, remark: Any = ""
) -> LookAlikeFinding:
    """Say what a look-alike is, beside the score and reasons as they stood. It blocks nothing.

    ``other`` is a request that the actor may see. Raises ``Forbidden`` outside UN-CIMIC,
    ``NotNow`` for a draft or closed request, ``Malformed`` with everything that is wrong.
    """
    rfa = locked(rfa)
    policy.may_weigh(actor, rfa).enforce()
    errors = []
    if word not in LookAlikeWord.values:
        known = ", ".join(LookAlikeWord.values)
        errors.append(FieldError("word", _("Answer one of: %(known)s.") % {"known": known}))
    if not isinstance(remark or "", str) or len(remark or "") > LONGEST:
        errors.append(
            FieldError(
                "remark", _("Send a text of at most %(longest)s characters.") % {"longest": LONGEST}
            )
        )
    if other.pk == rfa.pk or other.mission_id != rfa.mission_id:
        errors.append(FieldError("other", _("Name another request of the mission.")))
    if errors:
        raise Malformed(errors=errors)
    alike = compared(rfa, other)
    standing = standing_as(actor, *UN_CIMIC, route=rfa.route)
    found = LookAlikeFinding.objects.create(
        rfa=rfa,
        other=other,
        word=word,
        remark=(remark or "").strip(),
        score=alike.score,
        reasons=alike.reasons,
        by=actor,
        post=standing.post if standing else None,
        at=now(),
    )
    append(
        chain_id=rfa.pk,
        act="look_alike.weighed",
        actor=actor,
        standing=standing,
        payload={
            "other": str(other.pk),
            "word": found.word,
            "remark": found.remark,
            "score": str(found.score),
        },
    )
    return found

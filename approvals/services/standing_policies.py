"""The Designated Official's standing policies for security support (P39)."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from approvals import policy
from approvals.models import StandingPolicy
from common.clock import now
from common.errors import FieldError, Malformed, NotNow
from ledger.services import append, chain_of_mission
from missions.calendar import local_day
from missions.models import Mission, User
from missions.queries import standing_as
from missions.vocabulary import Role


@transaction.atomic
def adopt_standing_policy(*, actor: User, values: dict[str, Any]) -> StandingPolicy:
    """Adopt a standing policy, to be cited by code in decisions from its first day.

    ``values`` are those of ``StandingPolicyForm``. Raises ``Forbidden`` for anybody but the
    Designated Official, ``Malformed`` if the code is taken.
    """
    policy.may_adopt_standing_policy(actor).enforce()
    standing = standing_as(actor, Role.DESIGNATED_OFFICIAL)
    if standing is None:
        raise ValueError("Whoever may adopt a policy has a standing.")
    mission = Mission.objects.select_for_update().get(pk=standing.post.mission_id)
    if StandingPolicy.objects.filter(mission=mission, code__iexact=values["code"]).exists():
        raise Malformed(
            errors=[FieldError("code", _("A standing policy of this code is there already."), "39")]
        )
    adopted = StandingPolicy.objects.create(
        mission=mission,
        adopted_by=actor,
        adopted_post=standing.post,
        adopted_at=now(),
        **values,
    )
    append(
        chain_id=chain_of_mission(mission),
        act="standing_policy.adopted",
        actor=actor,
        standing=standing,
        payload={"policy": adopted.pk, **values},
    )
    return adopted


@transaction.atomic
def end_standing_policy(*, actor: User, named: StandingPolicy, until_on: dt.date) -> StandingPolicy:
    """Give a standing policy its last day. Raises ``Forbidden``, ``NotNow``, ``Malformed``."""
    policy.may_adopt_standing_policy(actor).enforce()
    kept = StandingPolicy.objects.select_for_update().get(pk=named.pk)
    today = local_day(kept.mission)
    if kept.until_on is not None and kept.until_on < today:
        raise NotNow(
            _("%(kept)s has ended on %(until_on)s already.")
            % {"kept": kept, "until_on": date_format(kept.until_on, "SHORT_DATE_FORMAT")}
        )
    if until_on < max(today, kept.from_on):
        raise Malformed(errors=[FieldError("until_on", _("Give today, or a later day."))])
    kept.until_on = until_on
    kept.save(update_fields=["until_on"])
    append(
        chain_id=chain_of_mission(kept.mission),
        act="standing_policy.ended",
        actor=actor,
        standing=standing_as(actor, Role.DESIGNATED_OFFICIAL),
        payload={"policy": kept.pk, "code": kept.code, "until_on": until_on},
    )
    return kept

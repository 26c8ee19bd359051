"""Setting the mission's geographic and thematic priorities, to be reviewed by a day (P34)."""

import datetime as dt
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from approvals import policy
from approvals.models import Priority, PrioritySet
from approvals.policy.priorities import SETS_PRIORITIES
from common.clock import now
from common.errors import FieldError, Malformed
from ledger.services import append, chain_of_mission
from missions.calendar import local_day
from missions.models import Area, Mission, User
from missions.queries import standing_as
from requests_app.vocabulary import Category

MOST = 30
LONGEST = 300


def _texts(said: Any) -> list[str] | None:
    if said in (None, ""):
        return []
    if not isinstance(said, list) or not all(isinstance(one, str) for one in said):
        return None
    return said


def _one(number: int, said: Any, known: set[str]) -> tuple[dict[str, Any], list[FieldError]]:
    """Read one priority: its words, and the areas or categories that it names."""
    place = f"priorities.{number}"
    if not isinstance(said, dict):
        return {}, [FieldError(place, _("Send an object with text, areas and categories."))]
    errors = []
    text = said.get("text")
    if not isinstance(text, str) or not text.strip() or len(text) > LONGEST:
        errors.append(
            FieldError(
                f"{place}.text", _("Say it in 1 to %(longest)s characters.") % {"longest": LONGEST}
            )
        )
        text = ""
    areas, categories = _texts(said.get("areas")), _texts(said.get("categories"))
    if areas is None or set(areas) - known:
        wrong = ", ".join(sorted(set(areas or []) - known))
        errors.append(
            FieldError(
                f"{place}.areas",
                _("Name areas by their p-codes; not: %(wrong)s.") % {"wrong": wrong},
            )
        )
    if categories is None or set(categories) - set(Category.values):
        errors.append(FieldError(f"{place}.categories", _("Name categories of requests.")))
    if not errors and not areas and not categories:
        errors.append(FieldError(place, _("Name at least one area or one category.")))
    return {
        "text": text.strip(),
        "pcodes": sorted(set(areas or [])),
        "categories": sorted(set(categories or [])),
    }, errors


def read_priorities(mission: Mission, said: Any) -> list[dict[str, Any]]:
    """Return the priorities as they are kept; raise ``Malformed`` with everything wrong."""
    if not isinstance(said, list) or not said or len(said) > MOST:
        raise Malformed(
            errors=[
                FieldError(
                    "priorities",
                    _("Send a list of 1 to %(most)s priorities.") % {"most": MOST},
                    "34",
                )
            ]
        )
    known = set(Area.objects.filter(mission=mission).values_list("pcode", flat=True))
    read = [_one(number, one, known) for number, one in enumerate(said)]
    errors = [error for _values, found in read for error in found]
    if errors:
        raise Malformed(errors=errors)
    return [values for values, _errors in read]


@transaction.atomic
def set_priorities(
    *,
    actor: User,
    title: str,
    in_force_from: dt.date,
    review_on: dt.date,
    priorities: Any,
) -> PrioritySet:
    """Set the mission's priorities from a day, today or later, to be reviewed by another.

    Earlier sets stay: a request is weighed by the one in force when it was submitted.
    Raises ``Forbidden``, or ``Malformed`` with everything that is wrong.
    """
    policy.may_set_priorities(actor).enforce()
    standing = standing_as(actor, *SETS_PRIORITIES)
    if standing is None:
        raise ValueError("Whoever may set priorities has a standing.")
    mission = Mission.objects.select_for_update().get(pk=standing.post.mission_id)
    errors = []
    if in_force_from < local_day(mission):
        errors.append(FieldError("in_force_from", _("Begin today or later."), "34"))
    if review_on <= in_force_from:
        errors.append(FieldError("review_on", _("The review must come after the first day."), "34"))
    if PrioritySet.objects.filter(mission=mission, in_force_from=in_force_from).exists():
        errors.append(
            FieldError("in_force_from", _("Priorities from that day are set already."), "34")
        )
    try:
        read = read_priorities(mission, priorities)
    except Malformed as refusal:
        raise Malformed(errors=errors + refusal.errors) from refusal
    if errors:
        raise Malformed(errors=errors)
    made = PrioritySet.objects.create(
        mission=mission,
        title=title,
        in_force_from=in_force_from,
        review_on=review_on,
        set_by=actor,
        set_post=standing.post,
        set_at=now(),
    )
    Priority.objects.bulk_create(
        Priority(of=made, number=number, **values) for number, values in enumerate(read, start=1)
    )
    append(
        chain_id=chain_of_mission(mission),
        act="priorities.set",
        actor=actor,
        standing=standing,
        payload={
            "set": made.pk,
            "title": title,
            "in_force_from": in_force_from,
            "review_on": review_on,
            "priorities": read,
        },
    )
    return made

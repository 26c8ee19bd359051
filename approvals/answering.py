"""What an answer must say, seat by seat. One check for page and API."""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from approvals.models import Step
from approvals.queries import standing_policies_on
from approvals.vocabulary import (
    APPROVALS,
    NEEDS_CONDITIONS,
    NEEDS_REMARKS,
    ClusterPlan,
    Criterion,
    SeatKind,
    Verified,
    Word,
)
from common.errors import FieldError, Incomplete, Malformed
from missions.calendar import local_day
from missions.queries import unit_called
from missions.vocabulary import Role
from requests_app.models import AssistanceRequest

LONGEST = 20_000
LONGEST_NAME = 200
MOST_TEXTS = 100

# What an answer may say beside its word, and at which seat; the rest is named and not kept.
SAID = frozenset({"answer", "revision", "remarks", "conditions", "details"})
DETAILS_OF: dict[str, frozenset[str]] = {
    SeatKind.REVIEW: frozenset({"verified", "verified_by", "verified_on"}),
    SeatKind.ADVICE: frozenset({"cluster_plan"}),
    SeatKind.CAPABILITY: frozenset({"appropriate", "resourceable"}),
    SeatKind.BOARD: frozenset({"members", "minutes"}),
}
WEIGHED = frozenset({"criteria", "priority", "standing_policy"})
TASKED = frozenset({"unit", "start_on", "end_on"})
WHO_VERIFIED = ("verified_by", "verified_on")


def _a_text() -> str:
    return _("Send a text of at most %(longest)s characters.") % {"longest": LONGEST}


def _known_details(step: Step, word: Any) -> frozenset[str]:
    """Name the details that a seat is asked for with a word."""
    if step.seat_kind == SeatKind.DECISION:
        weighs = step.role == Role.DESIGNATED_OFFICIAL and word != Word.RETURN
        return WEIGHED if weighs else frozenset()
    if step.seat_kind == SeatKind.TASKING:
        return TASKED if word == Word.ACCEPT else frozenset()
    return DETAILS_OF.get(step.seat_kind, frozenset())


def _kept_of(step: Step, word: Any, details: dict[str, Any]) -> dict[str, Any]:
    """Return the details that are kept with an answer: what its seat is asked for, if said."""
    known = _known_details(step, word)
    kept = {
        name: value
        for name, value in details.items()
        if name in known and value is not None and value != ""
    }
    if isinstance(kept.get("criteria"), dict):
        kept["criteria"] = {
            name: {part: weighed[part] for part in ("met", "reason") if part in weighed}
            if isinstance(weighed, dict)
            else weighed
            for name, weighed in kept["criteria"].items()
            if name in Criterion.values
        }
    return kept


def ignored_in(step: Step, body: dict[str, Any]) -> list[str]:
    """Name what of an answer's body no seat, or not this one, is asked for: it is not kept."""
    found = [name for name in body if name not in SAID]
    details = body.get("details")
    if not isinstance(details, dict):
        return sorted(found)
    known = _known_details(step, body.get("answer"))
    found += [f"details.{name}" for name in details if name not in known]
    criteria = details.get("criteria") if "criteria" in known else None
    for name, weighed in criteria.items() if isinstance(criteria, dict) else ():
        if name not in Criterion.values:
            found.append(f"details.criteria.{name}")
        elif isinstance(weighed, dict):
            more = [part for part in weighed if part not in ("met", "reason")]
            found += [f"details.criteria.{name}.{part}" for part in more]
    return sorted(found)


def _one_of(details: dict[str, Any], name: str, words: list[str]) -> list[FieldError]:
    said = details.get(name)
    if said is not None and said not in words:
        return [
            FieldError(
                f"details.{name}", _("Answer one of: %(words)s.") % {"words": ", ".join(words)}
            )
        ]
    return []


def _flags(details: dict[str, Any], *names: str) -> list[FieldError]:
    return [
        FieldError(f"details.{name}", _("Answer true or false."))
        for name in names
        if details.get(name) is not None and not isinstance(details[name], bool)
    ]


def _verification(rfa: AssistanceRequest, details: dict[str, Any]) -> list[FieldError]:
    """How the need was verified and, if one likes, by whom and on which day (R22)."""
    wrong = _one_of(details, "verified", list(Verified.values))
    by = details.get("verified_by")
    if by is not None and not (isinstance(by, str) and len(by) <= LONGEST_NAME):
        wrong.append(
            FieldError(
                "details.verified_by",
                _("Send a name of at most %(longest)s characters.") % {"longest": LONGEST_NAME},
            )
        )
    day, errors = _day(details, "verified_on")
    wrong += errors
    if day is not None:
        details["verified_on"] = day.isoformat()
        if day > local_day(rfa.mission):
            wrong.append(FieldError("details.verified_on", _("This day is still to come."), "R22"))
    if details.get("verified") in {None, Verified.NOT_VERIFIED} and any(
        name in details for name in WHO_VERIFIED
    ):
        words = ", ".join([Verified.ON_SITE, Verified.REPORTED])
        wrong.append(
            FieldError(
                "details.verified",
                _("Say how the need was verified: %(known)s.") % {"known": words},
                "R22",
            )
        )
    return wrong


def _capability(rfa: AssistanceRequest, details: dict[str, Any]) -> list[FieldError]:
    """For mission assets two questions are answered apart: appropriate, resourceable (P38)."""
    if not rfa.assets.exists():
        return []
    asked = {
        "appropriate": _("Is it appropriate to lend these assets? Answer true or false."),
        "resourceable": _("Can it be resourced within the mission's capability? True or false."),
    }
    return [
        FieldError(f"details.{name}", question, "38")
        for name, question in asked.items()
        if details.get(name) is None
    ]


def _is_text(said: Any) -> bool:
    return isinstance(said, str) and len(said) <= LONGEST


def _are_texts(said: Any) -> bool:
    return isinstance(said, list) and len(said) <= MOST_TEXTS and all(map(_is_text, said))


def _board(
    rfa: AssistanceRequest, details: dict[str, Any]
) -> tuple[list[FieldError], list[FieldError]]:
    """Who was present, as many as the mission's quorum asks, and what was weighed."""
    wrong, missing = [], []
    members, minutes = details.get("members", []), details.get("minutes", "")
    if not _are_texts(members):
        wrong.append(FieldError("details.members", _("Send the members as a list of names.")))
    elif not (named := {name.strip().casefold() for name in members if name.strip()}):
        missing.append(FieldError("details.members", _("Name the members who were present.")))
    elif len(named) < rfa.mission.board_quorum:
        missing.append(
            FieldError(
                "details.members",
                _("The committee needs %(board_quorum)s members present; you named %(named)s.")
                % {"board_quorum": rfa.mission.board_quorum, "named": len(named)},
            )
        )
    if not _is_text(minutes):
        wrong.append(FieldError("details.minutes", _a_text()))
    elif not minutes.strip():
        missing.append(FieldError("details.minutes", _("Give the minutes: what was weighed.")))
    return wrong, missing


def _standing_policy(rfa: AssistanceRequest, details: dict[str, Any]) -> list[FieldError]:
    """A standing policy is cited by its code, and must stand today (P39)."""
    code = details.get("standing_policy")
    if code is None:
        return []
    standing = standing_policies_on(rfa.mission)
    cited = standing.filter(code__iexact=code).first() if _is_text(code) else None
    if cited is None:
        known = ", ".join(standing.values_list("code", flat=True)) or "none"
        return [
            FieldError(
                "details.standing_policy",
                _("Cite one that stands today: %(known)s.") % {"known": known},
                "39",
            )
        ]
    details["standing_policy"] = cited.code
    return []


def _criteria(
    rfa: AssistanceRequest, details: dict[str, Any], word: str
) -> tuple[list[FieldError], list[FieldError]]:
    """The guidance's four criteria one by one, each with its reason; a priority (P39)."""
    wrong, missing = _standing_policy(rfa, details), []
    criteria = details.get("criteria") or {}
    if not isinstance(criteria, dict):
        wrong.append(FieldError("details.criteria", _("Send the four criteria as an object.")))
    for criterion in Criterion if isinstance(criteria, dict) else ():
        name = f"details.criteria.{criterion}"
        weighed = criteria.get(criterion.value)
        if not isinstance(weighed, dict) or weighed.get("met") is None:
            missing.append(
                FieldError(
                    name,
                    _("%(criterion)s: met or not, and why.") % {"criterion": criterion.label},
                    "39",
                )
            )
        elif not isinstance(weighed["met"], bool):
            wrong.append(FieldError(f"{name}.met", _("Answer true or false.")))
        elif not _is_text(weighed.get("reason") or ""):
            wrong.append(FieldError(f"{name}.reason", _a_text()))
        elif not (weighed.get("reason") or "").strip():
            missing.append(
                FieldError(
                    f"{name}.reason",
                    _("%(criterion)s: say why.") % {"criterion": criterion.label},
                    "39",
                )
            )
    priority = details.get("priority")
    if priority is None and word in APPROVALS:
        missing.append(
            FieldError("details.priority", _("Give a priority from 1 (first) to 4."), "39")
        )
    elif priority is not None and (
        isinstance(priority, bool) or not isinstance(priority, int) or priority not in range(1, 5)
    ):
        wrong.append(FieldError("details.priority", _("Give a whole number from 1 to 4.")))
    return wrong, missing


def _day(details: dict[str, Any], name: str) -> tuple[dt.date | None, list[FieldError]]:
    said = details.get(name)
    if said is None or said == "":
        return None, []
    if isinstance(said, dt.date):
        return said, []
    try:
        day = parse_date(said) if isinstance(said, str) else None
    except ValueError:
        day = None
    if day is None or not 2000 <= day.year <= 2100:
        return None, [FieldError(f"details.{name}", _("Write the day as YYYY-MM-DD."))]
    return day, []


def _tasking(
    rfa: AssistanceRequest, details: dict[str, Any]
) -> tuple[list[FieldError], list[FieldError]]:
    """Who does it, from when to when."""
    wrong, missing = [], []
    word = details.get("unit")
    if not word:
        missing.append(FieldError("details.unit", _("Name the unit that is tasked.")))
    else:
        unit = unit_called(rfa.mission_id, str(word))
        if unit is None:
            known = ", ".join(rfa.mission.units.values_list("code", flat=True))
            wrong.append(
                FieldError(
                    "details.unit",
                    _("“%(word)s” is no unit of this mission. Known: %(known)s.")
                    % {"word": word, "known": known},
                )
            )
        else:
            details["unit"] = unit.code
    days = {}
    for name, what in (("start_on", "first"), ("end_on", "last")):
        days[name], errors = _day(details, name)
        wrong += errors
        if not errors and days[name] is None:
            missing.append(
                FieldError(
                    f"details.{name}", _("Give the %(what)s day of the task.") % {"what": what}
                )
            )
    first, last = days["start_on"], days["end_on"]
    if first and last and last < first:
        wrong.append(FieldError("details.end_on", _("The end cannot be before the start.")))
    details.update({name: day.isoformat() for name, day in days.items() if day})
    return wrong, missing


def _read_conditions(conditions: Any) -> tuple[list[str], list[FieldError]]:
    if conditions is None:
        return [], []
    if not _are_texts(conditions):
        return [], [
            FieldError(
                "conditions",
                _(
                    "Send the conditions as a list of at most %(most_texts)s texts, each of "
                    "at most %(longest)s characters."
                )
                % {"most_texts": MOST_TEXTS, "longest": LONGEST},
            )
        ]
    return [text.strip() for text in conditions if text.strip()], []


def read_answer(
    *,
    step: Step,
    rfa: AssistanceRequest,
    word: Any,
    remarks: Any,
    conditions: Any,
    details: Any,
    lacking: Iterable[FieldError] = (),
) -> tuple[Word, str, list[str], dict[str, Any]]:
    """Return an answer's word, remarks, conditions and details, read and complete.

    Details that the seat is not asked for are left out (``ignored_in`` names them).
    ``lacking`` is what was found missing before. Raises ``Malformed`` for what cannot be read
    and ``Incomplete`` for what the seat requires and is not there; each lists everything.
    """
    wrong: list[FieldError] = []
    missing: list[FieldError] = [*lacking]
    allowed = [str(allowed.value) for allowed in step.words]
    if not isinstance(word, str) or word not in allowed:
        word = ""
        wrong.append(
            FieldError("answer", _("Answer one of: %(allowed)s.") % {"allowed": ", ".join(allowed)})
        )
    if remarks is not None and not _is_text(remarks):
        wrong.append(FieldError("remarks", _a_text()))
        remarks = ""
    texts, errors = _read_conditions(conditions)
    wrong += errors
    if not isinstance(details, dict | None):
        wrong.append(FieldError("details", _("Send the details as an object.")))
        details = {}
    said = _kept_of(step, word, details or {})
    remarks = (remarks or "").strip()
    if word in NEEDS_REMARKS and not remarks:
        missing.append(
            FieldError("remarks", _("Say why, in words the requester can act on."), "41")
        )
    if word in NEEDS_CONDITIONS and not texts:
        missing.append(FieldError("conditions", _("Write the conditions, one at a time."), "68"))
    match step.seat_kind:
        case SeatKind.REVIEW:
            wrong += _verification(rfa, said)
        case SeatKind.ADVICE:
            wrong += _one_of(said, "cluster_plan", list(ClusterPlan.values))
        case SeatKind.CAPABILITY:
            wrong += _flags(said, "appropriate", "resourceable")
            missing += _capability(rfa, said)
        case SeatKind.BOARD:
            errors, needed = _board(rfa, said)
            wrong, missing = wrong + errors, missing + needed
        case SeatKind.DECISION if step.role == Role.DESIGNATED_OFFICIAL and word != Word.RETURN:
            errors, needed = _criteria(rfa, said, str(word))
            wrong, missing = wrong + errors, missing + needed
        case SeatKind.TASKING if word == Word.ACCEPT:
            errors, needed = _tasking(rfa, said)
            wrong, missing = wrong + errors, missing + needed
    if wrong:
        raise Malformed(errors=wrong + missing)
    if missing:
        raise Incomplete(errors=missing, paragraph=missing[0].paragraph)
    return Word(word), remarks, texts, said

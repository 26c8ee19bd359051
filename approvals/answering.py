"""What an answer must say, seat by seat. One check for page and API."""

import datetime as dt
from typing import Any

from django.utils.dateparse import parse_date

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
from missions.queries import unit_called
from missions.vocabulary import Role
from requests_app.models import AssistanceRequest

LONGEST = 20_000
MOST_TEXTS = 100
A_TEXT = f"Send a text of at most {LONGEST} characters."


def _one_of(details: dict[str, Any], name: str, words: list[str]) -> list[FieldError]:
    said = details.get(name)
    if said is not None and said not in words:
        return [FieldError(f"details.{name}", f"Answer one of: {', '.join(words)}.")]
    return []


def _flags(details: dict[str, Any], *names: str) -> list[FieldError]:
    return [
        FieldError(f"details.{name}", "Answer true or false.")
        for name in names
        if details.get(name) is not None and not isinstance(details[name], bool)
    ]


def _capability(rfa: AssistanceRequest, details: dict[str, Any]) -> list[FieldError]:
    """For mission assets two questions are answered apart: appropriate, resourceable (P38)."""
    if not rfa.assets.exists():
        return []
    asked = {
        "appropriate": "Is it appropriate to lend these assets? Answer true or false.",
        "resourceable": "Can it be resourced within the mission's capability? True or false.",
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
        wrong.append(FieldError("details.members", "Send the members as a list of names."))
    elif not (named := {name.strip().casefold() for name in members if name.strip()}):
        missing.append(FieldError("details.members", "Name the members who were present."))
    elif len(named) < rfa.mission.board_quorum:
        missing.append(
            FieldError(
                "details.members",
                f"The committee needs {rfa.mission.board_quorum} members present; you named "
                f"{len(named)}.",
            )
        )
    if not _is_text(minutes):
        wrong.append(FieldError("details.minutes", A_TEXT))
    elif not minutes.strip():
        missing.append(FieldError("details.minutes", "Give the minutes: what was weighed."))
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
            FieldError("details.standing_policy", f"Cite one that stands today: {known}.", "39")
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
        wrong.append(FieldError("details.criteria", "Send the four criteria as an object."))
    for criterion in Criterion if isinstance(criteria, dict) else ():
        name = f"details.criteria.{criterion}"
        weighed = criteria.get(criterion.value)
        if not isinstance(weighed, dict) or weighed.get("met") is None:
            missing.append(FieldError(name, f"{criterion.label}: met or not, and why.", "39"))
        elif not isinstance(weighed["met"], bool):
            wrong.append(FieldError(f"{name}.met", "Answer true or false."))
        elif not _is_text(weighed.get("reason") or ""):
            wrong.append(FieldError(f"{name}.reason", A_TEXT))
        elif not (weighed.get("reason") or "").strip():
            missing.append(FieldError(f"{name}.reason", f"{criterion.label}: say why.", "39"))
    priority = details.get("priority")
    if priority is None and word in APPROVALS:
        missing.append(FieldError("details.priority", "Give a priority from 1 (first) to 4.", "39"))
    elif priority is not None and (
        isinstance(priority, bool) or not isinstance(priority, int) or priority not in range(1, 5)
    ):
        wrong.append(FieldError("details.priority", "Give a whole number from 1 to 4."))
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
        return None, [FieldError(f"details.{name}", "Write the day as YYYY-MM-DD.")]
    return day, []


def _tasking(
    rfa: AssistanceRequest, details: dict[str, Any]
) -> tuple[list[FieldError], list[FieldError]]:
    """Who does it, from when to when."""
    wrong, missing = [], []
    word = details.get("unit")
    if not word:
        missing.append(FieldError("details.unit", "Name the unit that is tasked."))
    else:
        unit = unit_called(rfa.mission_id, str(word))
        if unit is None:
            known = ", ".join(rfa.mission.units.values_list("code", flat=True))
            wrong.append(
                FieldError("details.unit", f"“{word}” is no unit of this mission. Known: {known}.")
            )
        else:
            details["unit"] = unit.code
    days = {}
    for name, what in (("start_on", "first"), ("end_on", "last")):
        days[name], errors = _day(details, name)
        wrong += errors
        if not errors and days[name] is None:
            missing.append(FieldError(f"details.{name}", f"Give the {what} day of the task."))
    first, last = days["start_on"], days["end_on"]
    if first and last and last < first:
        wrong.append(FieldError("details.end_on", "The end cannot be before the start."))
    details.update({name: day.isoformat() for name, day in days.items() if day})
    return wrong, missing


def _read_conditions(conditions: Any) -> tuple[list[str], list[FieldError]]:
    if conditions is None:
        return [], []
    if not _are_texts(conditions):
        return [], [
            FieldError(
                "conditions",
                f"Send the conditions as a list of at most {MOST_TEXTS} texts, each of at most "
                f"{LONGEST} characters.",
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
) -> tuple[Word, str, list[str], dict[str, Any]]:
    """Return an answer's word, remarks, conditions and details, read and complete.

    Raises ``Malformed`` for what cannot be read and ``Incomplete`` for what the seat
    requires and is not there; each lists everything at once.
    """
    wrong: list[FieldError] = []
    missing: list[FieldError] = []
    allowed = [str(allowed.value) for allowed in step.words]
    if not isinstance(word, str) or word not in allowed:
        word = ""
        wrong.append(FieldError("answer", f"Answer one of: {', '.join(allowed)}."))
    if remarks is not None and not _is_text(remarks):
        wrong.append(FieldError("remarks", A_TEXT))
        remarks = ""
    texts, errors = _read_conditions(conditions)
    wrong += errors
    if not isinstance(details, dict | None):
        wrong.append(FieldError("details", "Send the details as an object."))
        details = {}
    said = {
        name: value for name, value in (details or {}).items() if value is not None and value != ""
    }
    remarks = (remarks or "").strip()
    if word in NEEDS_REMARKS and not remarks:
        missing.append(FieldError("remarks", "Say why, in words the requester can act on.", "41"))
    if word in NEEDS_CONDITIONS and not texts:
        missing.append(FieldError("conditions", "Write the conditions, one at a time.", "68"))
    match step.seat_kind:
        case SeatKind.REVIEW:
            wrong += _one_of(said, "verified", list(Verified.values))
        case SeatKind.ADVICE:
            wrong += _one_of(said, "cluster_plan", list(ClusterPlan.values))
        case SeatKind.CAPABILITY:
            wrong += _flags(said, "appropriate", "resourceable")
            missing += _capability(rfa, said)
        case SeatKind.BOARD:
            errors, lacking = _board(rfa, said)
            wrong, missing = wrong + errors, missing + lacking
        case SeatKind.DECISION if step.role == Role.DESIGNATED_OFFICIAL and word != Word.RETURN:
            errors, lacking = _criteria(rfa, said, str(word))
            wrong, missing = wrong + errors, missing + lacking
        case SeatKind.TASKING if word == Word.ACCEPT:
            errors, lacking = _tasking(rfa, said)
            wrong, missing = wrong + errors, missing + lacking
    if wrong:
        raise Malformed(errors=wrong + missing)
    if missing:
        raise Incomplete(errors=missing, paragraph=missing[0].paragraph)
    return Word(word), remarks, texts, said

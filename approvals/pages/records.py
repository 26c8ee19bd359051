"""Routes, steps and records as pages show them: plain values for the components."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals.models import Answer, Referral, Step
from approvals.policy import may_read_words
from approvals.queries import WITHHELD, gone_up, shows_who_asks, waits_of
from approvals.vocabulary import ClusterPlan, Criterion, SeatKind, StepState, Verified, Word
from common.kept import read_aloud
from common.templatetags.cimic import tone
from missions.models import User
from missions.vocabulary import Capacity, Classification
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Kind, Status

SAID = {
    Word.FORWARD_RECOMMENDED: gettext_lazy("Forwarded, recommended"),
    Word.FORWARD_NOT_RECOMMENDED: gettext_lazy("Forwarded, not recommended"),
    Word.RETURN: gettext_lazy("Returned for information"),
    Word.SUPPORTS: gettext_lazy("Supports"),
    Word.CONCERNS: gettext_lazy("Has concerns"),
    Word.OBJECTS: gettext_lazy("Objects"),
    Word.NO_VIEW: gettext_lazy("No view"),
    Word.RESOURCEABLE: gettext_lazy("Can be resourced"),
    Word.RESOURCEABLE_WITH_CONDITIONS: gettext_lazy("Can be resourced, with conditions"),
    Word.NOT_RESOURCEABLE: gettext_lazy("Cannot be resourced"),
    Word.RECOMMENDED: gettext_lazy("Recommended"),
    Word.NOT_RECOMMENDED: gettext_lazy("Not recommended"),
    Word.APPROVE: gettext_lazy("Approved"),
    Word.APPROVE_WITH_CONDITIONS: gettext_lazy("Approved with conditions"),
    Word.NOT_APPROVE: gettext_lazy("Not approved"),
    Word.ACCEPT: gettext_lazy("Task accepted"),
    Word.CANNOT_EXECUTE: gettext_lazy("Cannot execute"),
    Word.ACKNOWLEDGE: gettext_lazy("Acknowledged"),
    Word.HELD: gettext_lazy("The exception held"),
    Word.NOT_HELD: gettext_lazy("The exception did not hold"),
}

ASKED = {
    SeatKind.REVIEW: gettext_lazy("Review and forward"),
    SeatKind.ADVICE: gettext_lazy("Advise"),
    SeatKind.CAPABILITY: gettext_lazy("Can it be resourced?"),
    SeatKind.BOARD: gettext_lazy("Recommend"),
    SeatKind.DECISION: gettext_lazy("Decide"),
    SeatKind.TASKING: gettext_lazy("Task a unit"),
    SeatKind.FINDING: gettext_lazy("Find: did it hold?"),
}

ENDS = frozenset({Word.NOT_APPROVE, Word.CANNOT_EXECUTE, Word.NOT_HELD})
DECISIVE = frozenset({SeatKind.DECISION, SeatKind.FINDING})
OVER = frozenset({StepState.ANSWERED, StepState.LAPSED, StepState.SUPERSEDED})
OWN_PAGE = frozenset({Status.DRAFT, Status.RETURNED})


def capacity_in_words(given: Answer) -> str:
    """Name the capacity somebody acted in; a delegate's names the delegation."""
    if given.capacity == Capacity.DELEGATE and given.delegation is not None:
        return _("delegate of %(post)s until %(day)s") % {
            "post": given.delegation.post.title,
            "day": date_format(given.delegation.until_on, "SHORT_DATE_FORMAT"),
        }
    return capacity_label(given.capacity)


def capacity_label(capacity: str) -> str:
    """Name a capacity; nothing for a holder, as everybody usually is."""
    if not capacity or capacity == Capacity.HOLDER:
        return ""
    return str(Capacity(capacity).label)


def _day(text: str) -> str:
    day = parse_date(text)
    return date_format(day, "SHORT_DATE_FORMAT") if day else text


def facts_of(given: Answer) -> list[str]:
    """Say in short words what an answer says besides its word."""
    details = given.details or {}
    facts = []
    if "verified" in details:
        facts.append(_("Need verified: %(how)s") % {"how": Verified(details["verified"]).label})
    if "verified_by" in details:
        facts.append(_("Verified by %(who)s") % {"who": details["verified_by"]})
    if "verified_on" in details:
        facts.append(_("Verified on %(day)s") % {"day": _day(details["verified_on"])})
    if "cluster_plan" in details:
        plan = ClusterPlan(details["cluster_plan"]).label
        facts.append(_("Cluster plan: %(plan)s") % {"plan": str(plan).lower()})
    if "appropriate" in details:
        facts.append(_("Appropriate") if details["appropriate"] else _("Not appropriate"))
    if "resourceable" in details:
        facts.append(_("Resourceable") if details["resourceable"] else _("Not resourceable"))
    if "priority" in details:
        facts.append(_("Priority %(number)s") % {"number": details["priority"]})
    if "standing_policy" in details:
        facts.append(_("Standing policy %(code)s") % {"code": details["standing_policy"]})
    if "unit" in details:
        facts.append(details["unit"])
    if "start_on" in details:
        days = (details["start_on"], details.get("end_on", ""))
        facts.append(" – ".join(_day(day) for day in days if day))
    if "members" in details:
        facts.append(_("%(count)s members present") % {"count": len(details["members"])})
    return facts


def longer_facts_of(given: Answer) -> list[dict[str, str]]:
    """List what an answer says at length: minutes, members, the four criteria."""
    details = given.details or {}
    found = [
        {
            "label": str(criterion.label),
            "value": (_("Met") if weighed.get("met") else _("Not met"))
            + f": {weighed.get('reason', '')}",
        }
        for criterion in Criterion
        if (weighed := (details.get("criteria") or {}).get(criterion.value))
    ]
    if details.get("members"):
        found.append({"label": _("Members present"), "value": ", ".join(details["members"])})
    if details.get("minutes"):
        found.append({"label": _("Minutes"), "value": details["minutes"]})
    return found


def _given(step: Step, given: Answer, state: str, state_label: str, reader: User) -> dict[str, Any]:
    """Return an answer as it is drawn: without its words, where they are the mission's own."""
    if not may_read_words(reader, given.seat_kind, given.answer):
        return {
            "answer": StepState.ANSWERED.value,
            "answer_label": StepState.ANSWERED.label,
            "state": state,
            "state_label": state_label,
            "withheld": True,
            "by": given.by.name,
            "capacity": capacity_in_words(given),
            "at": given.at,
            "revision": given.revision,
            **_seat(step, given.post.title),
        }
    return {
        "answer": given.answer,
        "answer_label": SAID[Word(given.answer)],
        "state": state,
        "state_label": state_label,
        "remarks": given.remarks,
        "conditions": given.conditions,
        "tone": tone(given.answer),
        "cluster_plan": (given.details or {}).get("cluster_plan"),
        "facts": facts_of(given),
        "longer": longer_facts_of(given),
        "by": given.by.name,
        "capacity": capacity_in_words(given),
        "at": given.at,
        "revision": given.revision,
        **_seat(step, given.post.title),
    }


def _seat(step: Step, post_title: str) -> dict[str, Any]:
    return {
        "id": step.pk,
        "seat_label": read_aloud(step.seat_label),
        "seat_kind": step.seat_kind,
        "decisive": step.seat_kind in DECISIVE,
        "post_title": post_title,
    }


def vacancies_of(
    rfa: AssistanceRequest, steps: list[Step], referrals: Sequence[Referral] = ()
) -> dict[int, str]:
    """Say of each vacant post that a record waits on where its work goes."""
    waiting = {step.post_id for step in steps if step.state == StepState.OPEN}
    waiting |= {referral.put_to_id for referral in referrals if referral.is_open}
    return {
        post: _("vacant: goes to %(post)s") % {"post": above} if above else _("vacant")
        for post, above in gone_up(rfa, waiting).items()
    }


def drawn(
    step: Step, reader: User, vacancies: dict[int, str] | None = None
) -> list[dict[str, Any]]:
    """Return a step as it is drawn: the answer that stands, then those it superseded."""
    answers = list(step.answers.all())
    current = step.current
    shown = []
    if current is None or step.state == StepState.OPEN:
        shown.append(
            {
                **_seat(step, step.post.title),
                "state": step.state,
                "state_label": step.get_state_display(),
                "opened_at": step.opened_at,
                "due_at": step.due_at,
                "vacant": (vacancies or {}).get(step.post_id, ""),
            }
        )
    for given in reversed(answers):
        stands = current is not None and given.pk == current.pk
        shown.append(
            _given(
                step,
                given,
                StepState.ANSWERED if stands else StepState.SUPERSEDED,
                "" if stands else _("superseded"),
                reader,
            )
        )
    if answers and not (current is None and step.state == StepState.OPEN):
        shown = [seat for seat in shown if seat.get("answer")]
    return shown


def route_for_page(
    steps: list[Step], reader: User, vacancies: dict[int, str] | None = None
) -> list[dict[str, Any]]:
    """Return a record's steps as stages with their seats; seats not asked are left out.

    A partner sees that a post answered, who and when; advice is the mission's (decision 8).
    """
    stages: list[dict[str, Any]] = []
    asked = [step for step in steps if step.state != StepState.SKIPPED]
    for _number, group in groupby(asked, key=lambda step: step.stage):
        seats = list(group)
        stages.append(
            {
                "name": read_aloud(seats[0].stage_name),
                "state": _stage_state(seats),
                "steps": [seat for step in seats for seat in drawn(step, reader, vacancies)],
            }
        )
    coming = next((stage for stage in stages if stage["state"] == "waiting"), None)
    if coming is not None and any(stage["state"] == "open" for stage in stages):
        coming["comes_next"] = True
    return stages


def _stage_state(seats: list[Step]) -> str:
    states = {step.state for step in seats}
    if StepState.OPEN in states:
        return "open"
    if any(step.current is not None and step.current.answer in ENDS for step in seats):
        return "stopped"
    if StepState.WAITING in states:
        return "waiting"
    if states <= OVER and any(step.current is not None for step in seats):
        return "done"
    return "done" if StepState.LAPSED in states else "waiting"


def answers_for_page(route: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """List the answers that stand, decision first, with the advice that lapsed."""
    seats = [seat for stage in route for seat in stage["steps"]]
    given = [seat for seat in seats if seat.get("answer") and not seat.get("withheld")]
    first = [seat for seat in given if seat["decisive"]]
    return first[::-1] + [seat for seat in given if not seat["decisive"]]


def waiting_for_page(
    steps: list[Step], referrals: list[Referral], vacancies: dict[int, str]
) -> list[dict[str, Any]]:
    """Say on whom a record waits, since when and until when, and where the post is vacant."""
    referred = [
        {
            "post_title": referral.put_to.title,
            "seat_label": _("Referral"),
            "is_referral": True,
            "since": referral.opened_at,
            "due_at": referral.due_at,
            "vacant": vacancies.get(referral.put_to_id, ""),
        }
        for referral in referrals
        if referral.is_open
    ]
    return referred + [
        {
            "post_title": step.post.title,
            "seat_label": read_aloud(step.seat_label),
            "since": step.opened_at,
            "due_at": step.due_at,
            "vacant": vacancies.get(step.post_id, ""),
        }
        for step in steps
        if step.state == StepState.OPEN
    ]


def page_of_record(rfa: AssistanceRequest, *, mine: bool = False) -> str:
    """Return the address where a record is read; a draft of one's own opens as its form."""
    if mine and rfa.status == Status.DRAFT:
        return reverse("approvals:edit", args=[rfa.reference])
    return reverse("records:case", args=[rfa.reference])


def tags_of(rfa: AssistanceRequest) -> list[dict[str, Any]]:
    """List the marks that a reader must not miss."""
    tags = []
    if rfa.historical:
        tags.append({"label": _("Imported, not decided here"), "tone": "wait"})
    if rfa.is_time_sensitive:
        tags.append({"label": _("Time-sensitive"), "tone": "wait"})
    if rfa.disaster:
        tags.append({"label": rfa.disaster_name or _("Disaster"), "tone": ""})
    if rfa.displacement_site_id is not None:
        tags.append({"label": _("Displacement site"), "tone": "plum"})
    if rfa.protection:
        tags.append({"label": _("Protection"), "tone": "plum"})
    return tags


def _briefly(names: list[str]) -> str:
    """Name the first two; say how many more there are."""
    names = list(dict.fromkeys(names))
    if len(names) <= 2:
        return ", ".join(names)
    return _("%(first)s and %(count)s more") % {"first": names[0], "count": len(names) - 1}


def line_of(
    rfa: AssistanceRequest, *, mine: bool = False, step: Step | None = None
) -> dict[str, Any]:
    """Return a record as one line of a list; with a step, as what is asked of the reader."""
    shown = mine or step is not None or shows_who_asks(rfa)
    line: dict[str, Any] = {
        "url": page_of_record(rfa, mine=mine),
        "title": rfa.title or _("Without a title yet"),
        "reference": rfa.reference,
        "kind": rfa.kind,
        "kind_label": str(Kind(rfa.kind).label),
        "status": rfa.status,
        "status_label": str(Status(rfa.status).label),
        "historical": rfa.historical,
        "classification": rfa.classification,
        "classification_label": str(Classification(rfa.classification).label),
        "organisation": str(rfa.organisation) if rfa.organisation and shown else "",
        "requester": rfa.requested_by.name if shown else WITHHELD,
        "place": rfa.place or (rfa.area.name if rfa.area else ""),
        "sector": rfa.sector.name if rfa.sector else "",
        "needed_by": rfa.needed_by,
        "updated_at": rfa.changed_at,
        "tags": tags_of(rfa),
    }
    if step is not None:
        acknowledges = step.words == (Word.ACKNOWLEDGE,)
        line |= {
            "url": reverse("approvals:step", args=[step.pk]),
            "asked": _("Acknowledge") if acknowledges else ASKED[SeatKind(step.seat_kind)],
            "due_at": step.due_at,
        }
        return line
    waits = waits_of(rfa) if hasattr(rfa, "open_steps") else []
    if waits:
        line |= {
            "waiting_on": _briefly([wait.post.title for wait in waits]),
            "due_at": waits[0].due_at,
            "since": waits[0].opened_at,
        }
    elif rfa.status in OWN_PAGE:
        line |= {"waiting_on": _("you") if mine else line["requester"], "since": rfa.changed_at}
    else:
        line |= {"since": rfa.changed_at}
    return line


def extreme_facts_of(rfa: AssistanceRequest) -> list[dict[str, Any]]:
    """List what a report of an extreme situation says, with the clock from action to report."""
    if rfa.kind != Kind.EXTREME_SITUATION:
        return []
    report = rfa.extreme_situation
    until = (rfa.submitted_at or rfa.created_at) - report.acted_at
    hours, minutes = divmod(int(until.total_seconds() // 60), 60)
    return [
        {"label": _("Harm prevented"), "value": report.get_harm_display(), "paragraph": "40"},
        {"label": _("What was done"), "value": report.action_taken},
        {"label": _("When"), "moment": report.acted_at},
        {
            "label": _("From action to report"),
            "value": _("%(hours)s h %(minutes)s min") % {"hours": hours, "minutes": minutes},
            "paragraph": "40",
        },
        {"label": _("Unit"), "value": report.unit.name if report.unit else ""},
    ]

"""A process as its pages show it: drawn as a route, checked, compared, signed."""

import json
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from approvals import policy
from approvals.definition import Definition, differences, place_of
from approvals.invariants import NEVER_SEATED, Breach, Checked, conditions_on, kinds_on
from approvals.models import Process, ProcessState
from approvals.pages.records import capacity_label
from approvals.queries.processes import IN_FORCE, SUPERSEDED, processes_of, routes_of, stands_of
from approvals.services.checking import roles_held
from approvals.vocabulary import SeatCondition
from common.errors import FieldError
from common.kept import read_aloud
from ledger.queries import history_of
from missions.models import Mission, User
from missions.vocabulary import Role

ACTS = {
    "process.drafted": gettext_lazy("Drafted"),
    "process.changed": gettext_lazy("Changed"),
    "process.commented": gettext_lazy("Commented on"),
    "process.co_signed": gettext_lazy("Co-signed"),
    "process.promulgated": gettext_lazy("Promulgated"),
    "process.discarded": gettext_lazy("Discarded"),
}
STANDS = {
    **{state.value: state.label for state in ProcessState},
    IN_FORCE: gettext_lazy("In force"),
    SUPERSEDED: gettext_lazy("Superseded"),
}
CHOOSE = gettext_lazy("Choose one.")
CHOSEN = frozenset({"role", "kind", "condition", "status"})

Blames = dict[str, list[Breach]]


def blames_by_place(checked: list[Checked]) -> Blames:
    """Group what is broken by the stage or seat to blame, as it is named on the page."""
    found: Blames = {}
    for one in checked:
        for breach in one.breaches:
            for place in breach.places:
                found.setdefault(place.replace(".", "-"), []).append(breach)
    return found


def check_for_page(checked: list[Checked]) -> dict[str, Any]:
    """Return the rules that are broken, those that are held, and what blames which place."""
    broken = [
        {
            "words": breach.words,
            "paragraph": breach.paragraph,
            "places": [place.replace(".", "-") for place in breach.places],
            "place": breach.places[0].replace(".", "-") if breach.places else "",
        }
        for one in checked
        for breach in one.breaches
    ]
    held = [one for one in checked if one.held]
    return {"broken": broken, "held": held, "rules": len(checked)}


def flow_of(definition: Definition, blames: Blames) -> list[dict[str, Any]]:
    """Return a process as its stages and seats, each with what it is blamed for."""
    return [
        {
            "number": number + 1,
            "place": _dashed(number),
            "name": read_aloud(stage.name),
            "status": stage.status.value,
            "status_label": stage.status.label,
            "blames": blames.get(_dashed(number), []),
            "seats": [
                {
                    "seat": seat,
                    "place": _dashed(number, within),
                    "asked": "" if seat.condition == SeatCondition.ALWAYS else seat.condition.label,
                    "blames": blames.get(_dashed(number, within), []),
                }
                for within, seat in enumerate(stage.seats)
            ],
        }
        for number, stage in enumerate(definition.stages)
    ]


def _dashed(stage: int, seat: int | None = None) -> str:
    return place_of(stage, seat).replace(".", "-")


def waits_on(process: Process) -> str:
    """Say on whom a draft waits."""
    if process.state != ProcessState.DRAFT:
        return ""
    missing = [
        str(role.label)
        for role, signature in (
            (Role.DSRSG, process.dsrsg_signature_id),
            (Role.HOMC, process.homc_signature_id),
        )
        if not signature
    ]
    if missing:
        return _("Waits for the signature of: %(posts)s.") % {"posts": ", ".join(missing)}
    return _("Co-signed by both: waits for the SRSG to promulgate it.")


def process_for_page(person: User, process: Process) -> dict[str, Any]:
    """Return what a process's page shows of it, but its check."""
    based_on = process.based_on
    reads = policy.may_read_comments(person, process)
    return {
        "process": process,
        "stands_label": STANDS[stands_of(process)],
        "waits_on": waits_on(process),
        "differences": differences(based_on.definition, process.definition) if based_on else [],
        "text": process.definition.text(),
        "signatures": [
            {"signature": signature, "counts": signature.digest == process.digest}
            for signature in process.signatures.select_related("by", "post", "delegation__post")
        ],
        "reads_comments": reads,
        "comments": [
            {
                "by": comment.by.name,
                "post": comment.post.title,
                "at": comment.at,
                "text": comment.text,
                "earlier": comment.digest != process.digest,
            }
            for comment in process.comments.select_related("by", "post")
        ]
        if reads
        else [],
        "entries": history_for_page(process),
        "allowed": policy.allowed_on_process(person, process),
    }


def history_for_page(process: Process) -> list[dict[str, Any]]:
    """List a process's entries, newest first, in plain words."""
    entries = []
    for entry in history_of(process.chain):
        said = json.loads(entry.payload.text)
        entries.append(
            {
                "number": entry.number,
                "text": str(ACTS.get(entry.act, entry.act)),
                "by": entry.actor_name,
                "post": entry.post_title,
                "capacity": capacity_label(entry.capacity),
                "at": entry.happened_at,
                "changes": [
                    {"field": _("Reason"), "after": said["reason"]},
                ]
                if said.get("reason")
                else [],
                "hash": entry.hash,
            }
        )
    return entries[::-1]


def routes_for_page(person: User, mission: Mission) -> list[dict[str, Any]]:
    """Return each route with what it runs on, its draft and its earlier versions."""
    processes = processes_of(mission).annotate(said=Count("comments")).order_by("-version")
    by_route: dict[str, list[Process]] = {}
    for process in processes:
        process.stands_label = STANDS[stands_of(process)]  # type: ignore[attr-defined]
        process.waits_on = waits_on(process)  # type: ignore[attr-defined]
        by_route.setdefault(process.route, []).append(process)
    found = []
    for standing in routes_of(mission):
        versions = by_route.get(standing.route, [])
        draft = next((one for one in versions if one.state == ProcessState.DRAFT), None)
        baselines = [one for one in versions if one.state == ProcessState.BASELINE]
        runs_on = [] if standing.process else baselines[:1]
        found.append(
            {
                "standing": standing,
                "days_over": -standing.days_left,
                "in_force": next((one for one in versions if stands_of(one) == IN_FORCE), None),
                "draft": draft,
                "coming": [one for one in versions if stands_of(one) == ProcessState.PROMULGATED],
                "earlier": [
                    one
                    for one in versions
                    if one not in runs_on
                    and stands_of(one)
                    in {SUPERSEDED, ProcessState.DISCARDED, ProcessState.BASELINE}
                ],
                "may_draft": draft is None
                and bool(policy.may_draft_process(person, mission, standing.route)),
            }
        )
    return found


# --- the editor -----------------------------------------------------------------------------


def choices_for(mission: Mission, route: str) -> dict[str, list[tuple[str, Any]]]:
    """Return the lists of the editor: what a route's processes are made of in a mission."""
    kinds = kinds_on(route)
    held = roles_held(mission)
    return {
        "status": [(status.value, status.label) for status in kinds],
        "kind": [
            (kind.value, kind.label)
            for kind in dict.fromkeys(kind for some in kinds.values() for kind in sorted(some))
        ],
        "role": [
            (role.value, role.label) for role in Role if role in held and role not in NEVER_SEATED
        ],
        "condition": [(condition.value, condition.label) for condition in conditions_on(route)],
    }


def _options(choices: list[tuple[str, Any]], chosen: str) -> list[dict[str, Any]]:
    """Return a list's options; what is chosen stays in it, even if it would not be offered."""
    known = [value for value, _label in choices]
    extra = [] if chosen in known else [(chosen, chosen or _("Choose"))]
    return [
        {"value": value, "label": label, "chosen": value == chosen}
        for value, label in [*extra, *choices]
    ]


def errors_by_place(errors: list[FieldError]) -> dict[str, list[str]]:
    """Group what cannot be read by the box it was typed in."""
    found: dict[str, list[str]] = {}
    for error in errors:
        box = error.field.rsplit(".", 1)[-1]
        picks = box in CHOSEN and error.message.startswith("Choose one of")
        message = str(CHOOSE) if picks else error.message
        found.setdefault(error.field.replace(".", "-"), []).append(message)
    return found


def summary_for_page(errors: dict[str, list[str]]) -> list[dict[str, str]]:
    """Return what cannot be read as a summary whose lines lead to the boxes."""
    found = []
    for box, messages in errors.items():
        numbers = [part for part in box.split("-") if part.isdecimal()]
        words = (_("Process"), _("Stage %(stage)s"), _("Stage %(stage)s, seat %(seat)s"))
        where = words[len(numbers)] % dict(zip(("stage", "seat"), numbers, strict=False))
        found += [{"field_id": box, "message": f"{where}: {message}"} for message in messages]
    return found


def rows_for_page(
    typed: dict[str, Any],
    choices: dict[str, list[tuple[str, Any]]],
    errors: dict[str, list[str]],
    blames: Blames,
) -> list[dict[str, Any]]:
    """Return the editor's rows as they were typed, each box with what is wrong with it."""
    stages = typed["stages"]

    def box(place: str, name: str, value: Any) -> dict[str, Any]:
        listed = name in choices
        return {
            "id": f"{place}-{name}",
            "value": value,
            "options": _options(choices[name], value) if listed else [],
            "errors": errors.get(f"{place}-{name}", []),
        }

    return [
        {
            "number": number,
            "place": (place := f"stages-{number}"),
            "first": number == 1,
            "last": number == len(stages),
            "errors": errors.get(place, []) + errors.get(f"{place}-seats", []),
            "blames": blames.get(place, []),
            "name": box(place, "name", stage["name"]),
            "status": box(place, "status", stage["status"]),
            "seats": [
                {
                    "number": within,
                    "place": (here := f"{place}-seats-{within}"),
                    "title": seat["label"] or _("New seat"),
                    "errors": errors.get(here, []) + errors.get(f"{here}-code", []),
                    "blames": blames.get(here, []),
                    **{name: box(here, name, value) for name, value in seat.items()},
                }
                for within, seat in enumerate(stage["seats"], start=1)
            ],
        }
        for number, stage in enumerate(stages, start=1)
    ]

"""What one version of a process has that another has not, in plain words (P31)."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from approvals.definition.shapes import Definition, Seat, Stage


@dataclass(frozen=True)
class Difference:
    """One thing that differs: ``added``, ``removed``, ``moved`` or ``changed``; where; in words."""

    sort: str
    place: str
    words: str


def differences(before: Definition, after: Definition) -> list[Difference]:
    """List what changed between two processes, in the order of the new one.

    A seat is known by its code, a stage by its name or else by the seats it shares.
    """
    return [
        *_of_the_name(before, after),
        *_of_stages(before, after),
        *_of_seats(before, after),
    ]


def _of_the_name(before: Definition, after: Definition) -> Iterator[Difference]:
    if before.name != after.name:
        yield Difference("changed", "", _changed(_("Name"), before.name, after.name))


def _changed(what: str, before: object, after: object) -> str:
    return f"{what}: {before} → {after}"


def _pairs(before: Definition, after: Definition) -> dict[int, int]:
    """Pair each new stage's place with the old one's: by name first, then by shared seats."""
    names = {stage.name: number for number, stage in enumerate(before.stages)}
    paired = {
        number: names[stage.name]
        for number, stage in enumerate(after.stages)
        if stage.name in names
    }
    for number, stage in enumerate(after.stages):
        if number in paired:
            continue
        codes = {seat.code for seat in stage.seats}
        shared = {
            old: len(codes & {seat.code for seat in other.seats})
            for old, other in enumerate(before.stages)
            if old not in paired.values()
        }
        likeliest = max(shared, key=lambda old: shared[old], default=None)
        if likeliest is not None and shared[likeliest]:
            paired[number] = likeliest
    return paired


def _of_stages(before: Definition, after: Definition) -> Iterator[Difference]:
    paired = _pairs(before, after)
    kept = sorted(paired.values())
    for number, stage in enumerate(after.stages):
        if number not in paired:
            words = _("Stage added at place %(number)s") % {"number": number + 1}
            yield Difference("added", stage.name, words)
            continue
        old = before.stages[paired[number]]
        place = [paired[other] for other in sorted(paired)].index(paired[number])
        if kept.index(paired[number]) != place:
            words = _("Stage moved from place %(before)s to %(after)s") % {
                "before": paired[number] + 1,
                "after": number + 1,
            }
            yield Difference("moved", stage.name, words)
        yield from _of_one_stage(old, stage)
    for number, stage in enumerate(before.stages):
        if number not in paired.values():
            yield Difference("removed", stage.name, _("Stage removed"))


def _of_one_stage(before: Stage, after: Stage) -> Iterator[Difference]:
    if before.name != after.name:
        yield Difference("changed", after.name, _changed(_("Name"), before.name, after.name))
    if before.status != after.status:
        words = _changed(_("Status"), before.status.label, after.status.label)
        yield Difference("changed", after.name, words)
    was, now = [seat.code for seat in before.seats], [seat.code for seat in after.seats]
    if [code for code in was if code in now] != [code for code in now if code in was]:
        yield Difference("moved", after.name, _("Its seats stand in another order"))


def _of_seats(before: Definition, after: Definition) -> Iterator[Difference]:
    old = {seat.code: (number, seat) for number, stage in _seats(before) for seat in stage.seats}
    new = {seat.code for seat in after.seats()}
    paired = _pairs(before, after)
    for number, stage in _seats(after):
        for seat in stage.seats:
            if seat.code not in old:
                yield Difference("added", seat.label, _added(seat, stage))
                continue
            stood, known = old[seat.code]
            if paired.get(number) != stood:
                words = _changed(_("Seat moved"), before.stages[stood].name, stage.name)
                yield Difference("moved", seat.label, words)
            yield from _of_one_seat(known, seat)
    for stage in before.stages:
        for seat in stage.seats:
            if seat.code not in new:
                words = _("Seat removed from “%(stage)s”") % {"stage": stage.name}
                yield Difference("removed", seat.label, words)


def _seats(definition: Definition) -> list[tuple[int, Stage]]:
    return list(enumerate(definition.stages))


def _added(seat: Seat, stage: Stage) -> str:
    return _("Seat added to “%(stage)s”: %(kind)s by %(role)s, asked: %(condition)s") % {
        "stage": stage.name,
        "kind": seat.kind.label.lower(),
        "role": seat.role.label,
        "condition": seat.condition.label,
    }


def _of_one_seat(before: Seat, after: Seat) -> Iterator[Difference]:
    for what, old, new in (
        (_("Label"), before.label, after.label),
        (_("Sort"), before.kind.label, after.kind.label),
        (_("Held by"), before.role.label, after.role.label),
        (_("Asked"), before.condition.label, after.condition.label),
        (_("Normal limit"), f"{before.normal_hours} h", f"{after.normal_hours} h"),
        (
            _("Time-sensitive limit"),
            f"{before.time_sensitive_hours} h",
            f"{after.time_sensitive_hours} h",
        ),
    ):
        if old != new:
            yield Difference("changed", after.label, _changed(str(what), old, new))

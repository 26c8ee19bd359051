"""What stands beside the records: standing policy, complaints, referral, look-alike."""

import datetime as dt
from collections.abc import Callable, Iterator

from approvals import services as approvals
from approvals.queries import visible_to, weighed_look_alikes
from cimic.demo.world import World
from records.complaints import answer_complaint, complaints_of, log_complaint
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Kind, Status

POLICY = {
    "code": "DO-2026/1",
    "title": "Food convoys on the Alur to Oruma road",
    "text": (
        "Weekly convoys of United Nations agencies and their partners between Alur and Oruma may "
        "be escorted in daylight, at most eight vehicles, with a UNDSS clearance of the same day. "
        "The escort stays 400 m behind and enters no distribution point. Reviewed every six "
        "months; it ends when two weeks pass without an incident on that road."
    ),
}
WELL = {
    "matter": (
        "A patrol's truck backed into the wall of the well at Mialo on market day and drove on. "
        "Two women were splashed with stones; nobody was hurt. The village asks who mends it."
    ),
    "complainant": "Mialo village committee, Mrs Abena Toro",
    "place": "Mialo",
}
MENDED = (
    "The driver reported it on Sunday. BANBATT's masons rebuilt the wall on Thursday, the company "
    "commander apologised to the committee, and trucks no longer turn at the well."
)
NOISE = {
    "matter": (
        "The generator of the post at the bridge runs all night beside the maternity of Corma; "
        "the midwife asks that it be moved to the other bank, as she was told in August."
    ),
    "complainant": "Sister Odile, Corma maternity",
    "place": "Corma",
}
MATTER = (
    "The cluster holds that a contractor from Galasi can do it within the week; the sector holds "
    "that none has answered in ten days. We could not agree whether force assets are a last resort."
)


def _adopt(world: World) -> None:
    today = world.mission.established_on + dt.timedelta(days=20)
    approvals.adopt_standing_policy(
        actor=world.people["designated.official"], values={**POLICY, "from_on": today}
    )


def _complain(world: World, account: str, values: dict[str, str]) -> None:
    log_complaint(actor=world.people[account], values=values)


def _answer(world: World) -> None:
    officer = world.people["sector.east"]
    complaint = complaints_of(officer).order_by("received_at")[0]
    answer_complaint(actor=officer, complaint=complaint, answer=MENDED)


def _in_consultation(world: World) -> AssistanceRequest | None:
    undecided = AssistanceRequest.objects.filter(
        mission=world.mission, kind=Kind.CIVIL_ASSISTANCE, status=Status.IN_CONSULTATION
    )
    return undecided.order_by("reference").first()


def _refer(world: World) -> None:
    rfa = _in_consultation(world)
    if rfa is not None:
        approvals.refer(rfa=rfa, actor=world.people["cmcoord"], matter=MATTER)


def _weigh(world: World) -> None:
    """Say of the first request that has a look-alike that the two add up."""
    chief = world.people["chief.cimic"]
    for rfa in visible_to(chief).filter(status=Status.IN_CONSULTATION).order_by("reference"):
        alike = weighed_look_alikes(chief, rfa)
        if alike:
            approvals.weigh_look_alike(
                rfa=rfa,
                other=alike[0].alike.rfa,
                actor=chief,
                word="complementary",
                remark="Same villages, another month: the two add up.",
            )
            return


def beside_deeds(
    world: World, now: dt.datetime
) -> Iterator[tuple[dt.datetime, Callable[[], None]]]:
    """Tell when each was done, counted back from now."""

    def ago(**spans: float) -> dt.datetime:
        return now - dt.timedelta(**spans)

    yield ago(days=71), lambda: _adopt(world)
    yield ago(days=24), lambda: _complain(world, "unit.east", WELL)
    yield ago(days=21), lambda: _answer(world)
    yield ago(days=2), lambda: _complain(world, "sector.west", NOISE)
    yield ago(hours=20), lambda: _refer(world)
    yield ago(hours=19), lambda: _weigh(world)

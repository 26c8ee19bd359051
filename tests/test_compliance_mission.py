"""Each row of the policy over the mission itself: what complied, and an exception."""

import datetime as dt

import pytest

from approvals.models import Process, ProcessState
from common import clock
from missions.models import (
    Appointment,
    Cluster,
    Delegation,
    Mission,
    Post,
    Sector,
)
from records.compliance.loading import load
from records.compliance.rows import ROWS
from records.exports import finish_export, start_export
from records.models import Complaint, ExportRun, Handover, HandoverAcknowledgement
from tests.builders import (
    a_draft,
    a_mission,
    a_person,
    a_submitted,
    in_days,
    who,
)
from tests.weighing import (
    counted,
    named,
    priorities,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def mission():
    return a_mission()


POLICY = (
    "P15 P16 P18-21 P20 P28.1 P28.2 P30 P31 P32 P33 P34 P35 P36 P37 P38 P39 P40 P41 P43-46 P47-49 "
    "P50 P52 P54 P68 P70 R22 G N1 N2 N3 N4 N5 N6 N7"
)


def test_G_every_row_of_the_policy_is_counted_or_says_why_not():
    codes = [row.code for row in ROWS]

    assert [code for code in POLICY.split(" ") if code not in codes] == []
    assert len(codes) == len(set(codes))
    assert all(row.assessable or row.why_not for row in ROWS)
    assert [row.code for row in ROWS if not row.assessable] == ["P54"]


def test_a_draft_is_not_counted():
    assert load([a_draft().pk]) == []


def test_P18_21_a_post_of_un_cimic_without_holder_is_an_exception():
    assert counted("P18-21").exceptions == 0
    Appointment.objects.filter(post__code="sector.west").update(until_on=in_days(-1))

    without = [each.name for each in counted("P18-21").named if each.outcome == "exception"]
    assert without == ["Sector UN-CIMIC officer"]  # two posts have this title, one of them a holder
    assert counted("P18-21", sector="east").exceptions == 0
    assert counted("P18-21", sector="west").exceptions == 1
    assert counted("P18-21", to=in_days(-3).isoformat()).exceptions == 0


def test_P18_21_a_delegate_holds_a_post_until_the_delegation_ends():
    Appointment.objects.filter(post__code="sector.west").update(until_on=in_days(-5))
    given = Delegation.objects.create(
        post=Post.objects.get(code="sector.west"),
        delegate=who("unit.west"),
        given_by=who("sector.west"),
        from_on=in_days(-9),
        until_on=in_days(9),
    )
    assert counted("P18-21").exceptions == 0

    given.ended_at = clock.now() - dt.timedelta(days=1)
    given.save(update_fields=["ended_at"])

    assert counted("P18-21").exceptions == 1


def test_P20_each_sector_has_an_officer_and_each_cluster_its_lead(mission):
    Cluster.objects.update(lead=mission.organisations.first())
    assert counted("P20").exceptions == 0

    Sector.objects.create(mission=mission, code="south", name="Sector South")
    Cluster.objects.update(lead=None)

    assert [name for name, how in named("P20").items() if how == "exception"] == [
        "Structure: Sector South",
        "Liaison: Water Sanitation Hygiene",
    ]


def test_P28_2_exports_are_on_record_and_one_that_was_cut_is_an_exception():
    run = start_export(actor=who("chief.cimic"), form="csv", params=None)
    assert counted("P28.2").pending == 1
    finish_export(run, rows=3, digest="0" * 64)
    assert (counted("P28.2").complied, counted("P28.2").exceptions) == (1, 0)

    ExportRun.objects.update(cut=True)

    assert (counted("P28.2").complied, counted("P28.2").exceptions) == (0, 1)


def test_P31_six_months_run_for_a_route_on_the_baseline_then_it_is_an_exception(mission):
    mission.established_on = in_days(-60)
    mission.save()
    assert (counted("P31").pending, counted("P31").exceptions) == (5, 0)

    mission.established_on = in_days(-300)
    mission.save()
    assert (counted("P31").pending, counted("P31").exceptions) == (0, 5)
    assert counted("P31", to=in_days(-200).isoformat()).pending == 5


def test_P31_a_route_with_the_missions_own_process_in_force_complies(mission, own_process):
    assert named("P31")["Civil assistance"] == "complied"
    assert counted("P31", to=in_days(-30).isoformat()).complied == 0


@pytest.fixture
def own_process(mission):
    """A promulgated process, with the two signatures that the database asks for."""
    from approvals.models import CoSignature  # noqa: PLC0415 - beside its only use

    rfa = a_submitted()
    base = Process.objects.get(pk=rfa.steps.first().process_id)
    own = Process.objects.create(
        mission=mission,
        route=base.route,
        version=base.version + 1,
        state=ProcessState.DRAFT,
        content=base.content,
        digest=base.digest,
    )
    signed = [
        CoSignature.objects.create(
            process=own,
            role=code,
            digest=own.digest,
            by=who(code),
            post=Post.objects.get(code=code),
            capacity="holder",
            at=clock.now(),
        )
        for code in ("dsrsg", "homc")
    ]
    Process.objects.filter(pk=own.pk).update(
        state=ProcessState.PROMULGATED,
        dsrsg_signature=signed[0],
        homc_signature=signed[1],
        promulgated_by=who("srsg"),
        promulgated_post=Post.objects.get(code="srsg"),
        promulgated_as="holder",
        promulgated_at=clock.now(),
        in_force_from=in_days(-3),
    )
    return own


def test_P34_a_review_that_is_overdue_is_an_exception(mission):
    assert named("P34.review") == {"Priorities": "exception"}
    first = priorities(mission, {"pcodes": ["CR01"]})
    assert list(named("P34.review").values()) == ["complied"]
    first.review_on = in_days(-2)
    first.save()
    assert list(named("P34.review").values()) == ["exception"]
    assert counted("P34.review", to=in_days(-2).isoformat()).exceptions == 0

    priorities(mission, title="Next", in_force_from=in_days(-2), review_on=in_days(90))

    assert list(named("P34.review").values()) == ["complied", "complied"]


def test_P38_the_focal_point_is_named_and_in_place(mission):
    assert counted("P38.focal").exceptions == 1
    mission.asset_focal_point = Post.objects.get(code="cimic.staff")
    mission.save()
    assert counted("P38.focal").complied == 1

    Appointment.objects.filter(post__code="cimic.staff").update(until_on=in_days(-1))

    assert counted("P38.focal").exceptions == 1


def test_P49_whoever_takes_over_acknowledges_a_handover(mission):
    post = Post.objects.get(code="sector.east")
    Appointment.objects.filter(post=post).update(until_on=in_days(-11))
    newcomer = a_person("newcomer")
    Appointment.objects.create(post=post, person=newcomer, from_on=in_days(-10))
    assert counted("P49").exceptions == 1
    assert counted("P49", **{"from": in_days(-5).isoformat()}).exceptions == 0

    page = Handover.objects.create(
        post=post,
        content="{}",
        digest="0" * 64,
        by=who("sector.east"),
        capacity="holder",
        at=clock.now(),
    )
    assert counted("P49").pending == 1
    HandoverAcknowledgement.objects.create(
        handover=page, handed_by=page.by, by=newcomer, capacity="holder", at=clock.now()
    )

    assert (counted("P49").complied, counted("P49").exceptions) == (1, 0)


def a_complaint(mission: Mission, number: int, *, due: int, answered: int | None) -> Complaint:
    """A complaint received ten days ago, due and answered so many days from now."""
    day = dt.timedelta(days=1)
    said = answered is not None
    return Complaint.objects.create(
        reference=f"UNAC-CO-2026-{number:04}",
        mission=mission,
        sector=Sector.objects.get(code="east"),
        received_at=clock.now() - 10 * day,
        matter="A truck broke the well's wall.",
        logged_by=who("sector.east"),
        logged_at=clock.now() - 10 * day,
        due_at=clock.now() + due * day,
        answer="It is repaired." if said else "",
        answered_by=who("chief.cimic") if said else None,
        answered_at=clock.now() + answered * day if answered is not None else None,
    )


def test_P50_complaints_are_answered_by_their_limit(mission):
    a_complaint(mission, 1, due=-2, answered=-3)
    a_complaint(mission, 2, due=-2, answered=-1)
    a_complaint(mission, 3, due=-2, answered=None)
    a_complaint(mission, 4, due=2, answered=None)

    found = counted("P50")

    assert (found.complied, found.exceptions, found.pending) == (1, 2, 1)
    assert sorted(each.name for each in found.named) == ["UNAC-CO-2026-0002", "UNAC-CO-2026-0003"]
    assert counted("P50", sector="west").applied == 0
    assert counted("P50", to=in_days(-20).isoformat()).applied == 0


def test_G_an_evaluators_account_has_an_end():
    assert list(named("G").values()) == ["complied", "exception"]
    Appointment.objects.filter(post__code="evaluator").update(until_on=in_days(30))
    assert counted("G").exceptions == 0

    Appointment.objects.filter(post__code="cos").update(until_on=in_days(-1))

    assert counted("G").exceptions == 1

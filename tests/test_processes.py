"""A mission writes its own process (P31): drafted, commented on, co-signed, promulgated."""

import copy
import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from approvals import services
from approvals.definition import BASELINES, differences, read
from approvals.models import CoSignature, Process, ProcessComment
from approvals.queries.processes import processes_of, routes_of, six_months_after
from approvals.routing import process_for, process_in_force
from cimic.demo.loading import load
from common.clock import now, telling
from common.errors import Forbidden, NotNow, Stale
from ledger.models import Chain, Entry
from ledger.verification import verify
from missions.calendar import local_day
from missions.models import Appointment, Delegation, Mission, Post
from notices.services import owed_rows, take_from_outbox
from requests_app.vocabulary import Route
from tests.builders import a_mission, a_person, a_submitted, carried_to, in_days, who
from tests.calling import Caller
from tests.test_races import at_once, refusals

CIVIL = "civil_assistance"


@pytest.fixture
def mission(db) -> Mission:
    return a_mission()


def content_of(route: str = CIVIL, **seats: dict[str, Any]) -> dict[str, Any]:
    """A baseline as content, with some seats changed by code."""
    content = copy.deepcopy(BASELINES[route].as_json())
    for stage in content["stages"]:
        for seat in stage["seats"]:
            seat.update(seats.get(seat["code"], {}))
    return content


QUICKER = {"mission_support": {"normal_hours": 48}}
BROKEN = {"mission_support": {"condition": "works"}}


def a_draft(route: str = CIVIL, **seats: dict[str, Any]) -> Process:
    """A draft of the Chief UN-CIMIC's with some seats changed."""
    return services.draft_process(
        actor=who("chief.cimic"), route=route, content=content_of(route, **(seats or QUICKER))
    )


def again(process: Process) -> Process:
    return Process.objects.get(pk=process.pk)


def signed(process: Process, *accounts: str) -> Process:
    """A draft signed by these accounts over its words as they stand."""
    for account in accounts or ("dsrsg", "homc"):
        digest = again(process).digest
        services.co_sign_process(process=process, actor=who(account), digest=digest)
    return again(process)


def promulgated(
    process: Process, day: dt.date | None = None, signers: Sequence[str] = ("dsrsg", "homc")
) -> Process:
    """A draft signed by both and promulgated."""
    signed(process, *signers)
    services.promulgate_process(process=process, actor=who("srsg"), in_force_from=day)
    return again(process)


def acts_of(process: Process) -> list[str]:
    return list(
        Entry.objects.filter(chain_id=process.chain)
        .order_by("number")
        .values_list("act", flat=True)
    )


# --- the services ---------------------------------------------------------------------------


def test_P31_a_process_is_drafted_commented_on_co_signed_and_promulgated(mission):
    process = a_draft()
    services.comment_on_process(process=process, actor=who("dms"), text="48 hours will do.")
    promulgated(process)

    process = again(process)
    assert (process.version, process.state) == (1, "promulgated")
    assert process.based_on.state == "baseline"
    assert process_in_force(mission, CIVIL) == process
    assert acts_of(process) == [
        "process.drafted",
        "process.commented",
        "process.co_signed",
        "process.co_signed",
        "process.promulgated",
    ]
    assert Chain.objects.get(pk=process.chain).reference == "UNAC civil_assistance v1"
    assert verify().holds


def test_P31_requests_under_way_keep_the_process_they_were_routed_by(mission):
    under_way = a_submitted()
    promulgated(a_draft())
    new = a_submitted()

    def limit(rfa):
        return rfa.steps.get(seat="mission_support").normal_hours

    assert (limit(under_way), limit(new)) == (96, 48)
    assert under_way.steps.first().process.state == "baseline"
    assert new.steps.first().process.version == 1
    assert carried_to(under_way, "approved").status == "approved"
    assert carried_to(new, "approved").status == "approved"


def test_P31_a_process_is_in_force_from_its_day_and_superseded_by_the_next(mission):
    first = promulgated(a_draft())
    second = promulgated(a_draft(mission_support={"normal_hours": 24}), in_days(10))
    stands = dict(processes_of(mission).values_list("version", "stands"))

    assert stands == {0: "baseline", 1: "in_force", 2: "promulgated"}
    assert process_for(mission, CIVIL) == first
    with telling(now() + dt.timedelta(days=11)):
        assert process_for(mission, CIVIL) == second
        later = dict(processes_of(mission).values_list("version", "stands"))
    assert later == {0: "baseline", 1: "superseded", 2: "in_force"}


def test_P31_a_day_begins_and_ends_by_the_missions_own_calendar(mission):
    Mission.objects.update(time_zone="Pacific/Kiritimati")
    mission.refresh_from_db()
    late = dt.datetime(2026, 9, 9, 23, 30, tzinfo=dt.UTC)
    with telling(late):
        process = promulgated(a_draft())
        assert process.in_force_from == local_day(mission) == dt.date(2026, 9, 10)
        assert process_in_force(mission, CIVIL) == process


def test_P31_a_changed_draft_is_signed_no_more(mission):
    process = signed(a_draft(), "dsrsg")
    services.change_process(
        process=process,
        actor=who("cimic.staff"),
        edit=1,
        content=content_of(mission_support={"normal_hours": 72}),
    )
    process = again(process)

    assert process.dsrsg_signature is None
    assert process.signatures.count() == 1
    with pytest.raises(NotNow, match="Not co-signed yet"):
        services.promulgate_process(process=process, actor=who("srsg"))
    assert promulgated(process).state == "promulgated"
    assert process.signatures.count() == 3


def test_P31_words_that_come_back_are_the_words_that_were_signed(mission):
    process = signed(a_draft(), "dsrsg")
    before, other = content_of(**QUICKER), content_of(mission_support={"normal_hours": 72})
    signatures = []
    for edit, content in ((1, other), (2, before)):
        services.change_process(
            process=process, actor=who("chief.cimic"), edit=edit, content=content
        )
        signatures.append(again(process).dsrsg_signature)

    assert signatures == [None, process.signatures.get()]
    assert promulgated(process, signers=["homc"]).state == "promulgated"


def test_P31_a_reason_alone_changes_no_word_that_was_signed(mission):
    process = signed(a_draft())
    services.change_process(
        process=process, actor=who("chief.cimic"), edit=1, reason="The rains begin in May."
    )

    assert again(process).dsrsg_signature is not None
    assert again(process).edit == 2


def test_a_stale_change_is_refused_and_nothing_is_merged(mission):
    process = a_draft()
    services.change_process(
        process=process, actor=who("chief.cimic"), edit=1, content=content_of(**BROKEN)
    )

    with pytest.raises(Stale) as refusal:
        services.change_process(
            process=process, actor=who("cimic.staff"), edit=1, content=content_of(**QUICKER)
        )

    assert (refusal.value.yours, refusal.value.theirs) == (1, 2)
    assert again(process).definition == read(content_of(**BROKEN))


def test_P31_nobody_signs_over_other_words_than_those_they_read(mission):
    process = a_draft()
    read_digest = process.digest
    services.change_process(
        process=process,
        actor=who("chief.cimic"),
        edit=1,
        content=content_of(mission_support={"normal_hours": 24}),
    )

    with pytest.raises(Stale):
        services.co_sign_process(process=process, actor=who("homc"), digest=read_digest)
    assert not CoSignature.objects.exists()


def test_P31_nobody_signs_for_both_nor_promulgates_what_they_signed(mission):
    process = a_draft()
    dsrsg = who("dsrsg")
    for code in ("homc", "srsg"):
        Delegation.objects.create(
            post=Post.objects.get(code=code),
            delegate=dsrsg,
            given_by=who(code),
            from_on=in_days(-1),
            until_on=in_days(5),
        )
    services.co_sign_process(process=process, actor=who("dsrsg"), digest=process.digest)

    with pytest.raises(Forbidden, match="nobody signs for both"):
        services.co_sign_process(process=process, actor=who("dsrsg"), digest=process.digest)
    signed(process, "homc")
    with pytest.raises(Forbidden, match="does not promulgate it"):
        services.promulgate_process(process=process, actor=who("dsrsg"))


def test_P31_a_delegate_names_the_delegation_and_an_officer_in_charge_the_capacity(mission):
    deputy = a_person("deputy.homc", first_name="Ana", last_name="Reyes")
    given = Delegation.objects.create(
        post=Post.objects.get(code="homc"),
        delegate=deputy,
        given_by=who("homc"),
        from_on=in_days(-1),
        until_on=in_days(5),
    )
    standing_in = a_person("acting.dsrsg", first_name="Jo", last_name="Moreau")
    Appointment.objects.create(
        post=Post.objects.get(code="dsrsg"),
        person=standing_in,
        capacity="officer_in_charge",
        from_on=in_days(-1),
    )

    process = signed(a_draft(), "deputy.homc", "acting.dsrsg")

    assert process.homc_signature.delegation == given
    assert process.homc_signature.capacity == "delegate"
    assert process.dsrsg_signature.capacity == "officer_in_charge"


def test_a_delegation_bounded_to_another_route_signs_nothing(mission):
    deputy = a_person("deputy.homc")
    Delegation.objects.create(
        post=Post.objects.get(code="homc"),
        delegate=deputy,
        given_by=who("homc"),
        routes=["qip"],
        from_on=in_days(-1),
        until_on=in_days(5),
    )
    process = a_draft()

    with pytest.raises(Forbidden, match="co-sign"):
        services.co_sign_process(process=process, actor=deputy, digest=process.digest)


def test_a_process_that_breaks_the_policy_is_not_signed_and_says_all_that_is_broken(mission):
    process = a_draft(
        mission_support={"condition": "works"}, gender_advice={"condition": "disaster"}
    )

    with pytest.raises(NotNow) as refusal:
        services.co_sign_process(process=process, actor=who("homc"), digest=process.digest)

    assert {(error.field, error.paragraph) for error in refusal.value.errors} == {
        ("stages.3.seats.6", "36"),
        ("stages.3.seats.3", "43"),
    }


def test_a_post_that_went_missing_stops_the_signature(mission):
    process = a_draft()
    Post.objects.filter(code="unpol").update(role="gender")

    with pytest.raises(NotNow, match="no post for “UNPOL advice”"):
        services.co_sign_process(process=process, actor=who("homc"), digest=process.digest)


def test_one_draft_a_route_at_a_time_and_the_next_after_it_is_discarded(mission):
    first = a_draft()
    with pytest.raises(NotNow, match="is open as a draft"):
        a_draft()
    a_draft("qip", mission_support={"normal_hours": 96})

    services.discard_process(process=first, actor=who("chief.cimic"), reason="Begin again.")

    assert again(first).state == "discarded"
    assert a_draft().version == 2
    with pytest.raises(NotNow, match="no draft any more"):
        services.comment_on_process(process=first, actor=who("dms"), text="Late.")


def test_a_draft_begins_as_the_process_in_force(mission):
    promulgated(a_draft())

    next_one = services.draft_process(actor=who("cimic.staff"), route=CIVIL)

    assert next_one.based_on.version == 1
    assert next_one.definition == read(content_of(**QUICKER))


def test_P31_the_six_months_run_until_a_route_has_its_own_process(mission):
    assert six_months_after(dt.date(2026, 8, 31)) == dt.date(2027, 2, 28)
    with telling(dt.datetime(2026, 7, 11, 12, tzinfo=dt.UTC)):
        promulgated(a_draft())
        standings = {standing.route: standing for standing in routes_of(mission)}

    assert standings["qip"].due_on == dt.date(2026, 7, 1)
    assert standings["qip"].days_left == -10
    assert standings["qip"].is_overdue
    assert standings[CIVIL].process.version == 1
    assert not standings[CIVIL].is_overdue


def test_entries_of_a_process_are_taken_from_the_outbox_without_harm(mission):
    process = promulgated(a_draft())
    rows = owed_rows()

    assert len(rows) == len(acts_of(process)) == 4
    assert all(take_from_outbox(row) for row in rows)
    assert owed_rows() == []


def test_what_differs_is_said_in_plain_words():
    before = BASELINES[CIVIL]
    content = content_of(
        mission_support={"normal_hours": 48, "time_sensitive_hours": 12},
        human_rights_advice={"condition": "always"},
        tasking={"label": "Tasking by U3"},
    )
    content["name"] = "Civil assistance in Carana"
    content["stages"][2]["seats"].pop(4)
    content["stages"][2]["name"] = "Consultation"
    content["stages"][0]["seats"].insert(
        0, {**content["stages"][1]["seats"][0], "code": "staff_review", "role": "cimic_staff"}
    )
    content["stages"][0], content["stages"][1] = content["stages"][1], content["stages"][0]

    found = {(one.sort, one.place, one.words) for one in differences(before, read(content))}

    assert found == {
        ("changed", "", "Name: Civil assistance → Civil assistance in Carana"),
        ("moved", "UN-CIMIC review", "Stage moved from place 2 to 1"),
        ("moved", "Sector review", "Stage moved from place 1 to 2"),
        ("changed", "Consultation", "Name: Advice and capability → Consultation"),
        (
            "added",
            "UN-CIMIC review",
            "Seat added to “Sector review”: review by UN-CIMIC staff officer, asked: always",
        ),
        ("changed", "Human rights advice", "Asked: protection of civilians → always"),
        ("changed", "DMS/CMS capability", "Normal limit: 96 h → 48 h"),
        ("changed", "DMS/CMS capability", "Time-sensitive limit: 24 h → 12 h"),
        ("changed", "Tasking by U3", "Label: Tasking by force operations → Tasking by U3"),
        ("removed", "UNPOL advice", "Seat removed from “Advice and capability”"),
    }
    assert differences(before, before) == []


# --- the API --------------------------------------------------------------------------------


def test_the_api_carries_a_process_from_draft_to_force(mission):
    chief, dsrsg, homc, srsg = (Caller(name) for name in ("chief.cimic", "dsrsg", "homc", "srsg"))
    made = chief.tell(
        "processes/",
        {"route": CIVIL, "reason": "The rains.", "content": content_of(**BROKEN)},
        expect=201,
    )
    here = f"processes/{made['id']}/"
    assert (made["state"], made["version"], made["edit"]) == ("draft", 1, 1)
    assert made["allowed"] == ["change", "comment", "discard"]
    assert [one["words"] for one in made["differences"]] == [
        "Asked: always → construction or engineering works"
    ]

    checked = dsrsg.tell(f"{here}check/")
    broken = [one for one in checked["invariants"] if not one["held"]]
    assert not checked["held"]
    assert [(one["paragraph"], one["seats"]) for one in broken] == [("36", ["mission_support"])]
    refused = dsrsg.tell(f"{here}co-sign/", {"digest": made["digest"]}, expect=409)
    assert (refused["paragraph"], refused["errors"][0]["field"]) == ("36", "stages.3.seats.6")

    mended = {"content": content_of(**QUICKER)}
    assert dsrsg.tell(f"{here}check/", mended)["held"]
    assert chief.patch(f"/api/v1/{here}", mended, format="json").status_code == 428
    changed = chief.patch(f"/api/v1/{here}", mended, format="json", HTTP_IF_MATCH='"1"')
    assert (changed.status_code, changed["ETag"]) == (200, '"2"')
    stale = chief.patch(f"/api/v1/{here}", mended, format="json", HTTP_IF_MATCH='"1"').json()
    assert stale.pop("request_id")
    assert stale | {"detail": ""} == {
        "type": "about:blank",
        "title": "Changed since you read it",
        "status": 412,
        "detail": "",
        "yours": 1,
        "current": 2,
    }
    Caller("dms").tell(f"{here}comments/", {"text": "We can answer in two days."}, expect=201)

    dsrsg.tell(f"{here}co-sign/", {"digest": made["digest"]}, expect=412)
    digest = dsrsg.read(here)["digest"]
    dsrsg.tell(f"{here}co-sign/", {"digest": digest})
    srsg.tell(f"{here}promulgate/", {}, expect=409)
    homc.tell(f"{here}co-sign/", {"digest": digest})
    done = srsg.tell(f"{here}promulgate/", {"in_force_from": in_days(0).isoformat()})

    assert done["state"] == "in_force"
    assert [(one["role"], one["counts"]) for one in done["signatures"]] == [
        ("dsrsg", True),
        ("homc", True),
    ]
    assert done["promulgated"]["post"] == "srsg"
    assert done["comments"][0]["post"] == "dms"
    assert json.loads(done["text"]) == content_of(**QUICKER)
    routes = {line["route"]: line for line in chief.read("processes/")["routes"]}
    assert (routes[CIVIL]["runs_on"], routes[CIVIL]["version"]) == ("own", 1)
    assert (routes["qip"]["runs_on"], routes["qip"]["due_on"]) == ("baseline", "2026-07-01")
    assert [line["state"] for line in chief.read("processes/?state=in_force")["results"]] == [
        "in_force"
    ]


def test_who_may_do_what_to_a_process(mission):
    made = Caller("cimic.staff").tell("processes/", {"route": CIVIL}, expect=201)
    here = f"processes/{made['id']}/"
    for name in ("unit.east", "dsrsg", "homc", "srsg", "partner.ngo", "admin"):
        caller = Caller(name)
        caller.tell("processes/", {"route": "qip"}, expect=403)
        caller.tell(f"{here}discard/", expect=403)
        stale = caller.patch(f"/api/v1/{here}", {}, format="json", HTTP_IF_MATCH="1")
        assert stale.status_code == 403
    for name in ("chief.cimic", "srsg", "dsrsg.political", "dsrsg.office", "ops", "partner.ngo"):
        Caller(name).tell(f"{here}co-sign/", {"digest": made["digest"]}, expect=403)
    for name in ("chief.cimic", "dsrsg", "homc", "cos"):
        Caller(name).tell(f"{here}promulgate/", expect=403)
    for name in ("partner.ngo", "evaluator", "records.officer", "admin"):
        Caller(name).tell(f"{here}comments/", {"text": "As we see it."}, expect=403)
    for name in ("unit.east", "gender", "qip.manager", "dsrsg.office", "cos"):
        Caller(name).tell(f"{here}comments/", {"text": "As we see it."}, expect=201)


def test_everyone_in_the_mission_reads_a_process_and_the_mission_its_comments(mission):
    process = a_draft()
    services.comment_on_process(process=process, actor=who("dms"), text="In two days.")
    a_mission("UNOTHER")

    assert Caller("partner.ngo").read(f"processes/{process.pk}/")["comments"] is None
    assert len(Caller("unit.east").read(f"processes/{process.pk}/")["comments"]) == 1
    assert len(Caller("evaluator").read(f"processes/{process.pk}/")["comments"]) == 1
    elsewhere = Caller("unother.chief.cimic")
    elsewhere.read(f"processes/{process.pk}/", expect=404)
    elsewhere.tell(f"processes/{process.pk}/comments/", {"text": "We too."}, expect=404)
    assert elsewhere.read("processes/")["results"] == []
    elsewhere.read("processes/99999999999999999999/", expect=404)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"normal_hours": 0}, "normal_hours"),
        ({"normal_hours": -4}, "normal_hours"),
        ({"normal_hours": 9000}, "normal_hours"),
        ({"time_sensitive_hours": 1.5}, "time_sensitive_hours"),
        ({"time_sensitive_hours": "12"}, "time_sensitive_hours"),
        ({"time_sensitive_hours": True}, "time_sensitive_hours"),
        ({"normal_hours": None}, "normal_hours"),
        ({"role": "president"}, "role"),
        ({"role": ["dms"]}, "role"),
        ({"role": "designated_official"}, "role"),
        ({"kind": "veto"}, "kind"),
        ({"condition": "tuesdays"}, "condition"),
        ({"label": "  "}, "label"),
        ({"label": "x" * 121}, "label"),
        ({"label": "two\nlines"}, "label"),
        ({"code": "cimic_review"}, "code"),
        ({"code": "Mission Support"}, "code"),
        ({"code": ""}, "code"),
    ],
)
def test_a_seat_that_cannot_be_read_is_malformed_at_its_place(mission, changes, field):
    Post.objects.filter(code="designated.official").update(role="undss")
    sent = {"route": CIVIL, "content": content_of(mission_support=changes)}

    told = Caller("chief.cimic").tell("processes/", sent, expect=400)

    assert [error["field"] for error in told["errors"]] == [f"stages.3.seats.6.{field}"]
    assert not Process.objects.filter(state="draft").exists()


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        ([], {"content"}),
        ("civil", {"content"}),
        ({}, {"name", "stages"}),
        ({"name": "None", "stages": []}, {"stages"}),
        ({"name": "None", "stages": {}}, {"stages"}),
        ({"name": "x" * 121, "stages": [4]}, {"name", "stages.1"}),
        (
            {"name": "Bare", "stages": [{"name": "", "status": "draft", "seats": []}]},
            {"stages.1.seats", "stages.1.name", "stages.1.status"},
        ),
        (
            {"name": "Odd", "stages": [{"name": "A", "status": "approved", "seats": [7]}]},
            {"stages.1.seats.1"},
        ),
        ({"name": "Long", "stages": [{}] * 21}, {"stages"}),
        (
            {"name": "Wide", "stages": [{"name": "A", "status": "approved", "seats": [{}] * 31}]},
            {"stages.1.seats"},
        ),
    ],
)
def test_a_process_that_cannot_be_read_says_everything_at_once(mission, content, fields):
    told = Caller("chief.cimic").tell(
        "processes/", {"route": CIVIL, "content": content}, expect=400
    )

    assert {error["field"] for error in told["errors"]} == fields


@pytest.mark.parametrize(
    ("path", "body", "status", "field"),
    [
        ("", {}, 400, "route"),
        ("", {"route": "anything"}, 400, "route"),
        ("", {"route": ["qip"]}, 400, "route"),
        ("", {"route": "qip", "reason": 4}, 400, "reason"),
        ("co-sign/", {}, 422, "digest"),
        ("comments/", {}, 422, "text"),
        ("comments/", {"text": " "}, 422, "text"),
        ("comments/", {"text": {"a": 1}}, 400, "text"),
        ("comments/", {"text": "x" * 10_001}, 400, "text"),
        ("check/", {"content": 4}, 400, "content"),
        ("discard/", {"reason": []}, 400, "reason"),
    ],
)
def test_what_is_missing_or_unreadable_is_named(mission, path, body, status, field):
    process = a_draft()
    account = {"co-sign/": "homc"}.get(path, "chief.cimic")
    where = f"processes/{process.pk}/{path}" if path else "processes/"

    told = Caller(account).tell(where, body, expect=status)

    assert [error["field"] for error in told["errors"]] == [field]


def test_the_day_of_force_is_not_past_nor_taken(mission):
    promulgated(a_draft(), in_days(5))
    second = signed(a_draft(mission_support={"normal_hours": 24}))
    srsg, here = Caller("srsg"), f"processes/{second.pk}/promulgate/"

    for day, status in (
        (in_days(-1).isoformat(), 422),
        ("soon", 400),
        (20260901, 400),
        (in_days(5).isoformat(), 409),
        (in_days(2).isoformat(), 409),
        (in_days(6).isoformat(), 200),
    ):
        srsg.tell(here, {"in_force_from": day}, expect=status)


def test_a_repeated_call_with_the_same_key_drafts_and_signs_once(mission):
    chief = Caller("chief.cimic")
    first, second = (
        chief.tell("processes/", {"route": CIVIL}, expect=201, HTTP_IDEMPOTENCY_KEY="draft-1")
        for _ in range(2)
    )
    homc = Caller("homc")
    for _ in range(2):
        homc.tell(
            f"processes/{first['id']}/co-sign/",
            {"digest": first["digest"]},
            HTTP_IDEMPOTENCY_KEY="sign-1",
        )

    assert first == second
    assert CoSignature.objects.count() == 1
    homc.tell(f"processes/{first['id']}/co-sign/", {"digest": first["digest"]}, expect=409)


def test_a_list_that_is_asked_for_strangely_is_malformed(mission):
    chief = Caller("chief.cimic")

    chief.read("processes/?route=anything", expect=400)
    chief.read("processes/?state=asleep", expect=400)
    chief.read("processes/?cursor=x", expect=400)
    assert chief.read("processes/?route=qip&state=draft")["results"] == []


def test_the_demonstration_has_processes_and_lets_more_be_written(db):
    at = dt.datetime(2027, 3, 9, 10, 30, tzinfo=dt.UTC)
    load(records=0, now=at)
    with telling(at):
        chief, dsrsg, homc, srsg = (
            Caller(name) for name in ("chief.cimic", "dsrsg", "homc", "srsg")
        )
        listed = chief.read("processes/")
        stand = {(line["route"], line["state"]) for line in listed["results"]}
        assert {(CIVIL, "in_force"), ("qip", "draft")} <= stand
        routes = {line["route"]: line for line in listed["routes"]}
        assert routes[CIVIL]["in_force_from"] == "2027-01-08"
        assert 0 < routes["qip"]["days_left"] < 184
        for route in set(Route.values) - {"qip"}:
            made = chief.tell("processes/", {"route": route}, expect=201)
            here = f"processes/{made['id']}/"
            for signer in (dsrsg, homc):
                signer.tell(f"{here}co-sign/", {"digest": made["digest"]})
            assert srsg.tell(f"{here}promulgate/")["state"] == "in_force"
        assert verify().holds


# --- the database ---------------------------------------------------------------------------


def refused(sql: str, params: list[object]) -> str:
    """Run a statement past every rule in the code; return what the database says against it."""
    with pytest.raises(DatabaseError) as error, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)
    return str(error.value)


PROMULGATE = """
    UPDATE approvals_process SET state = 'promulgated', in_force_from = CURRENT_DATE,
        promulgated_by_id = %s, promulgated_at = now() WHERE id = %s
"""


def test_P31_the_database_refuses_to_promulgate_what_is_not_co_signed(mission):
    none, one = a_draft(), a_draft("qip", mission_support={"normal_hours": 96})
    signed(one, "homc")

    for process in (none, one):
        told = refused(PROMULGATE, [who("srsg").pk, process.pk])
        assert "promulgated_process_is_co_signed" in told


def test_P31_the_database_keeps_the_words_of_what_was_promulgated(mission):
    process = promulgated(a_draft())

    for change in ("content = '{}'", "digest = repeat('0', 64)", "in_force_from = '2020-01-01'"):
        told = refused(f"UPDATE approvals_process SET {change} WHERE id = %s", [process.pk])  # noqa: S608
        assert "keeps its words" in told
    assert "permission denied" in refused(
        "DELETE FROM approvals_process WHERE id = %s", [process.pk]
    )


def test_P31_the_database_refuses_a_signature_over_other_words(mission):
    process, other = a_draft(), a_draft("qip", mission_support={"normal_hours": 96})
    signed(other)
    process = signed(process)

    told = refused(
        "UPDATE approvals_process SET digest = repeat('0', 64) WHERE id = %s", [process.pk]
    )
    assert "process_rests_on_" in told
    borrowed = refused(
        "UPDATE approvals_process SET dsrsg_signature_id = %s WHERE id = %s",
        [Process.objects.get(route="qip", state="draft").dsrsg_signature_id, process.pk],
    )
    assert "process_rests_on_dsrsg_signature" in borrowed


SIGN = """
    INSERT INTO approvals_cosignature (process_id, role, digest, by_id, post_id, capacity, at)
    VALUES (%s, %s, %s, %s, %s, 'holder', now())
"""


def test_P31_the_database_refuses_a_signature_by_another_post_or_twice(mission):
    process = signed(a_draft(), "dsrsg")
    chief, dsrsg = who("chief.cimic"), who("dsrsg")

    def sign(role: str, person: Any) -> str:
        post = person.appointments.get().post_id
        return refused(SIGN, [process.pk, role, process.digest, person.pk, post])

    assert "process_is_co_signed_by_dsrsg_or_homc" in sign("chief_cimic", chief)
    assert "process_is_co_signed_once_a_role" in sign("dsrsg", chief)
    assert "nobody_co_signs_twice" in sign("homc", dsrsg)
    assert "permission denied" in refused("UPDATE approvals_cosignature SET digest = ''", [])
    assert "permission denied" in refused("DELETE FROM approvals_processcomment", [])


# --- two at once ----------------------------------------------------------------------------


@pytest.mark.usefixtures("live")
def test_two_signatures_of_one_post_at_once_are_one():
    a_mission()
    process = a_draft()
    deputy = a_person("deputy.homc")
    Appointment.objects.create(
        post=Post.objects.get(code="homc"),
        person=deputy,
        capacity="officer_in_charge",
        from_on=in_days(-1),
    )

    told = at_once(*[lambda name=name: signed(process, name) for name in ("homc", "deputy.homc")])

    assert refusals(told) == [NotNow]
    assert CoSignature.objects.count() == 1
    assert acts_of(process) == ["process.drafted", "process.co_signed"]
    assert verify().holds


@pytest.mark.usefixtures("live")
def test_two_promulgations_at_once_are_one():
    a_mission()
    process = signed(a_draft())

    def promulgate():
        return services.promulgate_process(process=process, actor=who("srsg"))

    told = at_once(promulgate, promulgate)

    assert refusals(told) == [NotNow]
    assert acts_of(process).count("process.promulgated") == 1


@pytest.mark.usefixtures("live")
def test_a_change_and_a_signature_at_once_never_leave_other_words_signed():
    a_mission()
    process = a_draft()
    digest = process.digest
    told = at_once(
        lambda: services.co_sign_process(process=process, actor=who("homc"), digest=digest),
        lambda: services.change_process(
            process=process,
            actor=who("chief.cimic"),
            edit=1,
            content=content_of(mission_support={"normal_hours": 24}),
        ),
    )

    assert set(refusals(told)) <= {Stale}
    process = again(process)
    assert process.edit == 2
    assert process.homc_signature is None


@pytest.mark.usefixtures("live")
def test_two_drafts_at_once_are_one_and_first_requests_share_a_baseline():
    mission = a_mission()

    drafted = at_once(*[lambda: a_draft()] * 3)
    first_ones = at_once(*[lambda: a_submitted()] * 3)

    assert refusals(drafted) == [NotNow, NotNow]
    assert refusals(first_ones) == []
    assert Process.objects.filter(mission=mission, route=CIVIL, state="baseline").count() == 1
    assert ProcessComment.objects.count() == 0

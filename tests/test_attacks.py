"""What an adversary tried, and is now refused: each named by the paragraph that it would break."""

import datetime as dt
import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from approvals import services as approvals
from approvals.models import Process
from approvals.routing import process_for
from common import clock
from common.errors import Forbidden, Malformed, NotNow
from missions.models import Appointment, Mission, Post, User
from missions.queries import Standing, standing_in, vacant
from missions.vocabulary import Capacity
from notices import services as notices
from notices.models import Notice
from records import services as records
from records.compliance import done
from records.compliance.loading import load
from tests.builders import (
    a_mission,
    a_person,
    a_submitted,
    an_approved,
    carried_to,
    civil_answers,
    extreme_answers,
    give,
    in_days,
    open_step,
    qip_answers,
    security_answers,
    who,
)
from tests.calling import Caller, carry, details_for, open_steps

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def post_of(code: str) -> Post:
    return Post.objects.select_related("mission", "above").get(code=code)


def errors_of(answer: dict[str, Any]) -> list[str]:
    return [error["field"] for error in answer["errors"]]


# Separation of duties: an office's request is its post's (P30, P40)


def test_P30_a_post_does_not_decide_on_what_its_own_office_asked_for():
    rfa = carried_to(a_submitted(by="dsrsg.office"), "awaiting_decision")
    step = open_step(rfa)
    assert step.post.code == "dsrsg.political"
    with pytest.raises(Forbidden):
        give(step, "approve", by=who("dsrsg"))
    give(step, "approve")
    (record,) = load([rfa.pk])
    assert done.approved_before_any_start(record) is not None


def test_P30_nor_by_a_delegation_of_the_post_that_decides_in_its_place():
    rfa = carried_to(a_submitted(by="dsrsg.office"), "awaiting_decision")
    approvals.delegate(
        actor=who("dsrsg.political"),
        post=post_of("dsrsg.political"),
        delegate=who("dsrsg"),
        from_on=in_days(0),
        until_on=in_days(3),
    )
    with pytest.raises(Forbidden) as refusal:
        give(open_step(rfa), "approve", by=who("dsrsg"))
    assert refusal.value.paragraph == "30"


def test_P40_nobody_finds_on_an_extreme_situation_that_their_own_office_reported():
    caller = Caller("dsrsg.office")
    reported = caller.tell("extreme-situations/", extreme_answers(), expect=201)
    finding = [step for step in reported["route"] if step["seat"] == "finding"]
    assert [step["post"] for step in finding] == ["srsg"]


# People move


def test_nobody_is_put_in_charge_of_the_post_they_hold():
    answer = Caller("srsg").tell(
        "posts/srsg/officer-in-charge/",
        {"person": "srsg", "from_on": str(in_days(0)), "until_on": str(in_days(2))},
        expect=400,
    )
    assert errors_of(answer) == ["person"]


def test_who_has_left_the_mission_is_lent_no_post():
    left = who("gender")
    Appointment.objects.filter(person=left).update(until_on=in_days(-1))
    with pytest.raises(Malformed) as refusal:
        approvals.delegate(
            actor=who("dsrsg"),
            post=post_of("dsrsg"),
            delegate=left,
            from_on=in_days(0),
            until_on=in_days(3),
        )
    assert [error.field for error in refusal.value.errors] == ["delegate"]


@pytest.mark.parametrize("code", ["designated.official", "undss", "cmcoord"])
def test_P39_who_sees_it_before_the_force_lends_their_post_to_no_soldier(code):
    with pytest.raises(Malformed) as refusal:
        approvals.delegate(
            actor=who(code),
            post=post_of(code),
            delegate=who("homc"),
            from_on=in_days(0),
            until_on=in_days(3),
        )
    assert [error.paragraph for error in refusal.value.errors] == ["39"]


def test_P39_a_soldier_who_stands_in_elsewhere_still_sees_nothing_hidden_from_the_force():
    rfa = a_submitted(security_answers(), by="partner.ngo")
    approvals.delegate(
        actor=who("cos"),
        post=post_of("cos"),
        delegate=who("ops"),
        from_on=in_days(0),
        until_on=in_days(3),
    )
    Caller("ops").read(f"requests/{rfa.reference}/", expect=404)
    assert Caller("cos").read(f"requests/{rfa.reference}/")["reference"] == rfa.reference


def test_an_answer_is_not_given_under_a_delegation_that_was_ended_meanwhile():
    given = approvals.delegate(
        actor=who("dsrsg"),
        post=post_of("dsrsg"),
        delegate=who("dsrsg.political"),
        from_on=in_days(0),
        until_on=in_days(3),
    )
    rfa = carried_to(a_submitted(), "awaiting_decision")
    delegate = who("dsrsg.political")
    read_before = standing_in(delegate, given.post_id)  # as a request that began a moment ago has
    assert read_before == Standing(delegate, given.post, Capacity.DELEGATE, given)
    approvals.end_delegation(actor=who("dsrsg"), delegation=given)
    with pytest.raises(Forbidden):
        give(open_step(rfa), "approve", by=delegate)
    assert not rfa.answers.filter(seat_kind="decision").exists()


# The mission's own days (P31)


def test_a_tenure_begins_and_ends_at_the_missions_midnight():
    Mission.objects.update(time_zone="Indian/Mauritius")  # four hours before Greenwich
    Appointment.objects.filter(post__code="cos").update(until_on=dt.date(2026, 6, 1))
    successor = a_person("cos.next")
    Appointment.objects.create(post=post_of("cos"), person=successor, from_on=dt.date(2026, 6, 2))
    before, after = (
        dt.datetime(2026, 6, 1, 19, 59, tzinfo=dt.UTC),
        dt.datetime(2026, 6, 1, 20, 1, tzinfo=dt.UTC),
    )
    cos = post_of("cos").pk
    with clock.telling(before):
        assert standing_in(who("cos"), cos) is not None
        assert standing_in(User.objects.get(pk=successor.pk), cos) is None
    with clock.telling(after):
        assert standing_in(who("cos"), cos) is None
        assert standing_in(User.objects.get(pk=successor.pk), cos) is not None
        assert not vacant(Post.objects.filter(pk=cos)).exists()


def test_P41_a_task_is_started_and_completed_on_the_missions_own_day():
    Mission.objects.update(time_zone="Indian/Mauritius")
    rfa = an_approved()
    with clock.telling(dt.datetime(2026, 12, 1, 21, 0, tzinfo=dt.UTC)):
        task = records.start(rfa=rfa, actor=who("chief.cimic"))
        assert task.started_on == dt.date(2026, 12, 2)
        records.complete(rfa=rfa, actor=who("chief.cimic"), completed_on=dt.date(2026, 12, 2))


def test_P36_an_answer_of_the_same_mission_day_came_before_the_start():
    Mission.objects.update(time_zone="America/Port-au-Prince")  # behind Greenwich
    evening = dt.datetime(2026, 12, 2, 2, 0, tzinfo=dt.UTC)  # the 1st, nine in the evening
    with clock.telling(evening):
        rfa = an_approved(civil_answers(needed_by="2026-12-20"))
        records.start(rfa=rfa, actor=who("chief.cimic"), started_on=dt.date(2026, 12, 1))
    (record,) = load([rfa.pk])
    for row in (done.mission_support_before_the_task, done.approved_before_any_start):
        found = row(record)
        assert found is not None
        assert found.outcome == "complied"


# Answers: everything wrong at once, nothing kept that was not asked


def a_review() -> tuple[str, dict[str, Any]]:
    reference = Caller("unit.east").submit(civil_answers())
    return reference, open_steps(reference)[0]


def test_all_that_is_wrong_with_an_answer_is_told_with_its_revision():
    _reference, step = a_review()
    sector = Caller("sector.east")
    path = f"steps/{step['id']}/answers/"
    assert errors_of(sector.tell(path, {}, expect=400)) == ["answer", "revision"]
    assert errors_of(sector.tell(path, {"answer": "return"}, expect=422)) == ["revision", "remarks"]
    for revision in ("abc", True, 1.0, -1, [1]):
        said = {"answer": "forward_recommended", "revision": revision}
        assert errors_of(sector.tell(path, said, expect=400)) == ["revision"]
    sector.tell(path, {"answer": "forward_recommended", "revision": 7}, expect=412)


def test_details_that_no_seat_asks_for_are_named_and_not_kept():
    _reference, step = a_review()
    given = Caller("sector.east").tell(
        f"steps/{step['id']}/answers/",
        {
            "answer": "forward_recommended",
            "revision": 1,
            "mood": "good",
            "details": {"verified": "reported", "unit": "east-bn", "cluster_plan": "consistent"},
        },
        expect=201,
    )
    assert given["ignored"] == ["details.cluster_plan", "details.unit", "mood"]
    assert given["details"] == {"verified": "reported"}


def test_P39_of_the_criteria_only_what_the_guidance_asks_is_kept():
    reference = Caller("partner.ngo").submit(security_answers())
    carry(reference, "awaiting_decision")
    (step,) = open_steps(reference)
    details = details_for(step, "approve")
    criteria = {**details["criteria"], "luck": {"met": True, "reason": "x"}}
    criteria["need"] = {**criteria["need"], "weight": 3}
    given = Caller("designated.official").tell(
        f"steps/{step['id']}/answers/",
        {"answer": "approve", "revision": 1, "details": {**details, "criteria": criteria}},
        expect=201,
    )
    assert given["ignored"] == ["details.criteria.luck", "details.criteria.need.weight"]
    assert given["details"] == details


def test_R22_a_review_may_say_by_whom_and_when_the_need_was_verified():
    reference, step = a_review()
    sector = Caller("sector.east")
    path = f"steps/{step['id']}/answers/"

    def refused(**details: Any) -> list[str]:
        said = {"answer": "forward_recommended", "revision": 1, "details": details}
        return errors_of(sector.tell(path, said, expect=400))

    assert refused(verified="on_site", verified_on=str(in_days(2))) == ["details.verified_on"]
    assert refused(verified="on_site", verified_on="last week", verified_by=4) == [
        "details.verified_by",
        "details.verified_on",
    ]
    assert refused(verified="on_site", verified_by="x" * 201) == ["details.verified_by"]
    assert refused(verified="not_verified", verified_by="Capt Sow") == ["details.verified"]
    assert refused(verified_on=str(in_days(0))) == ["details.verified"]
    details = {"verified": "on_site", "verified_by": "Capt Sow", "verified_on": str(in_days(0))}
    given = sector.tell(
        path, {"answer": "forward_recommended", "revision": 1, "details": details}, expect=201
    )
    assert given["details"] == details
    shown = Caller("chief.cimic").read(f"requests/{reference}/")["route"][0]["answer"]["details"]
    assert shown == details


def test_R22_the_page_asks_and_shows_it(client):
    reference, step = a_review()
    client.force_login(who("sector.east"))
    page = client.get(f"/steps/{step['id']}/").content.decode()
    assert 'name="verified_by"' in page
    assert 'name="verified_on"' in page
    client.post(
        f"/steps/{step['id']}/",
        {
            "revision": "1",
            "answer": "forward_recommended",
            "verified": "on_site",
            "verified_by": "Capt Sow",
            "verified_on": str(in_days(0)),
        },
    )
    client.force_login(who("chief.cimic"))
    assert "Verified by Capt Sow" in client.get(f"/register/{reference}/").content.decode()


def test_P41_a_closed_record_says_so_when_somebody_would_answer_anew():
    rfa = carried_to(a_submitted(), "awaiting_decision")
    step = open_step(rfa)
    give(step, "not_approve", remarks="WFP delivers there.")
    records.record_delivery(
        rfa=rfa, actor=who("chief.cimic"), delivered=False, source="The cluster."
    )
    with pytest.raises(NotNow, match="closed"):
        approvals.supersede(
            step=step, actor=who("dsrsg"), word="approve", revision=1, remarks="After all."
        )


def test_P16_nothing_is_paid_after_the_last_instalment():
    rfa = an_approved(qip_answers())
    records.start(rfa=rfa, actor=who("chief.cimic"))
    today = in_days(0)
    records.record_visit(rfa=rfa, actor=who("chief.cimic"), visited_on=today, findings="Built.")
    records.plan(rfa=rfa, actor=who("qip.manager"), values={"agreement_signed_on": today})
    manager = Caller("qip.manager")
    path = f"requests/{rfa.reference}/instalments/"
    paid = {"amount": "100.00", "paid_on": str(today)}
    manager.tell(path, {**paid, "is_last": True}, expect=201)
    for more in ({}, {"is_last": True}):
        manager.tell(path, {**paid, **more}, expect=409)


def test_an_address_that_cannot_be_read_is_simply_not_there():
    Caller("chief.cimic").read("complaints/a%00/", expect=404)
    Caller("srsg").tell("posts/a%00/officer-in-charge/", expect=404)
    Caller("srsg").tell("posts/a%00/officer-in-charge/1/end/", expect=404)
    Caller("designated.official").tell("standing-policies/a%00/end/", expect=404)


# Told sideways: low-profile requesters (R22) and hidden records (P39)


def a_colleague() -> User:
    ngo = post_of("partner.ngo")
    person = a_person(
        "partner.two", first_name="Ama", last_name="Toure", organisation=ngo.organisation
    )
    desk = Post.objects.create(
        mission=ngo.mission,
        code="partner.desk",
        title="Relief desk",
        role=ngo.role,
        reach=ngo.reach,
        clearance=0,
        organisation=ngo.organisation,
    )
    Appointment.objects.create(post=desk, person=person, from_on=dt.date(2026, 1, 1))
    return person


def test_R22_no_colleague_referral_or_file_tells_who_asks(client, tmp_path):
    rfa = a_submitted(civil_answers(low_profile=True), by="partner.ngo")
    colleague = a_colleague()
    approvals.say(rfa=rfa, actor=colleague, text="We wait.")
    letter = SimpleUploadedFile("Relief-letter.txt", b"From Relief for Carana", "text/plain")
    kept = approvals.attach(rfa=rfa, actor=who("partner.ngo"), upload=letter, caption="RFC's own")
    approvals.refer(rfa=rfa, actor=who("partner.ngo"), matter="We cannot agree.")
    path = f"requests/{rfa.reference}/"
    for account in ("cos", "evaluator", "homc"):
        caller = Caller(account)
        texts = [caller.read(path), caller.read(f"{path}history/"), caller.read(f"{path}messages/")]
        if account == "homc":
            texts.append(caller.read("referrals/"))
        client.force_login(who(account))
        said = json.dumps(texts) + client.get(f"/register/{rfa.reference}/").content.decode()
        for name in ("Relief", "RFC", "Ama Toure", "partner.", "Partner Ngo"):
            assert name not in said, (account, name)
        caller.read(f"{path}attachments/{kept.pk}/", expect=404)
        assert client.get(f"/files/{kept.pk}/").status_code == 404
    for account in ("chief.cimic", "partner.ngo"):
        assert [one["name"] for one in Caller(account).read(path)["attachments"]] == [kept.name]
        client.force_login(who(account))
        served = client.get(f"/files/{kept.pk}/")
        assert served.status_code == 200
        assert b"".join(served.streaming_content) == b"From Relief for Carana"


def test_P39_handling_a_complaint_tells_nobody_of_a_record_that_is_hidden_from_them(client):
    rfa = a_submitted(security_answers(), by="partner.ngo")
    Caller("cmcoord").tell(
        "complaints/", {"matter": "The guard was rude.", "reference": rfa.reference}, expect=201
    )
    staff = Caller("cimic.staff").read("complaints/")["results"]
    assert [one["record"] for one in staff] == [None]
    chief = Caller("chief.cimic").read("complaints/")["results"]
    assert [one["record"] for one in chief] == [rfa.reference]
    client.force_login(who("cimic.staff"))
    assert rfa.reference not in client.get("/complaints/").content.decode()


# Gaps filled


def test_waiting_on_says_that_a_post_is_vacant_and_where_its_work_went():
    rfa = a_submitted()
    caller = Caller("cos")
    (wait,) = caller.read(f"requests/{rfa.reference}/")["waiting_on"]
    assert (wait["post"], wait["vacant"], wait["gone_up_to"]) == ("chief.cimic", False, None)
    Appointment.objects.filter(post__code="chief.cimic").update(until_on=in_days(-1))
    for found in (
        caller.read(f"requests/{rfa.reference}/"),
        caller.read("requests/")["results"][0],
    ):
        (wait,) = found["waiting_on"]
        assert (wait["vacant"], wait["gone_up_to"]) == (True, "homc")
        assert wait["gone_up_to_title"] == post_of("homc").title


def test_P39_the_work_of_a_vacant_post_is_not_said_to_have_gone_up_to_the_force():
    rfa = a_submitted(security_answers(), by="partner.ngo")
    Appointment.objects.filter(post__code="chief.cimic").update(until_on=in_days(-1))
    (wait,) = Caller("cos").read(f"requests/{rfa.reference}/")["waiting_on"]
    assert (wait["vacant"], wait["gone_up_to"]) == (True, "srsg")


def told(sort: str) -> list[str]:
    notices.sweep()
    found = Notice.objects.filter(sort=sort).order_by("person__username")
    return list(found.values_list("person__username", flat=True))


def test_P31_the_signers_are_told_once_that_a_process_waits_for_them():
    chief = who("chief.cimic")
    process = approvals.draft_process(actor=chief, route="civil_assistance")
    assert told("process_to_sign") == []
    content = process.content
    content["stages"][0]["name"] = "Review in the sector"
    broken = json.loads(json.dumps(content))
    for stage in broken["stages"]:
        stage["seats"] = [seat for seat in stage["seats"] if seat["role"] != "dms"]
    process = approvals.change_process(process=process, actor=chief, edit=1, content=broken)
    assert told("process_to_sign") == []
    process = approvals.change_process(process=process, actor=chief, edit=2, content=content)
    assert told("process_to_sign") == ["dsrsg", "homc"]
    content["stages"][0]["name"] = "The sector's review"
    process = approvals.change_process(process=process, actor=chief, edit=3, content=content)
    assert told("process_to_sign") == ["dsrsg", "homc"]
    for account in ("dsrsg", "homc"):
        process = approvals.co_sign_process(
            process=process, actor=who(account), digest=process.digest
        )
    assert told("process_to_promulgate") == ["srsg"]
    assert Process.objects.get(pk=process.pk).based_on == process_for(
        process.mission, "civil_assistance"
    )


def test_P49_a_complaint_to_answer_is_owed_on_the_handover_page(client):
    logged = Caller("unit.east").tell("complaints/", {"matter": "A broken wall."}, expect=201)

    def owed(account: str) -> list[str]:
        page = Caller(account).read("handover/")
        return [one["reference"] for one in page["complaints"]]

    assert (owed("sector.east"), owed("sector.west"), owed("chief.cimic")) == (
        [logged["reference"]],
        [],
        [],
    )
    client.force_login(who("sector.east"))
    assert logged["reference"] in client.get("/handover/").content.decode()
    Appointment.objects.filter(post__code="sector.east").update(until_on=in_days(-1))
    assert owed("chief.cimic") == [logged["reference"]]
    Caller("chief.cimic").tell(
        f"complaints/{logged['reference']}/answer/", {"answer": "It is mended."}
    )
    assert owed("chief.cimic") == []

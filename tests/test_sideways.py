"""What one may not know is not told sideways: by a filter, an order, a count, a cursor or a clock.

Two worlds that differ in nothing but what the reader may not know answer alike, letter by letter.
"""

import base64
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from approvals import services as approvals
from approvals.queries import visible_to
from common.errors import Forbidden
from missions.models import Appointment, Delegation, Organisation, Post
from notices import services as notices
from records.columns import SORTS
from records.compliance.question import Question
from records.compliance.reading import compliance_of
from requests_app.models import AssistanceRequest
from tests.builders import a_mission, a_submitted, civil_answers, in_days, security_answers, who
from tests.calling import Caller

pytestmark = pytest.mark.django_db
READER = "undss"  # sees the mission, is on no route of civil assistance


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def two_low_profile() -> list[AssistanceRequest]:
    """Two requests that differ in who asks alone."""
    return [
        a_submitted(civil_answers(low_profile=True, contact="Sister Ana"), by=by)
        for by in ("partner.ngo", "partner.un")
    ]


def told(reader: Caller, path: str) -> str:
    """Give an answer, without what is made anew for each."""
    return re.sub(r"cursor=[^\"&]+", "", reader.get(f"/api/v1/{path}").content.decode())


def test_R22_no_order_word_filter_count_or_figure_hangs_on_who_asks():
    first, second = two_low_profile()
    reader = Caller(READER)
    paths = [f"requests/?sort={way}{name}" for name in SORTS for way in ("", "-")]
    paths += [
        f"requests/?search={word}" for word in ("Relief", "RFC", "World", "WFP", "Ana", "partner")
    ]
    paths += ["requests/?mine=true", "statistics/?by=organisation", "statistics/?by=kind"]
    paths += [f"requests/{first.reference}/look-alikes/", "inbox/", "notices/", "complaints/"]
    before = {path: told(reader, path) for path in paths}

    # who asks changes places; nothing else does
    for rfa, by in ((first, "partner.un"), (second, "partner.ngo")):
        person = who(by)
        AssistanceRequest.objects.filter(pk=rfa.pk).update(
            requested_by=person,
            organisation=person.organisation,
            post=person.appointments.get().post,
            contact="Brother Ben",
        )

    after = {path: told(reader, path) for path in paths}
    assert {path for path in paths if before[path] != after[path]} == set()
    assert first.reference in before["requests/?sort=reference"]


def test_R22_a_marker_of_a_page_holds_nothing_of_who_asks():
    for _turn in range(2):
        two_low_profile()
    reader = Caller(READER)

    for name in SORTS:
        page = reader.read(f"requests/?page_size=1&sort={name}")
        cursor = re.search(r"cursor=([^&]+)", page["next"])[1].replace("%3D", "=")
        said = base64.urlsafe_b64decode(cursor + "==").decode("utf-8", "replace")
        for word in ("Relief", "RFC", "WFP", "World Food", "partner", "Ana"):
            assert word not in said, (name, said)


def test_P39_a_search_for_what_is_hidden_is_answered_as_a_search_for_nothing(client):
    a_submitted(security_answers(title="Zq-leppko convoy"), by="partner.ngo")
    api = Caller("ops")
    client.force_login(who("ops"))

    def page(word: str) -> str:
        said = client.get("/register/", {"search": word}).content.decode()
        said = re.sub(r'csrf[^>]+|"X-CSRFToken[^}]+', "", said).replace(word, "…")
        return re.sub(r"[0-9a-f]{32,}|[A-Za-z0-9]{64}", "", said)

    assert told(api, "requests/?search=Zq-leppko") == told(api, "requests/?search=Zq-nothing")
    assert page("Zq-leppko") == page("Zq-nothing")
    assert Caller("chief.cimic").read("requests/?search=Zq-leppko")["results"]


def test_P39_an_officer_of_the_force_who_stands_in_reads_no_count_of_what_is_hidden():
    a_submitted(security_answers(), by="partner.ngo")
    Delegation.objects.create(
        post=Post.objects.get(code="cos"),
        delegate=who("ops"),
        given_by=who("cos"),
        from_on=in_days(0),
        until_on=in_days(2),
    )
    question = Question(in_days(-30), in_days(1), in_days(0))

    assert compliance_of(who("cos"), question).lines
    with pytest.raises(Forbidden):
        compliance_of(who("ops"), question)


def test_whoever_leaves_a_post_loses_its_sight_and_only_a_reference_is_left_of_notices(client):
    rfa = a_submitted(civil_answers(title="Zq-water trucking"), by="sector.west")
    mine = a_submitted(civil_answers(title="Zq-own words"), by="partner.ngo")
    letter = SimpleUploadedFile("zq.txt", b"words")
    kept = approvals.attach(rfa=mine, actor=who("partner.ngo"), upload=letter)
    notices.sweep()
    Appointment.objects.filter(person__username__in=["chief.cimic", "partner.ngo"]).update(
        until_on=in_days(-1)
    )

    for account in ("chief.cimic", "partner.ngo"):
        api = Caller(account)
        client.force_login(who(account))
        assert not visible_to(who(account)).exists()
        for one in (rfa, mine):
            api.read(f"requests/{one.reference}/", expect=404)
            assert client.get(f"/register/{one.reference}/").status_code == 404
        assert client.get(f"/files/{kept.pk}/").status_code == 404
        for path in ("/", "/notices/?which=all", "/requests/?show=all", "/register/", "/inbox/"):
            assert "Zq-" not in client.get(path, follow=True).content.decode(), (account, path)


def test_a_clearance_that_is_lowered_takes_effect_at_once():
    rfa = a_submitted(civil_answers(classification="strictly_confidential"), by="sector.east")
    caller = Caller("cos")
    caller.read(f"requests/{rfa.reference}/")

    Post.objects.filter(code="cos").update(clearance=0)

    caller.read(f"requests/{rfa.reference}/", expect=404)
    assert rfa.reference not in str(caller.read("requests/"))


def test_P15_a_colleague_does_not_see_what_is_strictly_confidential():
    asked = civil_answers(classification="strictly_confidential")
    rfa = a_submitted(asked, by="partner.ngo")
    Post.objects.filter(code="gender").update(role="partner")
    colleague = who("gender")
    colleague.organisation = Organisation.objects.get(acronym="RFC")
    colleague.save()

    assert not visible_to(who("gender")).filter(pk=rfa.pk).exists()
    AssistanceRequest.objects.filter(pk=rfa.pk).update(classification=1)
    assert visible_to(who("gender")).filter(pk=rfa.pk).exists()

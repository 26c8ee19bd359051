"""What is said beside a record: to whom, naming whom, and who never learns of it."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from approvals import services as approvals
from approvals.queries.mentions import codes_named
from common.errors import Forbidden, Incomplete, Malformed
from ledger.models import Entry
from missions.models import Appointment
from requests_app.models import AssistanceRequest, Message
from tests.builders import (
    POSTS,
    a_mission,
    a_submitted,
    carried_to,
    civil_answers,
    give,
    in_days,
    open_step,
    security_answers,
    who,
)
from tests.calling import Caller

pytestmark = pytest.mark.django_db

INSIDE = "The platoon is on leave until Thursday."
OPENLY = "We come on Tuesday at dawn."
PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f"
    b"\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xcf\xc0\xf0\x1f\x00\x05\x00\x01\xff\x89\x99=\x1d"
    b"\x00\x00\x00\x00IEND\xaeB`\x82"
)


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


def spoken(by):
    """A request by somebody, with one message inside the mission and one to all."""
    rfa = carried_to(a_submitted(by=by), "in_consultation")
    approvals.say(rfa=rfa, actor=who("chief.cimic"), text=INSIDE, internal=True)
    approvals.say(rfa=rfa, actor=who("chief.cimic"), text=OPENLY)
    return AssistanceRequest.objects.get(pk=rfa.pk)


def told_to(username, rfa, client):
    """Everything that somebody's doors say of a record: page, API, history, entry, search."""
    client.force_login(who(username))
    page = client.get(f"/register/{rfa.reference}/")
    if page.status_code == 404:
        return None
    numbers = Entry.objects.filter(chain=rfa.pk).values_list("number", flat=True)
    raw = [
        client.get(f"/register/{rfa.reference}/history/{number}/").content.decode()
        for number in numbers
    ]
    caller = Caller(username)
    told = [page.content.decode(), *raw] + [
        json.dumps(caller.read(path))
        for path in (
            f"requests/{rfa.reference}/",
            f"requests/{rfa.reference}/messages/",
            f"requests/{rfa.reference}/history/",
        )
    ]
    # Words find what the reader may read, and nothing else.
    found = caller.read("requests/?search=platoon")["results"]
    assert (found != []) == any(INSIDE in one for one in told)
    return "\n".join([*told, json.dumps(found)])


@pytest.mark.parametrize("asker", ["partner.ngo", "sector.east"])
@pytest.mark.parametrize("username", [name for name in POSTS if name != "admin"])
def test_every_account_reads_what_is_meant_for_it_through_every_door(asker, username, client):
    rfa = spoken(asker)

    told = told_to(username, rfa, client)

    if told is None:
        return
    inside = username != asker and not username.startswith("partner")
    assert OPENLY in told
    assert (INSIDE in told) == inside
    assert ('"internal": true' in told) == inside


def test_whoever_asked_never_learns_more_than_that_an_entry_is_there(client):
    rfa = spoken("sector.east")
    caller = Caller("sector.east")

    (message,) = caller.read(f"requests/{rfa.reference}/messages/")["results"]
    said = [
        entry
        for entry in caller.read(f"requests/{rfa.reference}/history/")["results"]
        if entry["act"] == "message.said"
    ]
    client.force_login(who("sector.east"))
    page = client.get(f"/register/{rfa.reference}/").content.decode()

    assert message["text"] == OPENLY
    assert [entry["payload"] is None for entry in said] == [True, False]
    assert [entry["salt"] is None for entry in said] == [True, False]
    assert page.count('class="message') == 1
    assert "What was said is withheld" in page


def test_the_requests_post_keeps_it_so_after_a_rotation():
    rfa = spoken("sector.east")
    Appointment.objects.filter(person=who("sector.east")).update(until_on=in_days(-1))
    Appointment.objects.create(
        post=rfa.post, person=who("unpol"), from_on=in_days(0), capacity="holder"
    )

    told = Caller("unpol").read(f"requests/{rfa.reference}/messages/")["results"]

    assert [message["text"] for message in told] == [OPENLY]


def test_whoever_asked_does_not_speak_inside():
    rfa = a_submitted(by="sector.east")

    with pytest.raises(Forbidden):
        approvals.say(rfa=rfa, actor=who("sector.east"), text="Among us", internal=True)

    assert not Message.objects.exists()


def test_a_message_has_words():
    rfa = a_submitted()

    with pytest.raises(Incomplete):
        approvals.say(rfa=rfa, actor=who("chief.cimic"), text="  ")


def test_a_post_is_named_by_its_code_and_an_address_names_nobody():
    text = "@chief.cimic and @DMS, ask x@unac.example (@unit.east): by @8 or @gender."

    assert codes_named(text) == ["chief.cimic", "dms", "unit.east", "gender"]


def mentions_of(message):
    said = Entry.objects.filter(chain=message.rfa_id, act="message.said").latest("number")
    return json.loads(said.payload.text).get("mentions")


def test_the_entry_keeps_who_is_told_and_the_text_whom_it_names():
    rfa = carried_to(a_submitted(), "in_consultation")

    message = approvals.say(
        rfa=rfa,
        actor=who("chief.cimic"),
        text="@dms is there fuel?",
        internal=True,
        mentions=["gender", "dms"],
    )

    assert message.text == "@gender @dms is there fuel?"
    assert mentions_of(message) == [who("gender").pk, who("dms").pk]
    told = Caller("cmcoord").read(f"requests/{rfa.reference}/messages/")["results"]
    assert told[0]["mentions"] == ["gender", "dms"]


def test_who_speaks_is_not_told_of_it():
    rfa = a_submitted()

    message = approvals.say(rfa=rfa, actor=who("chief.cimic"), text="As I, @chief.cimic, said")

    assert mentions_of(message) is None


@pytest.mark.parametrize(
    ("code", "internal"),
    [
        ("nobody.here", False),  # no such post
        ("partner.un", False),  # does not see the record
        ("gender", False),  # not reached by the route yet
        ("partner.ngo", True),  # made the request
        ("admin", False),
    ],
)
def test_who_may_not_read_it_is_named_in_the_refusal_and_nothing_is_sent(code, internal):
    rfa = a_submitted(by="partner.ngo")

    with pytest.raises(Malformed) as refused:
        approvals.say(
            rfa=rfa, actor=who("chief.cimic"), text=f"@{code} @dsrsg look", internal=internal
        )

    assert f"Nobody at @{code} may read this message" in refused.value.detail
    assert "dsrsg" not in refused.value.detail
    assert not Message.objects.exists()


def test_P39_naming_does_not_show_the_force_what_is_hidden_from_it():
    rfa = a_submitted(security_answers(requester_class="humanitarian"), by="partner.ngo")

    with pytest.raises(Malformed):
        approvals.say(rfa=rfa, actor=who("chief.cimic"), text="@ops be ready", internal=True)


def test_R22_whoever_asked_with_a_low_profile_is_never_named():
    rfa = a_submitted(civil_answers(low_profile=True), by="partner.ngo")

    for username in ("chief.cimic", "cos"):
        with pytest.raises(Malformed):
            approvals.say(rfa=rfa, actor=who(username), text="@partner.ngo thank you")


def test_the_api_speaks_names_and_refuses():
    rfa = carried_to(a_submitted(by="partner.ngo"), "in_consultation")
    caller = Caller("chief.cimic")
    path = f"requests/{rfa.reference}/messages/"

    said = caller.tell(path, {"text": "Fuel?", "internal": True, "mentions": ["dms"]}, expect=201)
    refused = caller.tell(path, {"text": "@partner.un look"}, expect=400)
    caller.tell(path, {"text": "x", "mentions": "dms"}, expect=400)
    caller.tell(path, {"text": "x", "mentions": [7]}, expect=400)
    partner = Caller("partner.ngo").tell(path, {"text": "x", "internal": True}, expect=403)

    assert (said["text"], said["mentions"]) == ("@dms Fuel?", ["dms"])
    assert refused["errors"][0]["field"] == "text"
    assert "the mission's own" in partner["detail"]


def test_a_message_that_is_refused_stays_in_its_box_with_the_reason(client):
    rfa = a_submitted(by="partner.ngo")
    client.force_login(who("chief.cimic"))

    page = client.post(
        f"/requests/{rfa.reference}/messages/",
        {"text": "@partner.un have a look", "audience": "internal"},
        follow=True,
    ).content.decode()
    again = client.get(f"/register/{rfa.reference}/").content.decode()

    assert "Nobody at @partner.un may read this message" in page
    assert "@partner.un have a look</textarea>" in page
    assert "have a look" not in again


def test_the_page_marks_whom_a_message_names_and_writes_nothing_else(client):
    rfa = carried_to(a_submitted(), "in_consultation")
    approvals.say(rfa=rfa, actor=who("chief.cimic"), text="@dms <b>now</b>", internal=True)
    client.force_login(who("dms"))

    page = client.get(f"/register/{rfa.reference}/").content.decode()

    assert '<span class="mention">@dms</span> &lt;b&gt;now&lt;/b&gt;' in page


def test_a_partner_reads_on_the_page_that_a_post_answered_and_not_what_it_advised(client):
    rfa = carried_to(a_submitted(by="partner.ngo"), "in_consultation")
    give(rfa.steps.get(seat="gender_advice"), "objects", remarks="Nobody asked the women.")
    client.force_login(who("partner.ngo"))

    page = client.get(f"/register/{rfa.reference}/").content.decode()
    entries = "".join(
        client.get(f"/register/{rfa.reference}/history/{entry.number}/").content.decode()
        for entry in Entry.objects.filter(chain=rfa.pk)
    )

    assert "Gender adviser" in page
    assert "Nobody asked" not in page + entries
    assert "Objects" not in page
    assert "forwarded, recommended" not in page.lower()
    assert "objects" not in entries


def attached(rfa, by, name="bridge.png", content=PNG):
    return approvals.attach(rfa=rfa, actor=who(by), upload=SimpleUploadedFile(name, content))


def closed(*answers):
    """Close what was answered, as a server does once it is sent."""
    for answer in answers:
        answer.close()


def test_a_file_is_downloaded_through_the_api_by_whoever_sees_the_record():
    rfa = a_submitted(by="partner.ngo")
    kept = attached(rfa, "partner.ngo")
    path = f"/api/v1/requests/{rfa.reference}/attachments/{kept.pk}/"
    found = {}
    for username in ("partner.ngo", "chief.cimic", "partner.un", "gender"):
        found[username] = Caller(username).get(path)

    assert {name: answer.status_code for name, answer in found.items()} == {
        "partner.ngo": 200,
        "chief.cimic": 200,
        "partner.un": 404,
        "gender": 404,
    }
    answer = found["chief.cimic"]
    assert b"".join(answer.streaming_content) == PNG
    assert answer["Content-Disposition"] == 'attachment; filename="bridge.png"'
    record = Caller("chief.cimic").read(f"requests/{rfa.reference}/")
    assert record["attachments"][0]["download"] == path
    closed(*found.values())


def test_a_file_of_one_record_is_not_found_under_another():
    rfa, other = a_submitted(), a_submitted()
    kept = attached(rfa, "sector.east")

    answer = Caller("chief.cimic").get(f"/api/v1/requests/{other.reference}/attachments/{kept.pk}/")

    assert answer.status_code == 404


def test_a_picture_is_shown_in_the_page_and_nothing_in_a_file_can_run(client):
    rfa = a_submitted()
    picture = attached(rfa, "sector.east")
    text = attached(rfa, "sector.east", "note.txt", b"<script>alert(1)</script>")
    client.force_login(who("chief.cimic"))

    page = client.get(f"/register/{rfa.reference}/").content.decode()
    shown = client.get(f"/files/{picture.pk}/?show=1")
    never = client.get(f"/files/{text.pk}/?show=1")

    assert f'<img src="/files/{picture.pk}/?show=1" alt="bridge.png" loading="lazy">' in page
    assert shown["Content-Disposition"] == 'inline; filename="bridge.png"'
    assert never["Content-Disposition"] == 'attachment; filename="note.txt"'
    for answer in (shown, never):
        assert "default-src 'none'" in answer["Content-Security-Policy"]
        assert "sandbox" in answer["Content-Security-Policy"]
        assert answer["X-Content-Type-Options"] == "nosniff"
    closed(shown, never)


def test_a_kept_picture_is_asked_for_again_and_a_classified_one_is_not_kept(client):
    openly = attached(a_submitted(), "sector.east")
    closely = attached(a_submitted(civil_answers(classification="confidential")), "sector.east")
    client.force_login(who("chief.cimic"))

    first = client.get(f"/files/{openly.pk}/?show=1")
    again = client.get(f"/files/{openly.pk}/?show=1", HTTP_IF_NONE_MATCH=first["ETag"])
    secret = client.get(f"/files/{closely.pk}/?show=1", HTTP_IF_NONE_MATCH=f'"{closely.digest}"')

    assert first["Cache-Control"] == "private, no-cache"
    assert again.status_code == 304
    assert (secret.status_code, secret["Cache-Control"]) == (200, "no-store")
    client.force_login(who("partner.un"))
    gone = client.get(f"/files/{openly.pk}/?show=1", HTTP_IF_NONE_MATCH=first["ETag"])
    assert gone.status_code == 404
    closed(first, secret)


def test_an_entry_is_read_as_the_ledger_keeps_it(client):
    rfa = a_submitted()
    step = open_step(rfa)
    give(step, "forward_recommended", remarks="Seen on Tuesday.")
    entry = Entry.objects.filter(chain=rfa.pk, act="step.answered").get()
    client.force_login(who("chief.cimic"))

    page = client.get(f"/register/{rfa.reference}/history/{entry.number}/").content.decode()
    client.force_login(who("partner.un"))
    unseen = client.get(f"/register/{rfa.reference}/history/{entry.number}/")

    for words in (entry.hash, entry.previous, entry.payload_digest, "Seen on Tuesday."):
        assert words in page
    assert unseen.status_code == 404

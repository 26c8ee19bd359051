"""One seen and one unseen probe of every address, as every post: no door tells more than another.

Each record carries words of its own in everything that can be written about it. No answer to
anybody may hold a word of a record that they do not see, and what one may not see is answered
letter by letter as what does not exist. ``CIMIC_LONG=1`` knocks at every door as every post;
otherwise each door is tried as some posts, and each post at some doors, the same every time.
"""

import io
import os
import re
import zipfile
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from pypdf import PdfReader

from approvals import services as approvals
from approvals.queries import visible_to, with_who_asks
from approvals.queries.low_profile import files_of
from common.clock import now
from ledger.models import AccessLog
from notices import services as notices
from notices.models import Notice
from records import saved_views
from records.models import Complaint, ExportRun
from requests_app.importing import bringing
from requests_app.models import AssistanceRequest
from tests.builders import (
    POSTS,
    a_draft,
    a_mission,
    a_submitted,
    civil_answers,
    security_answers,
    who,
)
from tests.calling import Caller, finish
from tests.doors import ALL, APART, LISTS, RECORD, THEIRS, lines, methods_of, served

pytestmark = pytest.mark.django_db
LONG = bool(os.environ.get("CIMIC_LONG"))
EVERY = 1 if LONG else 18


class Rollback(Exception):
    """Ends a probe, so that whatever it did is undone."""


class World:
    """Records of each sort, each with words that stand nowhere else."""

    def __init__(self) -> None:
        self.records: dict[str, AssistanceRequest] = {}
        self.files: dict[str, Any] = {}
        self.views = dict(served())
        a_mission()
        a_mission("UNEX")
        self.ask("east", by="sector.east")
        self.ask("west", by="sector.west", area="CR02")
        self.ask("ngo", by="partner.ngo")
        self.ask("un", by="partner.un", area="CR02")
        self.ask("strict", by="sector.east", classification="strictly_confidential")
        self.ask("conf", by="civil.affairs", classification="confidential")
        self.ask("low", by="partner.ngo", low_profile=True)
        self.ask("hidden", security_answers(), by="partner.ngo", classification="unclassified")
        self.ask("elsewhere", by="unex.sector.east")
        self.keep("draft", a_draft(self.worded("draft"), by="sector.east"))
        approvals.refer(rfa=self.records["ngo"], actor=who("partner.ngo"), matter="zqngomatter")
        approvals.refer(rfa=self.records["hidden"], actor=who("partner.ngo"), matter="zqhiddenm")
        notices.sweep()

    def worded(self, name: str, answers: dict[str, Any] | None = None, **more: Any) -> Any:
        """Answers that carry the record's own words in each text."""
        answers = answers or civil_answers()
        texts = ("title", "description", "place", "contact", "do_no_harm", "threat_summary")
        own = {key: f"zq{name}{key.replace('_', '')} said" for key in texts if key in answers}
        return {**answers, **own, "contact": f"zq{name}contact", **more}

    def ask(self, name: str, answers: Any = None, *, by: str, **more: Any) -> None:
        """Submit a record with words of its own, a message, an inside one and a file."""
        self.keep(name, a_submitted(self.worded(name, answers, **more), by=by))

    def keep(self, name: str, rfa: AssistanceRequest) -> None:
        """Say and attach what carries the record's words."""
        self.records[name] = rfa
        upload = SimpleUploadedFile(f"zq{name}file.txt", f"zq{name}bytes".encode())
        self.files[name] = approvals.attach(
            rfa=rfa, actor=rfa.requested_by, upload=upload, caption=f"zq{name}caption"
        )
        if rfa.submitted_at:
            approvals.say(rfa=rfa, actor=rfa.requested_by, text=f"zq{name}message")

    def seen_by(self, username: str) -> set[str]:
        """Name the records that somebody sees."""
        mine = set(visible_to(who(username)).values_list("pk", flat=True))
        return {name for name, rfa in self.records.items() if rfa.pk in mine}

    def address(self, pattern: str, name: str) -> str:
        """Return a pattern's address for a record; ``""`` for one that does not exist."""
        rfa = self.records.get(name)
        step = rfa.steps.first() if rfa else None
        referral = rfa.referrals.first() if rfa else None
        nothing = "UNAC-CA-2026-9999"
        values = {
            "<str:reference>": rfa.reference if rfa else nothing,
            "<uuid:attachment_id>": str(self.files[name].pk if rfa else UUID(int=7)),
            "<uuid:pk>": str(self.files[name].pk if rfa else UUID(int=7)),
            "<int:step_id>": str(step.pk if step else 999999),
            "steps/<int:pk>": f"steps/{step.pk if step else 999999}",
            "referrals/<int:pk>": f"referrals/{referral.pk if referral else 999999}",
            "<int:referral_id>": str(referral.pk if referral else 999999),
            "<int:hold_id>": "1",
            "<int:number>": "1",
            "task/<str:act>": "task/progress",
            "<str:act>": "bag",
        }
        for word, value in values.items():
            pattern = pattern.replace(word, value)
        return f"/{pattern}"


@pytest.fixture
def world(settings: Any, tmp_path: Any) -> World:
    settings.SIGNING_KEY, settings.SIGNING_KEY_FILE = "1f" * 32, ""
    return World()


def text_of(answer: Any) -> str:
    """Return whatever an answer says, its headers too, unpacked and typeset back."""
    body = b"".join(answer) if answer.streaming else answer.content
    said = str(dict(answer.headers))
    if body[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            inside = [archive.read(part) for part in archive.infolist()]
        return said + "".join(
            text_of_pdf(one) if one[:4] == b"%PDF" else one.decode("utf-8", "replace")
            for one in inside
        )
    if body[:4] == b"%PDF":
        return said + text_of_pdf(body)
    return said + body.decode("utf-8", "replace")


def text_of_pdf(body: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)


def knock(client: Client, method: str, address: str) -> tuple[int, str, int]:
    """Try a door and undo whatever that did; give the status, what was said, readings kept."""
    try:
        with transaction.atomic():
            more = {} if method == "get" else {"data": "{}", "content_type": "application/json"}
            if method == "post" and not address.startswith("/api/"):
                more = {"data": {}}
            readings = AccessLog.objects.count()
            answer = getattr(client, method)(address, **more)
            kept = AccessLog.objects.count() - readings
            said = answer.status_code, text_of(answer), kept
            finish(answer)
            raise Rollback
    except Rollback:
        return said


def at_the_desk_of(username: str) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(who(username))
    return client


def turn(username: str, door: int) -> bool:
    """Whether a post tries a door in the short form: some doors for each, some posts for each."""
    return (list(POSTS).index(username) + door) % EVERY == 0


def same(text: str, *names: str) -> str:
    """Leave out what two answers may differ in: what was asked for, and tokens made anew."""
    for name in names:
        text = text.replace(name, "…")
    text = re.sub(r"csrfmiddlewaretoken\\?\" value=\\?\"[^\"]+|csrftoken=[^;]+", "", text)
    text = re.sub(r"'X-Request-ID': '[^']+'|X-CSRFToken[^}]+|nonce-[^ ']+", "", text)
    text = re.sub(r"'(ETag|Content-Length|Set-Cookie)': ('[^']*'|\"[^\"]*\")", "", text)
    return re.sub(r"request_id[^,]+", "", text)


def words_of(world: World, names: set[str]) -> list[str]:
    """List the words that tell of records: those written in them, and their references."""
    return [word for name in names for word in (f"zq{name}", world.records[name].reference)]


def test_every_address_that_is_served_is_in_the_table():
    found = {pattern for pattern, _view in served() if not pattern.startswith(APART)}

    assert found - set(ALL) == set(), "Add the new address to its list in tests/doors.py."
    assert set(ALL) - found == set()
    assert len(ALL) == len(set(ALL))


def test_what_one_may_not_see_is_answered_as_what_does_not_exist(world):
    probes = 0
    for username in POSTS:
        seen = world.seen_by(username)
        unseen = [name for name in world.records if name not in seen]
        desk = at_the_desk_of(username)
        for number, pattern in enumerate(lines(RECORD)):
            if not turn(username, number):
                continue
            for method in methods_of(world.views[pattern]):
                nothing = world.address(pattern, "")
                names = unseen if LONG else [unseen[number % len(unseen)]]
                empty = knock(desk, method, nothing)
                for name in names:
                    if "referral" in pattern and name != "hidden":
                        continue
                    address = world.address(pattern, name)
                    status, told, kept = knock(desk, method, address)
                    what = (username, method, address, name)
                    assert kept == 0, what
                    assert status == empty[0], (what, status, empty[0])
                    assert status in {403, 404, 405}, (what, status)
                    own = (world.records[name].reference, address)
                    assert same(told, address, own[0]) == same(
                        empty[1], nothing, "UNAC-CA-2026-9999"
                    ), what
                    probes += 1
    assert probes > 80


def test_what_one_may_see_is_there_and_tells_of_nothing_else(world):
    probes = 0
    for username in POSTS:
        seen = world.seen_by(username)
        own = [name for name in ("ngo", "hidden", "east", "west", "strict", "conf") if name in seen]
        if not own:
            continue
        rest = words_of(world, set(world.records) - seen)
        desk = at_the_desk_of(username)
        for number, pattern in enumerate(lines(RECORD)):
            if not turn(username, number):
                continue
            name = own[number % len(own)]
            if "referral" in pattern:
                name = "ngo" if "ngo" in own else ""
            if not name:
                continue
            rfa = with_who_asks(who(username), AssistanceRequest.objects.all()).get(
                pk=world.records[name].pk
            )
            for method in methods_of(world.views[pattern]):
                if ("attachment_id" in pattern or "uuid:pk" in pattern) and not files_of(rfa):
                    continue
                address = world.address(pattern, name)
                status, told, kept = knock(desk, method, address)
                what = (username, method, address, name)
                assert status < 500, what
                assert [word for word in rest if word in told] == [], what
                if status == 200 and world.records[name].classification:
                    assert kept > 0, what  # in the access log before it is shown (P15)
                probes += 1
    assert probes > 80


def test_what_is_somebody_elses_is_answered_as_what_does_not_exist(world):
    chief, mission = who("chief.cimic"), world.records["east"].mission
    view = saved_views.save_view(actor=chief, name="Zqmine", query="", shared=False)
    run = bringing.upload(actor=chief, name="a.csv", content=b"Title\nZqrow\n")
    process = approvals.draft_process(actor=chief, route="qip")
    Caller("cmcoord").tell("complaints/", {"matter": "zqcomplaint"}, expect=201)
    export = ExportRun.objects.create(by=chief, mission=mission, form="csv", started_at=now())
    here, nothing = str(UUID(int=9)), "999999"
    values = {
        "<int:view_id>": (str(view.pk), nothing),
        "<uuid:run_id>": (str(run.pk), here),
        "<int:process_id>": (str(process.pk), nothing),
        "processes/<int:pk>": (f"processes/{process.pk}", f"processes/{nothing}"),
        "complaints/<str:reference>": (
            f"complaints/{Complaint.objects.get().reference}",
            "complaints/UNAC-CP-2026-9999",
        ),
        "<uuid:export_id>": (str(export.pk), here),
        "<int:notice_id>": (str(Notice.objects.filter(person=chief)[0].pk), nothing),
        "notices/<int:pk>": (
            f"notices/{Notice.objects.filter(person=chief)[0].pk}",
            f"notices/{nothing}",
        ),
    }
    probes = 0
    for username in ("unex.chief.cimic", "unex.cos", "partner.un"):
        desk = at_the_desk_of(username)
        for pattern in lines(THEIRS):
            for word, (theirs, none) in values.items():
                if word not in pattern:
                    continue
                one, other = pattern.replace(word, theirs), pattern.replace(word, none)
                # a partner of the mission reads its processes
                if "<" in one or (username == "partner.un" and "processes" in pattern):
                    continue
                for method in methods_of(world.views[pattern]):
                    found, empty = knock(desk, method, f"/{one}"), knock(desk, method, f"/{other}")
                    assert found[0] == empty[0] in {403, 404, 405, 415, 428}, (username, one)
                    assert same(found[1], f"/{one}") == same(empty[1], f"/{other}"), one
                    probes += 1
    assert probes > 40


def test_no_list_map_figure_export_or_notice_holds_a_word_of_what_one_does_not_see(world):
    fixed = {
        "<str:row>": "P41",
        "<slug:role>": "partner",
        "<str:kind>": "civil_assistance",
        "<str:route>": "civil_assistance",
    }
    probes = 0
    for username in POSTS:
        rest = words_of(world, set(world.records) - world.seen_by(username))
        desk = at_the_desk_of(username)
        for number, pattern in enumerate(lines(LISTS)):
            if "get" not in methods_of(world.views[pattern]) or not turn(username, number // 2):
                continue
            address = f"/{pattern}".replace("//", "/")
            for word, value in fixed.items():
                address = address.replace(word, value)
            for query in ("", "?mission=UNAC&show=all&which=all&page_size=200"):
                if query and address.endswith((".csv", ".xlsx", ".json", ".geojson")):
                    continue
                status, told, _kept = knock(desk, "get", address + query)
                assert status < 500, (username, address)
                found = [word for word in rest if word in told]
                assert found == [], (username, address, found)
                probes += 1
    assert probes > 80

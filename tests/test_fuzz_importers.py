"""Whatever is sent to be read in: no failure, nothing half-done, in bounded time and memory.

Hypothesis makes spreadsheets, text files, boundaries, processes, drafts and files out of nothing,
and bends good ones byte by byte, the same every time. ``CIMIC_LONG=1`` makes a hundred times as
many.
"""

import datetime as dt
import io
import json
import os
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from resource import RUSAGE_SELF, getrusage
from typing import Any

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import transaction
from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as asked_for
from hypothesis import strategies as st
from PIL import Image
from rest_framework.test import APIClient

from approvals import services as approvals
from ledger.models import Entry
from ledger.verification import verify
from missions.models import Area
from missions.services import issue_token
from requests_app.importing.matching import COLUMNS
from requests_app.models import AssistanceRequest, Attachment, ImportRun
from tests.builders import a_draft, a_mission, civil_answers, who

pytestmark = pytest.mark.django_db
LONG = bool(os.environ.get("CIMIC_LONG"))
MOST_SECONDS, MOST_MEGABYTES = 15, 300


def many(count: int) -> Any:
    """So many examples, the same every time; a hundred times as many in the long form."""
    return asked_for(
        max_examples=count * (100 if LONG else 1),
        database=None,
        derandomize=True,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


class Undone(Exception):
    """Ends an example: whatever it did is undone."""


@contextmanager
def undone() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
            raise Undone
    except Undone:
        return


@contextmanager
def bounded() -> Iterator[None]:
    """Fail what takes too long or too much."""
    before, began = getrusage(RUSAGE_SELF).ru_maxrss, time.process_time()
    yield
    took, most = time.process_time() - began, getrusage(RUSAGE_SELF).ru_maxrss - before
    assert took < MOST_SECONDS, took
    assert most < MOST_MEGABYTES * 1024, most


def caller(username: str) -> APIClient:
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_token(person=who(username))[0]}")
    return client


def everything() -> tuple[int, ...]:
    """Count what an import could leave behind."""
    models = (AssistanceRequest, Entry, ImportRun, Attachment, Area)
    return tuple(model.objects.count() for model in models)


TEXTS = st.text(st.characters(codec="utf-8"), max_size=40)
ODD = st.sampled_from(
    [
        "=1+1", "-5", "1e309", "NaN", "31/02/2026", "2026-13-01", "00:00", "\u202e", "x" * 5000,
        "'", '"', ";", "\n", "0x10", "٣", "½", "1,234.5", "1.234,5", "TRUE", "#REF!", " ",
    ]
)  # fmt: skip
CELLS = st.one_of(
    st.none(),
    ODD,
    TEXTS,
    st.integers(-(10**12), 10**18),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.dates(dt.date(1900, 3, 1), dt.date(9999, 12, 31)),
)
HEADINGS = st.one_of(st.sampled_from([one.label.__str__() for one in COLUMNS.values()]), TEXTS)
ROWS = st.lists(st.lists(CELLS, max_size=8), max_size=6)


def a_workbook(headings: list[str], rows: list[list[Any]]) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    for number, row in enumerate([headings, *rows], start=1):
        for column, value in enumerate(row, start=1):
            cell = sheet.cell(number, column)
            if isinstance(value, str):
                value = openpyxl.cell.cell.ILLEGAL_CHARACTERS_RE.sub("", value)[:30000]
            cell.value = value
    kept = io.BytesIO()
    book.save(kept)
    return kept.getvalue()


def bent(content: bytes, data: Any) -> bytes:
    """Return bytes that were cut, doubled or changed in a few places."""
    changed = bytearray(content)
    for _turn in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(0, len(changed) - 1)))
        how = data.draw(st.sampled_from(["set", "cut", "double", "drop"]))
        if how == "set" and changed:
            changed[at] = data.draw(st.integers(0, 255))
        elif how == "cut":
            del changed[at:]
        elif how == "double":
            changed[at:at] = changed[at : at + 200]
        else:
            del changed[at : at + 20]
    return bytes(changed)


def test_spreadsheets_of_anything_come_in_whole_or_not_at_all():
    a_mission()
    chief, before = caller("chief.cimic"), everything()
    good = a_workbook(["Title", "Kind", "Needed by"], [["A", "civil_assistance", "2027-01-01"]])
    seen = set()

    @many(15)
    @given(
        headings=st.lists(HEADINGS, max_size=8),
        rows=ROWS,
        form=st.sampled_from(["xlsx", "csv", "bytes", "bent"]),
        kind=st.sampled_from(["", "qip", "war"]),
        data=st.data(),
    )
    def read_in(headings: Any, rows: Any, form: str, kind: str, data: Any) -> None:
        if form == "xlsx":
            name, content = "a.xlsx", a_workbook(headings, rows)
        elif form == "csv":
            mark = data.draw(st.sampled_from([",", ";", "\t", "|"]))
            code = data.draw(st.sampled_from(["utf-8", "utf-16", "cp1252", "latin-1"]))
            text = "\r\n".join(mark.join(map(str, row)) for row in [headings, *rows])
            name, content = "a.csv", text.encode(code, "replace")
        elif form == "bytes":
            name, content = data.draw(TEXTS), data.draw(st.binary(max_size=3000))
        else:
            name, content = "a.xlsx", bent(good, data)
        with undone(), bounded():
            upload = SimpleUploadedFile(f"a{name}".replace("/", "."), content)
            body = {"file": upload, "kind": kind, "dry_run": data.draw(st.sampled_from(["", "1"]))}
            answer = chief.post("/api/v1/imports/", body, format="multipart")
            assert answer.status_code < 500, (name, content[:400])
            seen.add(answer.status_code)
            if answer.status_code != 201:
                assert everything() == before, (name, content[:400])

    read_in()
    assert everything() == before
    assert seen & {400, 422}


def test_workbooks_that_would_burst_are_refused_at_once():
    a_mission()
    chief = caller("chief.cimic")
    sheet = b"<worksheet><sheetData>" + b"<row><c><v>1</v></c></row>" * 2_000_000
    laughs = b'<!DOCTYPE a [<!ENTITY b "cccccccccc">]><a>' + b"&b;" * 1000 + b"</a>"
    good = a_workbook(["Title"], [["A"]])
    for part, content in (
        ("xl/worksheets/sheet1.xml", sheet),
        ("xl/sharedStrings.xml", b"\0" * 70_000_000),
        ("xl/workbook.xml", laughs),
        ("[Content_Types].xml", laughs),
    ):
        packed = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(good)) as old,
            zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new,
        ):
            for name in {*old.namelist(), part}:
                new.writestr(name, content if name == part else old.read(name))
        upload = SimpleUploadedFile("a.xlsx", packed.getvalue())
        with bounded():
            answer = chief.post("/api/v1/imports/", {"file": upload}, format="multipart")
        assert answer.status_code in {400, 422}, part
    assert not ImportRun.objects.exists()


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
POINTS = st.lists(st.one_of(st.floats(), st.integers(-400, 400), JSON), max_size=3)
SHAPES = st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["Polygon", "MultiPolygon", "Point", "Feature", 5]),
        "coordinates": st.one_of(JSON, st.lists(st.lists(POINTS, max_size=5), max_size=3)),
    },
)
FEATURES = st.fixed_dictionaries(
    {},
    optional={
        "type": st.just("FeatureCollection") | JSON,
        "features": st.lists(
            st.fixed_dictionaries(
                {},
                optional={
                    "type": st.just("Feature"),
                    "geometry": SHAPES | JSON,
                    "properties": JSON
                    | st.fixed_dictionaries(
                        {"pcode": TEXTS | st.just("CR01"), "name": TEXTS}, optional={"level": JSON}
                    ),
                },
            )
            | JSON,
            max_size=3,
        )
        | JSON,
    },
)


def test_boundaries_of_anything_change_the_areas_wholly_or_not_at_all(tmp_path):
    a_mission()
    path = tmp_path / "areas.geojson"
    before = list(Area.objects.order_by("pk").values())

    @many(15)
    @given(content=FEATURES | JSON, data=st.data())
    def read_in(content: Any, data: Any) -> None:
        text = json.dumps(content).encode()
        path.write_bytes(bent(text, data) if data.draw(st.integers(0, 3)) == 0 else text)
        with undone(), bounded():
            try:
                call_command("import_areas", str(path), mission="UNAC", stdout=io.StringIO())
            except CommandError:
                assert list(Area.objects.order_by("pk").values()) == before

    read_in()


def test_processes_of_anything_are_refused_with_reasons():
    a_mission()
    chief = caller("chief.cimic")
    process = approvals.draft_process(actor=who("chief.cimic"), route="civil_assistance")
    good, before = process.content, Entry.objects.count()

    @many(15)
    @given(data=st.data())
    def read_in(data: Any) -> None:
        content = json.loads(json.dumps(good))
        for _turn in range(data.draw(st.integers(1, 3))):
            within: Any = content
            while isinstance(within, dict | list) and within and data.draw(st.integers(0, 3)):
                keys = list(within) if isinstance(within, dict) else list(range(len(within)))
                key = data.draw(st.sampled_from(keys))
                if not isinstance(within[key], dict | list) or data.draw(st.integers(0, 3)) == 0:
                    within[key] = data.draw(JSON)
                    break
                within = within[key]
        with undone(), bounded():
            answer = chief.patch(
                f"/api/v1/processes/{process.pk}/",
                json.dumps({"content": content}),
                content_type="application/json",
                HTTP_IF_MATCH='"1"',
            )
            assert answer.status_code < 500, content
            if answer.status_code >= 400:
                assert Entry.objects.count() == before

    read_in()


def test_drafts_as_a_device_sends_them_later_are_kept_or_refused():
    a_mission()
    officer, good, before = caller("sector.east"), civil_answers(), everything()

    @many(20)
    @given(
        changes=st.dictionaries(st.sampled_from([*good, "id", "assets", "mgrs", "zz"]), JSON | ODD),
        path=st.sampled_from(["requests/", "extreme-situations/", "complaints/"]),
        key=TEXTS,
    )
    def read_in(changes: Any, path: str, key: str) -> None:
        header = key.encode("ascii", "ignore").decode().replace("\r", "").replace("\n", "")
        with undone(), bounded():
            answer = officer.post(
                f"/api/v1/{path}",
                json.dumps({**good, **changes}),
                content_type="application/json",
                HTTP_IDEMPOTENCY_KEY=header,
            )
            assert answer.status_code < 500, changes
            if answer.status_code >= 400:
                assert everything() == before, changes

    read_in()


def a_picture(kind: str) -> bytes:
    drawn = io.BytesIO()
    Image.new("RGB", (60, 40), (10, 200, 30)).save(drawn, kind)
    return drawn.getvalue()


def test_files_of_anything_are_kept_or_refused():
    a_mission()
    rfa = a_draft()
    officer, before = caller("sector.east"), everything()
    good = {
        "a.png": a_picture("PNG"),
        "a.jpg": a_picture("JPEG"),
        "a.webp": a_picture("WEBP"),
        "a.xlsx": a_workbook(["Title"], [["A"]]),
        "a.pdf": b"%PDF-1.7\n%%EOF",
        "a.txt": b"words",
    }

    @many(20)
    @given(name=st.sampled_from(list(good)), other=TEXTS, data=st.data())
    def read_in(name: str, other: str, data: Any) -> None:
        content = bent(good[name], data)
        ending = name[1:] if data.draw(st.booleans()) else ""
        with undone(), bounded():
            upload = SimpleUploadedFile(f"a{other}{ending}".replace("/", "."), content)
            answer = officer.post(
                f"/api/v1/requests/{rfa.reference}/attachments/",
                {"file": upload, "caption": other},
                format="multipart",
            )
            assert answer.status_code < 500, (name, content[:300])
            if answer.status_code != 201:
                assert everything() == before

    read_in()
    assert verify().holds

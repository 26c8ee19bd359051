"""What is taken in as a file, how it is kept and how it is served (ASVS 5.0: chapter 5)."""

import hashlib
import io
import json
import socket
import threading
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from approvals import services as approvals
from cimic.checkup import findings
from common.errors import Malformed, NotNow
from ledger.models import Entry
from ledger.verification import verify
from requests_app.files import check_file, keeping, pictures, scanning
from requests_app.files.checking import safe_name
from requests_app.files.packed import check_packed
from requests_app.importing import bringing
from requests_app.models import Attachment
from tests.builders import a_draft, a_mission, a_submitted, who
from tests.calling import finish

pytestmark = pytest.mark.django_db


def a_photo(kind: str = "JPEG", size: tuple[int, int] = (64, 40), **more: Any) -> bytes:
    """A picture that says in its metadata where it was taken and with what."""
    exif = Image.Exif()
    exif[0x010F] = "SpyCam-9"
    exif[0x0112] = 6  # held upright
    exif[0x8825] = {1: "S", 2: (9.0, 30.0, 0.0), 3: "E", 4: (60.0, 30.0, 0.0), 29: "2026:11:21"}
    drawn = io.BytesIO()
    Image.new("RGB", size, (200, 30, 30)).save(drawn, kind, exif=exif, **more)
    return drawn.getvalue()


def refused(name: str, content: bytes) -> str:
    """Give the reason for which a file is refused."""
    with pytest.raises(Malformed) as refusal:
        check_file(SimpleUploadedFile(name, content))
    return refusal.value.detail


@pytest.mark.parametrize(
    ("name", "kind"), [("a.jpg", "JPEG"), ("a.png", "PNG"), ("a.webp", "WEBP")]
)
def test_R22_a_photo_keeps_nothing_but_its_points(name, kind):
    behind = b"PK\x03\x04<script>alert(1)</script>SpyCam-9"
    sound = check_file(SimpleUploadedFile(name, a_photo(kind) + behind))

    with Image.open(io.BytesIO(sound.content)) as kept:
        assert (kept.format, dict(kept.getexif())) == (kind, {})
        assert kept.size == (40, 64)  # turned the way it was held
    for word in (b"SpyCam", b"Exif", b"script", b"2026:11"):
        assert word not in sound.content


def test_what_is_kept_is_what_is_hashed_signed_for_and_served(client):
    a_mission()
    rfa = a_submitted(by="sector.east")
    kept = approvals.attach(
        rfa=rfa, actor=who("sector.east"), upload=SimpleUploadedFile("road.jpg", a_photo())
    )

    client.force_login(who("chief.cimic"))
    served = client.get(f"/files/{kept.pk}/")
    content = b"".join(served.streaming_content)
    finish(served)

    said = json.loads(Entry.objects.get(act="file.attached").payload.text)
    digest = hashlib.sha256(content).hexdigest()
    assert (kept.digest, said["sha256"], served["ETag"]) == (digest, digest, f'"{digest}"')
    assert said["size"] == kept.size == len(content)
    assert b"SpyCam" not in content
    assert verify().holds


def test_a_file_is_served_so_that_nothing_in_it_runs(client):
    a_mission()
    rfa = a_submitted(by="sector.east")
    upload = SimpleUploadedFile('x"; filename=\r\nSet-Cookie: a=b\r\n.txt', b"<script>1</script>")
    kept = approvals.attach(rfa=rfa, actor=who("sector.east"), upload=upload)
    client.force_login(who("chief.cimic"))

    served = client.get(f"/files/{kept.pk}/?show=1")

    assert served["Content-Type"] == "text/plain"
    assert served["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in served["Content-Security-Policy"]
    assert "default-src 'none'" in served["Content-Security-Policy"]
    assert served["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in served.headers
    assert "\n" not in kept.name
    finish(served)
    assert Client().get(f"/files/{kept.pk}/").status_code == 302


def test_no_file_has_an_address_of_its_own(client):
    a_mission()
    rfa = a_draft(by="sector.east")
    upload = SimpleUploadedFile("plan.txt", b"words")
    kept = approvals.attach(rfa=rfa, actor=who("sector.east"), upload=upload)
    client.force_login(who("sector.east"))

    assert kept.name not in kept.file.name
    for before in ("/media/", "/files/", "/static/", "/static/../files/", "/var/files/"):
        assert client.get(before + kept.file.name).status_code == 404


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\boot.txt", "boot.txt"),
        ("/abs/olute.pdf", "olute.pdf"),
        ("a\r\nb\0c.pdf", "abc.pdf"),
        ("photo\u202egnp.exe.txt", "photognp.exe.txt"),
        (".htaccess.txt", "htaccess.txt"),
        ("-rf.txt", "rf.txt"),
        ("<img src=x onerror=alert(1)>.png", "img_srcx_onerroralert1.png"),
        ("$(touch x);`id`.csv", "touch_xid.csv"),
        ("x" * 400 + ".pdf", "x" * 116 + ".pdf"),
        ("..", ""),
        ("Évaluation à Tereni.pdf", "Évaluation_à_Tereni.pdf"),
    ],
)
def test_a_name_is_only_a_name(given, kept):
    assert safe_name(given) == kept


def test_a_picture_that_would_fill_the_memory_is_refused_before_it_is_unpacked(monkeypatch):
    def never(*_args: Any) -> bytes:
        raise AssertionError("unpacked")

    header = bytearray(a_photo("PNG"))
    header[16:24] = (30_000).to_bytes(4, "big") * 2
    header[29:33] = zlib.crc32(header[12:29]).to_bytes(4, "big")
    monkeypatch.setattr(pictures, "_drawn", never)

    assert "more points" in refused("bomb.png", bytes(header))
    monkeypatch.setattr(pictures, "MOST_POINTS", 100)
    assert "64 × 40" in refused("bomb.png", a_photo("PNG"))


def test_what_moves_or_is_damaged_is_no_picture():
    frames = [Image.new("RGB", (9, 9), colour) for colour in ("red", "green")]
    film = io.BytesIO()
    frames[0].save(film, "WEBP", save_all=True, append_images=frames[1:])

    assert "moves" in refused("film.webp", film.getvalue())
    assert "damaged" in refused("half.jpg", a_photo()[:300])
    assert "no PNG" in refused("page.png", b"<html><script>alert(1)</script></html>")
    assert "no PDF" in refused("page.pdf", b"<html>%PDF-1.7")


def a_document(parts: dict[str, bytes] | None = None, **more: Any) -> bytes:
    """A Word document with these parts beside its words."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("word/document.xml", "<w:document xmlns:w='w'/>")
        for name, content in (parts or {}).items():
            archive.writestr(name, content)
    return packed.getvalue()


FETCHES = (
    b'<Relationships><Relationship Id="r1" Type="http://x/relationships/attachedTemplate" '
    b'Target="http://203.0.113.9/a.dotm" TargetMode="External"/></Relationships>'
)
LINKS = (
    b'<Relationships><Relationship Id="r1" Type="http://x/relationships/hyperlink" '
    b'Target="http://reliefweb.int" TargetMode="External"/></Relationships>'
)
DOCUMENTS = {
    "macros": ({"word/vbaProject.bin": b"x"}, "macros"),
    "macros by their type": ({"x/[Content_Types].xml": b""}, ""),
    "a control": ({"word/activeX/activeX1.bin": b"x"}, "macros"),
    "an embedded program": ({"word/embeddings/oleObject1.bin": b"x"}, "macros"),
    "a program": ({"run.exe": b"MZ"}, "macros"),
    "a template from elsewhere": ({"word/_rels/settings.xml.rels": FETCHES}, "elsewhere"),
    "entities": ({"word/a.xml": b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}, "damaged"),
    "a way out": ({"../../up.xml": b"<a/>"}, "damaged"),
    "a bomb": ({"word/media/image1.png": b"\0" * 60_000_000}, "unpacks"),
    "a link": ({"word/_rels/document.xml.rels": LINKS}, ""),
    "a sheet behind a chart": ({"word/embeddings/Sheet1.xlsx": b"PK"}, ""),
}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_an_office_document_runs_fetches_and_bursts_nothing(name):
    parts, reason = DOCUMENTS[name]
    document = a_document(parts)

    if reason:
        assert reason in refused("plan.docx", document)
    else:
        assert check_file(SimpleUploadedFile("plan.docx", document)).content == document


def test_a_document_is_what_its_name_says_and_is_not_locked():
    locked = bytearray(a_document())
    at = locked.index(b"PK\x01\x02")
    locked[at + 8] |= 1
    with pytest.raises(Malformed, match="password"):
        check_packed(".docx", bytes(locked))

    assert "no XLSX" in refused("plan.xlsx", a_document())
    assert "no ODT" in refused("plan.odt", a_document({"content.xml": b"", "mimetype": b"x"}))
    assert "damaged" in refused("plan.docx", a_document()[:200])


def test_one_record_and_one_person_hold_so_much_and_no_more(monkeypatch):
    a_mission()
    rfa, other = a_draft(by="sector.east"), a_draft(by="sector.east")

    def attach(rfa: Any, content: bytes = b"words") -> None:
        upload = SimpleUploadedFile("plan.txt", content)
        approvals.attach(rfa=rfa, actor=who("sector.east"), upload=upload)

    monkeypatch.setattr(keeping, "MOST_FILES", 1)
    attach(rfa)
    with pytest.raises(NotNow, match="beside one request"):
        attach(rfa)
    monkeypatch.setattr(keeping, "MOST_MEGABYTES_A_DAY", 1)
    with pytest.raises(NotNow, match="go on tomorrow"):
        attach(other, b"x" * 1048576)
    monkeypatch.setattr(keeping, "MOST_FILES_A_DAY", 1)
    with pytest.raises(NotNow, match="go on tomorrow"):
        attach(other)
    assert Attachment.objects.count() == 1


# ClamAV


class Daemon(threading.Thread):
    """clamd as its INSTREAM protocol has it, on loopback: finds one word in what it is sent."""

    def __init__(self, answer: Callable[[bytes], bytes]) -> None:
        super().__init__(daemon=True)
        self.answer = answer
        self.told: list[bytes] = []
        self.server = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.server.getsockname()[1]}"

    def run(self) -> None:
        while True:
            try:
                connection, _from = self.server.accept()
            except OSError:
                return
            with connection, connection.makefile("rb") as sent:
                self._talk(connection, sent)

    def _talk(self, connection: socket.socket, sent: Any) -> None:
        asked = b""
        while not asked.endswith(b"\0"):
            asked += sent.read(1)
        if asked == b"zPING\0":
            connection.sendall(b"PONG\0")
            return
        assert asked == b"zINSTREAM\0"
        content = b""
        while length := int.from_bytes(sent.read(4), "big"):
            content += sent.read(length)
        self.told.append(content)
        connection.sendall(self.answer(content))

    def close(self) -> None:
        self.server.shutdown(socket.SHUT_RDWR)
        self.server.close()
        self.join(5)


def finds_a_virus(content: bytes) -> bytes:
    return b"stream: Eicar-Test FOUND\0" if b"EICAR" in content else b"stream: OK\0"


@pytest.fixture
def clamd(settings: Any) -> Iterator[Callable[[Callable[[bytes], bytes]], Daemon]]:
    """Start a daemon that answers so, and have the mission use it."""
    started: list[Daemon] = []

    def start(answer: Callable[[bytes], bytes]) -> Daemon:
        started.append(Daemon(answer))
        started[-1].start()
        settings.CLAMAV = started[-1].address
        return started[-1]

    yield start
    for daemon in started:
        daemon.close()


def test_what_the_scanner_finds_is_not_kept_and_what_it_passes_is(clamd):
    daemon = clamd(finds_a_virus)
    photo = a_photo(size=(700, 500))

    assert "Eicar-Test" in refused("plan.txt", b"EICAR, and words")
    assert check_file(SimpleUploadedFile("a.jpg", photo)).name == "a.jpg"
    assert daemon.told == [b"EICAR, and words", photo]  # as it came, before it is drawn anew
    assert scanning.answers()
    a_mission()
    with pytest.raises(Malformed, match="Eicar"):
        bringing.upload(actor=who("chief.cimic"), name="a.csv", content=b"Title\nEICAR\n")


@pytest.mark.parametrize(
    "answer",
    [
        b"INSTREAM size limit exceeded. ERROR\0",
        b"",
        b"stream: \0",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"stream: OK but\0",
        b"x" * 9000,
    ],
)
def test_what_the_scanner_did_not_pass_is_not_kept(clamd, answer):
    clamd(lambda _content: answer)
    with pytest.raises(NotNow, match="scanner does not answer"):
        check_file(SimpleUploadedFile("plan.txt", b"words"))


@pytest.mark.parametrize("address", ["127.0.0.1:1", "/nowhere/clamd.sock", "nonsense"])
def test_while_the_scanner_cannot_be_reached_nothing_is_taken_in_and_the_doctor_says_so(
    settings, address
):
    settings.CLAMAV = address
    a_mission()
    rfa = a_draft(by="sector.east")

    with pytest.raises(NotNow):
        approvals.attach(
            rfa=rfa, actor=who("sector.east"), upload=SimpleUploadedFile("a.txt", b"words")
        )
    told = {one.subject: one.mark for one in findings()}

    assert not Attachment.objects.exists()
    assert told["virus scanner"] == "ill"


def test_a_scanner_that_falls_silent_is_waited_for_so_long_and_no_longer(settings, monkeypatch):
    monkeypatch.setattr(scanning, "SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.CLAMAV = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(NotNow):
            check_file(SimpleUploadedFile("plan.txt", b"words"))
        assert not scanning.answers(0.1)

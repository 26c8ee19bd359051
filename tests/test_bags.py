"""Bags read by other programs: bagit's command line, jsonschema, a PDF library; damaged ones."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from io import StringIO
from pathlib import Path
from typing import Any

import bagit
import pytest
from django.core.management import CommandError, call_command
from jsonschema import Draft202012Validator
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, IndirectObject

from records.archive import pack, pack_as_zip
from records.archive.checking import check
from records.archive.shape import as_text, record_schema
from records.management.commands.record_schema import PUBLISHED
from tests.builders import a_mission, who
from tests.test_archive import a_closed_with_files

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _mission():
    a_mission()


@pytest.fixture
def bag(tmp_path) -> Path:
    rfa = a_closed_with_files()
    return tmp_path / pack(rfa=rfa, to=tmp_path, actor=who("records.officer")).name


def read(bag: Path, name: str) -> Any:
    return json.loads((bag / "data" / name).read_text(encoding="utf-8"))


def resealed(bag: Path, name: str, value: Any) -> Path:
    """Change a file and make the bag's manifests anew, as a forger would."""
    (bag / "data" / name).write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
    opened = bagit.Bag(str(bag))
    here = Path.cwd()
    try:
        opened.save(manifests=True)
    finally:
        os.chdir(here)
    return bag


def by_command_line(bag: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bagit", "--validate", str(bag)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_P41_bagits_own_command_line_finds_the_bag_valid(bag):
    found = by_command_line(bag)

    assert found.returncode == 0, found.stderr
    assert "is valid" in found.stderr


def test_bagits_own_command_line_finds_a_changed_one_invalid(bag):
    (bag / "data/record.json").write_text("{}")

    assert by_command_line(bag).returncode == 1


def test_the_published_form_is_the_codes_own_and_a_schema_itself():
    Draft202012Validator.check_schema(record_schema())

    assert PUBLISHED.read_text(encoding="utf-8") == as_text(), "run manage.py record_schema"


def test_the_form_in_the_bag_is_the_published_one_and_fits_the_record(bag):
    assert (bag / "data/record-1.json").read_bytes() == PUBLISHED.read_bytes()

    form = Draft202012Validator(json.loads(PUBLISHED.read_text()))
    assert form.is_valid(read(bag, "record.json"))


def every_object(schema: Any) -> list[dict[str, Any]]:
    found = []
    if isinstance(schema, dict):
        if "properties" in schema and schema.get("type") == "object":
            found.append(schema)
        for each in schema.values():
            found += every_object(each)
    if isinstance(schema, list):
        for each in schema:
            found += every_object(each)
    return found


def test_the_form_leaves_no_name_open():
    objects = every_object(record_schema())

    assert len(objects) > 10
    for each in objects:
        assert each["additionalProperties"] is False
        assert each["required"] == list(each["properties"])


@pytest.mark.parametrize("where", ["", "task", "content", "files", "route_answers"])
def test_a_name_more_or_less_is_not_of_the_form(bag, where):
    form = Draft202012Validator(record_schema())
    more, less = read(bag, "record.json"), read(bag, "record.json")

    for record, change in ((more, lambda at: at.update(secret=1)), (less, lambda at: at.popitem())):
        at = record[where] if where else record
        change(at[0] if isinstance(at, list) else at)
        assert not form.is_valid(record)


def fonts_of(reader: PdfReader) -> list[DictionaryObject]:
    fonts: dict[int, DictionaryObject] = {}
    for page in reader.pages:
        for ref in page["/Resources"].get("/Font", {}).values():
            assert isinstance(ref, IndirectObject)
            fonts[ref.idnum] = ref.get_object()
    return list(fonts.values())


def test_P41_the_record_on_paper_is_marked_as_pdf_a_and_carries_what_it_needs(bag):
    """An independent library finds what PDF/A-3a asks: marks, intent, fonts, structure."""
    reader = PdfReader(bag / "data/record.pdf", strict=True)
    catalogue = reader.trailer["/Root"]
    xmp = reader.xmp_metadata.stream.get_data().decode()

    assert "<pdfaid:part>3</pdfaid:part>" in xmp
    assert "<pdfaid:conformance>A</pdfaid:conformance>" in xmp
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    intent = catalogue["/OutputIntents"][0].get_object()
    assert intent["/S"] == "/GTS_PDFA1"
    assert len(intent["/DestOutputProfile"].get_object().get_data()) > 100
    assert catalogue["/MarkInfo"]["/Marked"] == True  # noqa: E712 - a PDF boolean
    assert "/StructTreeRoot" in catalogue
    assert catalogue["/Lang"] == "en"
    assert not reader.is_encrypted
    assert not {"/AA", "/OpenAction"} & set(catalogue)
    fonts = fonts_of(reader)
    assert fonts
    for font in fonts:
        inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
        described = inner["/FontDescriptor"].get_object()
        assert {"/FontFile", "/FontFile2", "/FontFile3"} & set(described), font
        assert "/ToUnicode" in font
    said = "\n".join(page.extract_text() for page in reader.pages)
    record = read(bag, "record.json")
    for words in (record["reference"], record["content"]["title"], "Which ward?", "letter.pdf"):
        assert words in said


def test_a_whole_bag_holds_as_a_folder_and_as_a_zip_file(bag, tmp_path):
    zipped = tmp_path / "bag.zip"
    with pack_as_zip(rfa=a_closed_with_files(), actor=who("records.officer")) as file:
        zipped.write_bytes(file.read())

    assert (check(bag), check(zipped)) == ([], [])


DAMAGE = {
    "truncated": lambda bag: (bag / "data/history.json").write_bytes(
        (bag / "data/history.json").read_bytes()[:-40]
    ),
    "emptied": lambda bag: (bag / "data/record.json").write_bytes(b""),
    "another byte": lambda bag: (bag / "data/files/01-letter.pdf").write_bytes(b"%PDF-1.5"),
    "gone": lambda bag: (bag / "data/files/01-letter.pdf").unlink(),
    "added": lambda bag: (bag / "data/files/03-more.pdf").write_bytes(b"%PDF"),
    "no manifest": lambda bag: (bag / "manifest-sha256.txt").unlink(),
    "half a manifest": lambda bag: (bag / "manifest-sha256.txt").write_bytes(
        (bag / "manifest-sha256.txt").read_bytes()[:100]
    ),
    "a binary manifest": lambda bag: (bag / "manifest-sha256.txt").write_bytes(b"\xff\xfe\x00"),
    "no declaration": lambda bag: (bag / "bagit.txt").unlink(),
    "no data": lambda bag: shutil.rmtree(bag / "data"),
    "another label": lambda bag: (bag / "bag-info.txt").write_text("External-Identifier: X\n"),
    "steps outside": lambda bag: (bag / "manifest-sha256.txt").write_text(
        "0" * 64 + "  data/../../etc/passwd\n"
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_bag_is_refused_in_words(bag, damage):
    DAMAGE[damage](bag)

    faults = check(bag)

    assert faults
    assert all(len(fault) > 10 and "Traceback" not in fault for fault in faults)


def _changed(history: list[dict[str, Any]]) -> None:
    history[3]["actor_name"] = "Somebody Else"


def _left_out(history: list[dict[str, Any]]) -> None:
    del history[3]


def _put_in(history: list[dict[str, Any]]) -> None:
    history.insert(3, dict(history[2]))


def _in_another_order(history: list[dict[str, Any]]) -> None:
    history[3], history[4] = history[4], history[3]


def _other_words(history: list[dict[str, Any]]) -> None:
    history[3]["text"] = "{}"


@pytest.mark.parametrize("forge", [_changed, _left_out, _put_in, _in_another_order, _other_words])
def test_a_forged_chain_is_found_although_the_bag_was_sealed_anew(bag, forge):
    history = read(bag, "history.json")
    forge(history)
    resealed(bag, "history.json", history)
    bagit.Bag(str(bag)).validate()

    assert check(bag)[0].startswith("history.json: entry 4")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("record.json", [], "not of the form"),
        ("record.json", {"form": "urn:cimic:record:9"}, "not of the form"),
        ("history.json", [], "holds no entries"),
        ("history.json", [7], "is not a list of entries"),
    ],
)
def test_what_is_no_record_is_refused_although_the_bag_is_whole(bag, name, value, says):
    resealed(bag, name, value)

    assert says in " ".join(check(bag))


def test_a_record_with_more_than_the_form_has_is_refused(bag):
    record = read(bag, "record.json")
    record["task"]["secret"] = "x"
    resealed(bag, "record.json", record)

    assert "secret" in " ".join(check(bag))


@pytest.mark.parametrize("cut", [10, 400, -30])
def test_a_truncated_zip_file_is_refused_in_words(tmp_path, cut):
    zipped = tmp_path / "bag.zip"
    with pack_as_zip(rfa=a_closed_with_files(), actor=who("records.officer")) as file:
        zipped.write_bytes(file.read()[:cut])

    assert "truncated or damaged" in check(zipped)[0]


def test_a_zip_file_of_something_else_is_refused(tmp_path):
    zipped = tmp_path / "other.zip"
    with zipfile.ZipFile(zipped, "w") as file:
        file.writestr("readme.txt", "no bag")

    assert check(zipped) == ["The ZIP file does not hold one bag."]


def test_nothing_there_is_said_so(tmp_path):
    assert "There is nothing" in check(tmp_path / "nowhere")[0]


def test_the_command_names_what_is_wrong_and_exits_with_one(bag, tmp_path):
    shutil.copytree(bag, tmp_path / "copy")
    (tmp_path / "copy/data/files/02-letter.pdf").unlink()
    out = StringIO()

    with pytest.raises(CommandError, match="1 of 2 bags do not hold"):
        call_command("check_bag", str(bag), str(tmp_path / "copy"), stdout=out)

    assert out.getvalue().splitlines() == [
        f"{bag}: holds",
        f"{tmp_path / 'copy'}: does not hold",
        "  data/files/02-letter.pdf is missing.",
    ]


def elsewhere(bag: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Verify a bag as another machine would: no project, no packages, an empty folder."""
    folder.mkdir()
    python = [sys.executable, "-I", "-S", str(bag / "data/verify.py"), str(bag)]
    return subprocess.run(python, cwd=folder, env={}, capture_output=True, text=True, check=False)


def test_P41_from_archive_to_verified_on_a_machine_without_the_project(bag, tmp_path):
    found = elsewhere(bag, tmp_path / "elsewhere")

    assert found.returncode == 3, found.stdout + found.stderr  # it holds; no checkpoint yet
    assert "It holds" in found.stdout


# Without its declaration a folder is no bag: the verifier then proves the history in it alone.
@pytest.mark.parametrize("damage", sorted(set(DAMAGE) - {"no declaration"}))
def test_the_verifier_refuses_a_damaged_bag_in_words_too(bag, tmp_path, damage):
    DAMAGE[damage](bag)

    found = elsewhere(bag, tmp_path / "elsewhere")

    if damage == "another label":  # what the label says is the archivist's, not the chain's
        assert "bag-info.txt" in found.stdout
    assert found.returncode in {1, 2}, found.stdout
    assert "Traceback" not in found.stderr

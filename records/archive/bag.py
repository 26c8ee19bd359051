"""A closed record packed for transfer: a BagIt bag that can be read without this system."""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import IO, Any

from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from common.canonical import canonical
from common.clock import now
from common.errors import NotNow
from ledger.proofs import VERIFIER, history_as_kept, proof_of
from ledger.services import append
from missions.models import User
from missions.queries import first_standing
from records.archive.paper import paper_of
from records.archive.policy import may_archive
from records.archive.record import process_as_kept, record_as_kept
from records.archive.shape import as_text
from records.models import ArchivedBag
from requests_app.models import AssistanceRequest, Attachment
from requests_app.vocabulary import Status

READ_ME = """This bag holds one record of a United Nations peacekeeping mission.

data/record.json    what was asked, decided and done
data/record-1.json  the form of record.json, as a JSON Schema (draft 2020-12)
data/record.pdf     the same on paper (PDF/A-3a, PDF/UA-1)
data/history.json   the record's ledger entries in order; each entry's hash is the SHA-256 of
                    the canonical JSON (sorted keys, no spaces, UTF-8) of the list
                    ["cimic-entry-1", chain, number, act, actor, actor_name, post, post_title,
                    capacity, happened_at, recorded_at, told_clock, previous, payload_digest];
                    payload_digest is the SHA-256 of salt followed by text
                    an entry whose "text" is null was withheld, or erased where it says so
data/proof.json     the signed checkpoint that witnessed the history, the path from this
                    record's head to its root, and the line of signing keys
data/verify.py      checks all of it with nothing but Python, on any machine:
                    python3 -I -S data/verify.py .
data/process.json   the process by which it was routed, as it stood then
data/revisions/     the words of each revision that posts answered about
data/files/         the files beside it, by their own names
"""


def _as_written(value: Any) -> Any:
    """Return a value as its JSON reads: days, moments and amounts as text."""
    return json.loads(canonical(value))


def _write_json(path: Path, value: Any) -> None:
    plain = _as_written(value)
    path.write_text(json.dumps(plain, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _copy_file(file: Attachment, to: Path) -> None:
    """Copy an attachment; raise ``NotNow`` if it is gone, or not the file that was attached."""
    try:
        with default_storage.open(str(file.file.name), "rb") as kept, to.open("wb") as out:
            shutil.copyfileobj(kept, out)
    except FileNotFoundError as error:
        raise NotNow(
            _("The file %(file)s is missing from the store: restore it first.")
            % {"file": file.name},
            paragraph="41",
        ) from error
    if hashlib.sha256(to.read_bytes()).hexdigest() != file.digest:
        raise NotNow(
            _("The file %(file)s is not the one that was attached: restore it first.")
            % {"file": file.name},
            paragraph="41",
        )


def _fill(folder: Path, rfa: AssistanceRequest) -> None:
    """Write the bag's payload."""
    (folder / "revisions").mkdir(parents=True)
    record, history = _as_written(record_as_kept(rfa)), _as_written(history_as_kept(rfa.pk))
    _write_json(folder / "record.json", record)
    (folder / "record-1.json").write_text(as_text(), encoding="utf-8")
    (folder / "record.pdf").write_bytes(paper_of(rfa, record, history))
    _write_json(folder / "history.json", history)
    proof = proof_of(rfa.pk)
    if proof is not None:
        _write_json(folder / "proof.json", proof)
    shutil.copyfile(VERIFIER, folder / "verify.py")
    process = process_as_kept(rfa)
    if process is not None:
        _write_json(folder / "process.json", process)
    for revision in rfa.revisions.order_by("number"):
        (folder / "revisions" / f"{revision.number}.json").write_text(
            revision.content, encoding="utf-8"
        )
    for number, file in enumerate(rfa.attachments.all(), start=1):
        (folder / "files").mkdir(exist_ok=True)
        _copy_file(file, folder / "files" / f"{number:02}-{file.name}")
    (folder / "README.txt").write_text(READ_ME, encoding="utf-8")


def _make_bag(folder: Path, rfa: AssistanceRequest) -> str:
    """Turn a folder into a BagIt bag; return the SHA-256 of its manifest.

    In a process of its own: the library changes its working folder, which threads share.
    """
    command = [
        sys.executable,
        "-m",
        "bagit",
        "--quiet",
        "--sha256",
        "--source-organization",
        rfa.mission.name,
        "--external-identifier",
        rfa.reference,
        "--external-description",
        rfa.title,
        str(folder),
    ]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own words
    return hashlib.sha256((folder / "manifest-sha256.txt").read_bytes()).hexdigest()


def pack_as_zip(*, rfa: AssistanceRequest, actor: User) -> IO[bytes]:
    """Pack one closed record and return the bag as a ZIP file, at its start.

    Raises ``Forbidden`` or ``NotNow`` as ``pack`` does.
    """
    with tempfile.TemporaryDirectory() as folder:
        kept = pack(rfa=rfa, to=Path(folder), actor=actor)
        file = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as zipped:
            for path in sorted((Path(folder) / kept.name).rglob("*")):
                zipped.write(path, path.relative_to(folder))
    file.seek(0)
    return file


def pack(*, rfa: AssistanceRequest, to: Path, actor: User | None) -> ArchivedBag:
    """Pack a closed record as a BagIt bag in a folder, and record its manifest's digest.

    ``actor`` None is the command line's. Raises ``NotNow`` unless the record is closed and
    its files are whole, or if the folder holds such a bag already; a failure half-way
    leaves no bag.
    """
    if actor is not None:
        may_archive(actor).enforce()
    if rfa.status != Status.CLOSED:
        raise NotNow(_("Only a closed record is packed for transfer."), paragraph="41")
    if hasattr(rfa, "disposal"):
        raise NotNow(_("This record was disposed of: only its stub is left."), paragraph="41")
    bag, part = to / rfa.reference, to / f".{rfa.reference}.part"
    if bag.exists():
        raise NotNow(_("%(bag)s exists already: choose another folder.") % {"bag": bag})
    shutil.rmtree(part, ignore_errors=True)
    try:
        _fill(part, rfa)
        digest = _make_bag(part, rfa)
        with transaction.atomic():
            kept = ArchivedBag.objects.create(
                rfa=rfa, name=rfa.reference, digest=digest, by=actor, at=now()
            )
            append(
                chain_id=rfa.pk,
                act="record.archived",
                actor=actor,
                standing=first_standing(actor) if actor else None,
                payload={"bag": kept.name, "manifest_sha256": digest},
            )
            part.rename(bag)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return kept

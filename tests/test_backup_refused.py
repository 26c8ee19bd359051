"""A backup that was cut, changed, or is for another key or version is refused, and says why."""

import tarfile
import tracemalloc
from io import BytesIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from pyrage import x25519

from cimic.backup.bundle import ABOUT, FORMAT, MANIFEST, SIGNATURE, Writer
from cimic.backup.restoring import Checked, check, refuse_newer, refuse_older_server
from cimic.backup.sealing import Unusable, identities_in, recipients_of, sealed
from cimic.backup.taking import leaves, signed_text
from cimic.backup.tools import find_tool
from ledger.signing import key_id_of, public_of

KEY = x25519.Identity.generate()
SIGNER = Ed25519PrivateKey.from_private_bytes(b"s" * 32)
ABOUT_IT = {
    "format": FORMAT,
    "migrations": [],
    "rows": {"ledger_entry": 1},
    "missions": ["UNAC"],
    "ledger": {},
}


def a_bundle(*, about: dict[str, object] | None = None, signs: bytes = b"") -> bytes:
    """A backup of two files and a database of two parts, signed."""
    into = BytesIO()
    writer = Writer(into)
    writer.add_json(ABOUT, about or ABOUT_IT)
    for name in ("files/attachments/a.txt", "files/attachments/b.txt"):
        writer.add(name, 30_000, BytesIO(name[-5:].encode() * 6_000))
    for part in ("database/000001.part", "database/000002.part"):
        writer.add(part, 50_000, BytesIO(b"rows " * 10_000))
    manifest = {
        "sha256": writer.digest.sha256.hexdigest(),
        "files": 2,
        "parts": 2,
        "missing": [],
        "damaged": [],
    }
    text = writer.add_json(MANIFEST, manifest)
    signature = SIGNER.sign(signed_text(signs or text).encode()).hex()
    writer.add_json(SIGNATURE, {"public_key": public_of(SIGNER), "signature": signature})
    writer.close()
    return into.getvalue()


def encrypted(bundle: bytes) -> bytes:
    into = BytesIO()
    with sealed(into, recipients_of([str(KEY.to_public())])) as stream:
        stream.write(bundle)
    return into.getvalue()


def why_not(backup: bytes, *keys: x25519.Identity, signed_by: str = "") -> str:
    """Why a backup is refused; '' if it is not."""
    try:
        check(BytesIO(backup), keys, signed_by)
    except Unusable as error:
        return str(error)
    return ""


def test_a_whole_one_is_taken_plain_or_encrypted_and_names_its_signer():
    for backup in (a_bundle(), encrypted(a_bundle())):
        found = check(BytesIO(backup), [KEY])
        assert (found.file_bytes, found.signed_by) == (60_000, key_id_of(public_of(SIGNER)))


@pytest.mark.parametrize("seal", [bytes, encrypted], ids=["plain", "encrypted"])
def test_cut_off_anywhere_it_is_refused(seal):
    backup = seal(a_bundle())
    # what follows the manifest in a tar is padding alone
    end = len(backup) - 1 if seal is encrypted else backup.rindex(b"signature") - 2000
    for length in (0, 10, 100, 400, 1000, 70_000, 150_000, end):
        assert why_not(backup[:length], KEY), f"cut at {length}"


@pytest.mark.parametrize("seal", [bytes, encrypted], ids=["plain", "encrypted"])
def test_a_bit_changed_anywhere_in_what_is_restored_it_is_refused(seal):
    backup = seal(a_bundle())
    places = [1_500, 20_000, 66_000, 130_000, 160_000]
    if seal is bytes:
        places = [backup.index(b"b.txt" * 9) + 77, backup.index(b"rows rows") + 9, 160_000]
    for place in places:
        changed = bytearray(backup)
        changed[place] ^= 1
        assert why_not(bytes(changed), KEY), f"changed at {place}"


def test_a_member_left_out_put_in_or_repeated_is_refused():
    whole = a_bundle()
    with tarfile.open(fileobj=BytesIO(whole)) as tar:
        members = [(info, tar.extractfile(info).read()) for info in tar.getmembers()]

    def made_of(*numbers: int) -> bytes:
        into = BytesIO()
        with tarfile.open(fileobj=into, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for number in numbers:
                tar.addfile(members[number][0], BytesIO(members[number][1]))
        return into.getvalue()

    assert why_not(made_of(0, 1, 2, 3, 4, 5, 6)) == ""
    for numbers in ((0, 1, 3, 4, 5), (0, 1, 2, 4, 3, 5), (0, 1, 2, 3, 3, 4, 5), (0, 1, 2, 3, 4)):
        assert why_not(made_of(*numbers)), numbers
    for numbers in ((0, 1, 2, 3, 4, 5, 1), (1, 2, 3, 4, 5), (5,), (0, 3, 1, 2, 4, 5)):
        assert why_not(made_of(*numbers)), numbers


def test_the_wrong_key_and_none_are_told_apart_from_damage():
    backup = encrypted(a_bundle())

    assert "another key" in why_not(backup, x25519.Identity.generate())
    assert "name the file of its key" in why_not(backup)
    assert why_not(backup[:150_000], KEY) == (
        "The backup was changed, or a part of it is missing: use another one."
    )


def test_what_is_no_backup_or_of_another_form_is_refused_by_name():
    assert why_not(b"PGDMP not ours" * 1000) == (
        "This is no backup of CIMIC, or only a piece of one."
    )
    newer = a_bundle(about={**ABOUT_IT, "format": "cimic-backup-2"})
    assert "of the form 'cimic-backup-2'; this CIMIC reads 'cimic-backup-1'" in why_not(newer)


def test_a_path_that_leads_out_of_the_folder_is_refused():
    for name in ("/etc/passwd", "files/../../escape", "files//x"):
        into = BytesIO()
        writer = Writer(into)
        writer.add_json(ABOUT, ABOUT_IT)
        writer.add(name, 1, BytesIO(b"x"))
        writer.close()
        assert "what none of ours does" in why_not(into.getvalue())


def test_a_signature_over_something_else_or_by_another_is_refused():
    own = key_id_of(public_of(SIGNER))

    assert why_not(a_bundle(), signed_by=own) == ""
    assert "not by 0123456789abcdef" in why_not(a_bundle(), signed_by="0123456789abcdef")
    assert "The signature is not over this backup" in why_not(a_bundle(signs=b"{}"))


def test_a_backup_of_a_newer_cimic_is_refused_and_of_an_older_one_is_not():
    older = check(BytesIO(a_bundle(about={**ABOUT_IT, "migrations": ["ledger.0001_first"]})), [])
    refuse_newer(older)

    newest = next(leaf for leaf in leaves() if leaf.startswith("ledger."))
    newer = check(
        BytesIO(a_bundle(about={**ABOUT_IT, "migrations": [newest, "ledger.9999_later"]})), []
    )
    with pytest.raises(Unusable, match=r"newer CIMIC \(ledger.9999_later\)"):
        refuse_newer(newer)


def test_a_backup_from_a_newer_postgresql_is_refused_by_name():
    found = Checked(about={"postgresql": 18})
    refuse_older_server(found, 18)

    with pytest.raises(Unusable, match="from PostgreSQL 18, this server is 15"):
        refuse_older_server(found, 15)


def test_a_key_file_without_a_key_is_told(tmp_path: Path):
    for content in ("", "# nothing\n", "age1notsecret\n"):
        (tmp_path / "key").write_text(content)
        with pytest.raises(Unusable, match="holds no secret key"):
            identities_in(tmp_path / "key")
    with pytest.raises(Unusable, match="begins with age1"):
        recipients_of(["AGE-SECRET-KEY-1"])


def test_a_server_newer_than_every_program_here_is_told_which_to_install():
    with pytest.raises(Unusable, match="install postgresql-client-99"):
        find_tool("pg_dump", 99)


def test_a_large_one_passes_through_little_memory(tmp_path: Path):
    """64 MB through sealing and checking, with no more than 4 MB held by Python at once."""

    class Zeros:
        def read(self, size: int) -> bytes:
            return bytes(size)

    path = tmp_path / "large"
    tracemalloc.start()
    with path.open("wb") as file, sealed(file, recipients_of([str(KEY.to_public())])) as stream:
        writer = Writer(stream)
        writer.add_json(ABOUT, ABOUT_IT)
        for number in range(16):
            writer.add(f"files/attachments/{number}", 4 << 20, Zeros())
        manifest = {"sha256": writer.digest.sha256.hexdigest(), "files": 16, "parts": 0}
        writer.add_json(MANIFEST, manifest)
        writer.close()
    with path.open("rb") as file:
        assert check(file, [KEY]).file_bytes == 64 << 20
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert most < 4 << 20

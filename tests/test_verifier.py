"""The stand-alone verifier: one file, Python alone, on a machine without the system."""

import base64
import hashlib
import json
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from common.clock import now
from ledger import merkle, verifier
from ledger.checkpoints import make_checkpoint
from ledger.proofs import VERIFIER
from ledger.receipts import send_owed
from ledger.services import erase_payloads
from ledger.signing import rotate
from missions.queries import first_standing
from records import services as records
from records.archive import pack
from tests.builders import a_mission, a_started, who

# RFC 8032, 7.1: secret, public key, message, signature
VECTORS = [
    (
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ),
    (
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ),
    (
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ),
    (
        "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
        "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
    ),
]


@pytest.mark.parametrize(("secret", "public", "message", "signature"), VECTORS)
def test_the_vectors_of_rfc_8032_verify(secret, public, message, signature):
    said = [bytes.fromhex(text) for text in (public, message, signature)]

    assert verifier.signed(*said)
    assert Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)).sign(said[1]) == said[2]
    assert not verifier.signed(said[0], said[1] + b"x", said[2])


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=99), st.integers(0, 1023))
def test_signatures_are_judged_as_the_library_judges_them(secret, message, bit):
    key = Ed25519PrivateKey.from_private_bytes(secret)
    public, signature = key.public_key().public_bytes_raw(), bytearray(key.sign(message))
    assert verifier.signed(public, message, bytes(signature))

    signature[bit // 8 % 64] ^= 1 << bit % 8

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(bytes(signature), message)
        judged = True
    except InvalidSignature:
        judged = False
    assert verifier.signed(public, message, bytes(signature)) == judged


def test_a_signature_made_larger_by_the_order_and_a_weak_key_are_refused():
    _secret, public, message, signature = map(bytes.fromhex, VECTORS[1])
    larger = int.from_bytes(signature[32:], "little") + verifier.L

    assert not verifier.signed(public, message, signature[:32] + larger.to_bytes(32, "little"))
    neutral = (1).to_bytes(32, "little")
    assert not verifier.signed(neutral, b"anything", neutral + bytes(32))
    assert not verifier.signed(bytes([255] * 32), message, signature)
    assert not verifier.signed(public, message, signature[:63])


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13, 64, 100])
def test_every_path_leads_to_the_root_and_no_other_leaf_does(size):
    leaves = [merkle.leaf_hash(str(number)) for number in range(size)]
    root = merkle.root_of(leaves)

    for index, own in enumerate(leaves):
        path = merkle.path_of(leaves, index)
        assert verifier.root_by(path, own, index, size) == root
        assert verifier.root_by(path, merkle.leaf_hash("x"), index, size) != root
        with pytest.raises(verifier.Wrong):
            verifier.root_by([*path, "00" * 32], own, index, size)
        if path:
            with pytest.raises(verifier.Wrong):
                verifier.root_by(path[:-1], own, index, size)


def test_a_tree_has_the_shape_and_the_hashes_of_rfc_6962():
    one, two, three = (hashlib.sha256(b"\0" + text).digest() for text in (b"1", b"2", b"3"))
    left = hashlib.sha256(b"\1" + one + two).digest()
    assert merkle.root_of([]) == hashlib.sha256(b"").digest()
    assert merkle.root_of([one, two, three]) == hashlib.sha256(b"\1" + left + three).digest()


# Bags, verified by a Python of their own


@pytest.fixture(autouse=True)
def _signs(request, tmp_path):
    if "db" in request.fixturenames:
        chosen = request.getfixturevalue("settings")
        chosen.SIGNING_KEY, chosen.SIGNING_KEY_FILE = "1f" * 32, ""
        chosen.RECEIPT_FOLDER, chosen.RECEIPT_EMAILS = str(tmp_path / "outside"), []
        (tmp_path / "outside").mkdir()


def a_closed():
    """A record carried out, completed and closed."""
    rfa = a_started()
    records.complete(rfa=rfa, actor=who("chief.cimic"), result="Water flows.", people={"women": 9})
    return records.close(rfa=rfa, actor=who("chief.cimic"))


def run(*words) -> tuple[int, str]:
    """Run the verifier where nothing of the project can be imported."""
    told = subprocess.run(
        [sys.executable, "-I", "-S", "verify.py", *map(str, words)],
        cwd=next(up for up in Path(words[0]).parents if (up / "verify.py").exists()),
        capture_output=True,
        text=True,
        env={"PATH": "/nowhere"},
        check=False,
    )
    assert "Traceback" not in told.stderr
    return told.returncode, told.stdout + told.stderr


@pytest.fixture
def bag(db, tmp_path):
    """A closed record's bag, under a checkpoint whose receipt left."""
    a_mission()
    rfa = a_closed()
    make_checkpoint()
    send_owed()
    shutil.copy(VERIFIER, tmp_path / "verify.py")
    pack(rfa=rfa, to=tmp_path, actor=who("records.officer"))
    return tmp_path / rfa.reference


def test_a_bag_is_verified_on_a_machine_without_the_system(bag, tmp_path):
    (receipt,) = (tmp_path / "outside").iterdir()

    code, said = run(bag, "--receipt", receipt)

    length = len(json.loads((bag / "data/history.json").read_text()))
    assert code == 0, said
    assert f"the history holds: {length} entries" in said
    assert f"checkpoint 1 witnesses entries 1 to {length}" in said
    assert "is of this very checkpoint" in said
    assert said.endswith("It holds.\n")
    # The bag carries the same verifier.
    assert (bag / "data/verify.py").read_bytes() == VERIFIER.read_bytes()


def test_without_anything_from_outside_the_reader_is_told_what_that_means(bag):
    code, said = run(bag)

    assert code == 0
    assert "compare the key above" in said


def test_the_key_one_was_given_is_looked_for(bag):
    key = json.loads((bag / "data/proof.json").read_text())["keys"][0]["public_key"]

    assert run(bag, "--key", key)[0] == 0
    assert run(bag, "--key", "ab" * 32)[0] == 1


def test_a_receipt_is_verified_by_itself(bag, tmp_path):
    (receipt,) = (tmp_path / "outside").iterdir()
    assert run(receipt)[0] == 0
    said = json.loads(receipt.read_text())
    said["checkpoint"]["entries"] += 1
    receipt.write_text(json.dumps(said))

    assert run(receipt)[0] == 1
    assert run(bag, "--receipt", receipt)[0] == 2


def test_a_folder_of_bags_is_verified_each_by_each(bag, tmp_path):
    shutil.copytree(bag, tmp_path / "bags" / "one")
    shutil.copytree(bag, tmp_path / "bags" / "two")
    (tmp_path / "bags/two/data/record.json").write_text("{}")

    code, said = run(tmp_path / "bags")

    assert code == 1
    assert said.count("record.json was changed") == 1


def test_a_record_that_no_checkpoint_witnesses_is_told_apart(db, tmp_path):
    a_mission()
    shutil.copy(VERIFIER, tmp_path / "verify.py")
    rfa = a_closed()
    pack(rfa=rfa, to=tmp_path, actor=who("records.officer"))

    code, said = run(tmp_path / rfa.reference)

    assert code == 3
    assert "no checkpoint witnesses" in said


def remade(bag: Path) -> None:
    """Write the bag's manifests anew, as whoever tampers with a whole bag would."""
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(bag).as_posix()}"
        for path in sorted((bag / "data").rglob("*"))
        if path.is_file()
    ]
    (bag / "manifest-sha256.txt").write_text("\n".join(lines) + "\n")
    for name in ("tagmanifest-sha256.txt", "bag-info.txt"):
        (bag / name).unlink()


def changed(bag: Path, name: str, change) -> None:
    """Change a file of a bag, and make the bag's manifests fit."""
    path = bag / "data" / name
    said = json.loads(path.read_text())
    change(said)
    path.write_text(json.dumps(said))
    remade(bag)


def rehashed(entries) -> None:
    """Make a whole history fit, hash by hash."""
    previous = "0" * 64
    for number, entry in enumerate(entries, start=1):
        entry["number"], entry["previous"] = number, previous
        if entry["text"] is not None:
            entry["payload_digest"] = verifier.sha256(entry["salt"] + entry["text"])
        previous = entry["hash"] = verifier.entry_hash(entry)


FIELDS = [
    "chain", "number", "act", "actor", "actor_name", "post", "post_title", "capacity",
    "happened_at", "recorded_at", "told_clock", "previous", "payload_digest", "hash", "salt",
    "text",
]  # fmt: skip


@pytest.mark.parametrize("name", FIELDS)
def test_each_column_of_an_entry_changed_in_a_bag_is_found(bag, name):
    def change(entries) -> None:
        was = entries[1][name]
        entries[1][name] = (
            not was
            if isinstance(was, bool)
            else 7
            if was is None or isinstance(was, int)
            else f"{was}a"
        )

    changed(bag, "history.json", change)

    code, said = run(bag)
    assert code in (1, 2)
    assert "entry 2" in said or "damaged" in said or "entry 1" in said


def _say_otherwise(entries) -> None:
    entries[1]["act"] = "step.supposed"
    rehashed(entries)


def _leave_out(entries) -> None:
    del entries[1]
    rehashed(entries)


def _put_in(entries) -> None:
    entries.insert(1, dict(entries[1]))
    rehashed(entries)


def _exchange(entries) -> None:
    entries[1], entries[2] = entries[2], entries[1]
    rehashed(entries)


def _cut(entries) -> None:
    del entries[3:]


@pytest.mark.parametrize("change", [_say_otherwise, _leave_out, _put_in, _exchange, _cut])
def test_a_history_made_to_fit_is_found_by_the_checkpoint(bag, change):
    changed(bag, "history.json", change)

    code, said = run(bag)

    assert code == 1
    assert "BROKEN     proof.json" in said
    assert "witnessed" in said


PROOFS = {
    "checkpoint.number": 9, "checkpoint.made_at": "2020-01-01T00:00:00.000000Z",
    "checkpoint.root": "ab" * 32, "checkpoint.chains": 9, "checkpoint.entries": 9,
    "checkpoint.previous": "ab" * 32, "checkpoint.key_id": "ab" * 8, "checkpoint.hash": "ab" * 32,
    "checkpoint.signature": "ab" * 64, "chain": "12345678-1234-1234-1234-123456789abc",
    "length": 2, "head": "ab" * 32, "bucket.number": 4095, "bucket.chains": 9, "bucket.index": 5,
    "bucket.path": ["ab" * 32], "path": ["ab" * 32] * 12, "keys.0.public_key": "ab" * 32,
    "keys.0.announcement": "ab" * 64, "keys.0.from": "2020-01-01T00:00:00.000000Z",
    "keys.0.number": 2, "keys.0.key_id": "ab" * 8, "checkpoint": None, "keys": [], "path.0": 7,
    "bucket": [],
}  # fmt: skip


@pytest.mark.parametrize("name", PROOFS)
def test_each_part_of_a_proof_is_bound(bag, name):
    def change(proof) -> None:
        *way, last = name.split(".")
        for part in way:
            proof = proof[int(part) if part.isdigit() else part]
        proof[int(last) if last.isdigit() else last] = PROOFS[name]

    changed(bag, "proof.json", change)

    code, said = run(bag)
    assert code in (1, 2), said


def test_the_line_of_keys_is_followed(db, tmp_path, settings):
    a_mission()
    make_checkpoint()
    rotate(new=Ed25519PrivateKey.from_private_bytes(bytes.fromhex("2e" * 32)))
    settings.SIGNING_KEY = "2e" * 32
    rfa = a_closed()
    make_checkpoint()
    send_owed()
    shutil.copy(VERIFIER, tmp_path / "verify.py")
    pack(rfa=rfa, to=tmp_path, actor=who("records.officer"))
    bag = tmp_path / rfa.reference
    first = json.loads((bag / "data/proof.json").read_text())["keys"][0]["public_key"]

    assert run(bag, "--key", first)[0] == 0
    changed(bag, "proof.json", lambda proof: proof["keys"][1].update(announcement="ab" * 64))
    code, said = run(bag)
    assert code == 1
    assert "was not announced" in said


def test_a_bag_forged_whole_with_another_key_is_found_by_the_receipt(bag, tmp_path):
    (receipt,) = (tmp_path / "outside").iterdir()
    entries = json.loads((bag / "data/history.json").read_text())
    _say_otherwise(entries)
    (bag / "data/history.json").write_text(json.dumps(entries))
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex("2e" * 32))

    def forge(proof) -> None:
        public = key.public_key().public_bytes_raw().hex()
        name = hashlib.sha256(bytes.fromhex(public)).hexdigest()[:16]
        own = proof["keys"][0]
        own.update(public_key=public, key_id=name)
        text = verifier.canonical(["cimic-key-1", 1, name, public, own["from"], ""])
        own["announcement"] = key.sign(text.encode()).hex()
        proof["head"] = entries[-1]["hash"]
        bucket, point = proof["bucket"], proof["checkpoint"]
        leaf = verifier.leaf(["cimic-leaf-1", proof["chain"], proof["length"], proof["head"]])
        within = verifier.root_by(bucket["path"], leaf, bucket["index"], bucket["chains"]).hex()
        above = verifier.leaf(["cimic-bucket-1", bucket["number"], bucket["chains"], within])
        point["root"] = verifier.root_by(proof["path"], above, bucket["number"], 4096).hex()
        point["key_id"] = name
        names = ("number", "made_at", "root", "chains", "entries", "previous", "key_id")
        text = verifier.canonical(["cimic-checkpoint-1"] + [point[each] for each in names])
        point.update(hash=verifier.sha256(text), signature=key.sign(text.encode()).hex())

    changed(bag, "proof.json", forge)

    assert run(bag)[0] == 0  # by itself it cannot be told from a true one, and says so
    code, said = run(bag, "--receipt", receipt)
    assert code == 1
    assert "other signing keys" in said


def test_what_was_erased_is_told_with_who_and_why_and_holds(db, tmp_path):
    a_mission()
    rfa = a_closed()
    asked, confirmed = who("records.officer"), who("chief.cimic")
    with transaction.atomic():
        erase_payloads(
            chain_id=rfa.pk, numbers=(2,), asked_by=asked, asked_as=first_standing(asked),
            asked_at=now(), confirmed_by=confirmed, confirmed_as=first_standing(confirmed),
            reason="A survivor's name",
        )  # fmt: skip
    make_checkpoint()
    shutil.copy(VERIFIER, tmp_path / "verify.py")
    pack(rfa=rfa, to=tmp_path, actor=asked)
    bag = tmp_path / rfa.reference

    code, said = run(bag)

    assert code == 0, said
    assert (
        "entry 2: what it said was erased by Chief Cimic (Chief Cimic), asked by Records Officer"
        in said.replace("Chief UN-CIMIC", "Chief Cimic")
    )
    assert "A survivor's name" in said


def test_an_erasure_without_its_record_is_broken_and_a_withheld_one_is_not(bag):
    shutil.copytree(bag, bag.with_name("other"))
    changed(bag, "history.json", lambda said: said[1].update(text=None, salt=None))
    changed(
        bag.with_name("other"),
        "history.json",
        lambda said: said[1].update(text=None, salt=None, erased=True),
    )

    code, said = run(bag)
    assert (code, "withheld: 2" in said) == (0, True)
    code, said = run(bag.with_name("other"))
    assert (code, "erased without a record" in said) == (1, True)


DAMAGE = {
    "a file more": lambda bag: (bag / "data/more.txt").write_text("more"),
    "a file less": lambda bag: (bag / "data/record.json").unlink(),
    "a file changed": lambda bag: (bag / "data/README.txt").write_text("other"),
    "no manifest": lambda bag: (bag / "manifest-sha256.txt").unlink(),
    "a path outside": lambda bag: (bag / "manifest-sha256.txt").write_text(f"{'0' * 64}  ../x\n"),
    "a link": lambda bag: (bag / "data/link").symlink_to("/etc/passwd"),
    "files elsewhere": lambda bag: (bag / "fetch.txt").write_text("http://example/ - data/x\n"),
    "no bag at all": lambda bag: (bag / "bagit.txt").write_text("hello"),
    "half a history": lambda bag: (bag / "data/history.json").write_text('[{"number": 1,'),
    "a history of numbers": lambda bag: (bag / "data/history.json").write_text("[1, 2]"),
    "no history": lambda bag: (bag / "data/history.json").unlink(),
    "deep nonsense": lambda bag: (bag / "data/proof.json").write_text("[" * 200_000),
    "not text": lambda bag: (bag / "data/history.json").write_bytes(b"\xff\xfe\x00"),
}


@pytest.mark.parametrize("how", DAMAGE)
def test_a_damaged_bag_is_said_to_be_one(bag, how):
    DAMAGE[how](bag)

    assert run(bag)[0] in (1, 2)


def test_nothing_at_all_and_wrong_words_are_answered_with_help(tmp_path):
    shutil.copy(VERIFIER, tmp_path / "verify.py")
    (tmp_path / "empty").mkdir()

    assert run(tmp_path / "empty")[0] == 2
    assert run(tmp_path / "nowhere")[0] == 2
    assert "python3 -I -S verify.py FOLDER" in run(tmp_path / "empty", "--what")[1]


def test_random_bytes_put_anywhere_never_make_it_fall_over(bag):
    chance = random.Random(41)
    for name in ("data/history.json", "data/proof.json", "manifest-sha256.txt"):
        kept = (bag / name).read_bytes()
        for _turn in range(3):
            at = chance.randrange(len(kept))
            (bag / name).write_bytes(
                kept[:at] + base64.b64encode(bytes([at % 256])) + kept[at + 3 :]
            )
            assert run(bag)[0] in (1, 2)
        (bag / name).write_bytes(kept)


def test_the_verifier_imports_nothing_but_the_standard_library():
    source = VERIFIER.read_text()
    imports = {line for line in source.splitlines() if line.startswith(("import ", "from "))}

    assert imports == {"import hashlib", "import json", "import os", "import sys"}

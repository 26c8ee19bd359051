#!/usr/bin/env python3
"""Verify an archived record, a folder of them, or a receipt, with nothing but Python.

    python3 -I -S verify.py FOLDER [--receipt FILE_OR_FOLDER] [--key PUBLIC_KEY] [--json]

FOLDER is a BagIt bag, a folder with history.json (and proof.json) in it, or a folder of such
folders; a receipt's file is verified too. It needs no network, no packages and none of the
system that made the record: Python 3.8 or newer and its standard library. Checked are the
bag's manifests (RFC 8493); each entry's hash, its place and the digest of what it says, also
where that is withheld or was erased; that a checkpoint covers the history (RFC 6962); the
checkpoint's signature and the line of signing keys (Ed25519, RFC 8032).

A bag that was forged whole, keys and all, holds together like a true one. What tells them
apart came to you by another way: a receipt (--receipt) or the public key (--key).

Exit: 0 it holds; 1 something is broken; 2 it cannot be read; 3 it holds, but no checkpoint
witnesses it.
"""

import hashlib
import json
import os
import sys

HOLDS, BROKEN, UNREADABLE, UNWITNESSED = 0, 1, 2, 3
ZEROS = "0" * 64
LARGEST = 256 * 1024 * 1024
DAMAGE = (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError)


class Wrong(Exception):
    """Something that does not hold."""


class CannotRead(Exception):
    """Something that is not what it should be at all."""


# Ed25519, as RFC 8032 part 5.1 and 6 have it

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT = pow(2, (P - 1) // 4, P)


def add(one, other):
    """Add two points in extended coordinates."""
    a = (one[1] - one[0]) * (other[1] - other[0]) % P
    b = (one[1] + one[0]) * (other[1] + other[0]) % P
    c = 2 * one[3] * other[3] * D % P
    d = 2 * one[2] * other[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def times(number, point):
    """Multiply a point."""
    found = (0, 1, 1, 0)
    while number:
        if number & 1:
            found = add(found, point)
        point = add(point, point)
        number >>= 1
    return found


def x_of(y, sign):
    """Return the x of a point on the curve, or None where there is none."""
    if y >= P:
        return None
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if square == 0:
        return None if sign else 0
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * ROOT % P
    if (x * x - square) % P:
        return None
    return P - x if x & 1 != sign else x


def pack(point):
    """Write a point as thirty-two bytes."""
    inverse = pow(point[2], P - 2, P)
    x, y = point[0] * inverse % P, point[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def unpack(text):
    """Read a point, or None."""
    y = int.from_bytes(text, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    x = x_of(y, sign)
    return None if x is None else (x, y, 1, x * y % P)


BASE_Y = 4 * pow(5, P - 2, P) % P
BASE = (x_of(BASE_Y, 0), BASE_Y, 1, x_of(BASE_Y, 0) * BASE_Y % P)


def signed(public, message, signature):
    """Whether a signature over a message is of a public key, all as bytes."""
    if len(public) != 32 or len(signature) != 64:
        return False
    key, scalar = unpack(public), int.from_bytes(signature[32:], "little")
    if key is None or scalar >= L or pack(times(8, key)) == pack((0, 1, 1, 0)):
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    factor = int.from_bytes(digest, "little") % L
    minus = (P - key[0], key[1], key[2], P - key[3])
    return pack(add(times(scalar, BASE), times(factor, minus))) == signature[:32]


# The ledger's own recipes


def canonical(value):
    """Return the one text of a list: JSON without spaces or escapes beyond its own."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def leaf(said):
    return hashlib.sha256(b"\0" + canonical(said).encode()).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root_by(path, found, index, size):
    """Return the root that a path leads to from a leaf (RFC 9162, 2.1.3.2)."""
    last = size - 1
    if not 0 <= index < size:
        raise Wrong("the path does not fit the tree")
    for beside in path:
        if last == 0:
            raise Wrong("the path is too long")
        beside = bytes.fromhex(beside)
        if index & 1 or index == last:
            found = node(beside, found)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            found = node(found, beside)
        index, last = index >> 1, last >> 1
    if last:
        raise Wrong("the path is too short")
    return found


def take(said, name, kind):
    """Return a value of the kind it must be; raise ``CannotRead`` if it is not."""
    value = said.get(name) if isinstance(said, dict) else None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise CannotRead(f"“{name}” is missing, or is not what it should be")
    return value


def read_json(path):
    if os.path.getsize(path) > LARGEST:
        raise CannotRead(f"{path} is larger than this verifier reads")
    try:
        with open(path, encoding="utf-8") as file:
            return json.load(file)
    except (ValueError, RecursionError) as error:
        raise CannotRead(f"{path} is not readable JSON: {error}") from None


class Report:
    """What was found, line by line, of one folder or file."""

    def __init__(self, name):
        self.name, self.lines, self.code = name, [], HOLDS

    def say(self, mark, words):
        self.lines.append((mark, words))

    def broken(self, words):
        self.say("BROKEN", words)
        self.code = BROKEN

    def attempt(self, name, check, *more):
        """Make one check; what it raises becomes a line, and nothing after it is believed."""
        try:
            return check(self, *more)
        except Wrong as error:
            self.broken(f"{name}: {error}")
        except CannotRead as error:
            self.say("UNREADABLE", f"{name}: {error}")
            self.code = self.code or UNREADABLE
        except (
            ValueError,
            TypeError,
            KeyError,
            AttributeError,
            IndexError,
            RecursionError,
        ) as error:
            self.say("UNREADABLE", f"{name} is damaged ({type(error).__name__})")
            self.code = self.code or UNREADABLE
        except OSError as error:
            self.say("UNREADABLE", f"{name}: {error.strerror or error}")
            self.code = self.code or UNREADABLE
        return None


# The bag


def files_in(folder):
    """Return the files of a bag by their paths with slashes; a link is refused."""
    found = {}
    for where, folders, names in os.walk(folder):
        for name in folders + names:
            path = os.path.join(where, name)
            if os.path.islink(path):
                raise Wrong(f"{os.path.relpath(path, folder)} is a link; a bag holds its files")
        for name in names:
            path = os.path.join(where, name)
            found[os.path.relpath(path, folder).replace(os.sep, "/")] = path
    return found


def manifest_lines(path):
    """Yield each digest and file name of a manifest."""
    seen = set()
    with open(path, encoding="utf-8") as file:
        for line in file.read().splitlines():
            digest, _, name = line.strip().partition(" ")
            name = name.strip().lstrip("*")
            for code, sign in (("%0A", "\n"), ("%0D", "\r"), ("%25", "%")):
                name = name.replace(code, sign).replace(code.lower(), sign)
            if not digest:
                continue
            if not name or name in seen or name.startswith(("/", "~")) or ".." in name.split("/"):
                raise Wrong(f"{os.path.basename(path)} names “{name}”, which cannot be")
            seen.add(name)
            yield digest.lower(), name


def digest_of_file(path, algorithm):
    made = hashlib.new(algorithm)
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            made.update(block)
    return made.hexdigest()


def check_manifest(folder, files, manifest, algorithm):
    """Check each file that a manifest names; return their names."""
    listed = set()
    for digest, name in manifest_lines(os.path.join(folder, manifest)):
        listed.add(name)
        if name not in files:
            raise Wrong(f"{name} is missing ({manifest})")
        if digest_of_file(files[name], algorithm) != digest:
            raise Wrong(f"{name} was changed ({manifest})")
    return listed


def check_oxum(folder, payload, files):
    path = os.path.join(folder, "bag-info.txt")
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8") as file:
        for line in file:
            label, _, said = line.partition(":")
            if label.strip().lower() == "payload-oxum":
                size = sum(os.path.getsize(files[name]) for name in payload)
                if said.strip() != f"{size}.{len(payload)}":
                    raise Wrong("bag-info.txt counts other bytes or files than are here")


def check_bag(report, folder):
    """Check a BagIt bag's own promises: every file there, none more, none changed."""
    with open(os.path.join(folder, "bagit.txt"), encoding="utf-8") as file:
        if not file.read(14) == "BagIt-Version:":
            raise Wrong("bagit.txt does not say that this is a bag")
    files = files_in(folder)
    if "fetch.txt" in files:
        raise Wrong("it is not whole: fetch.txt names files that are elsewhere")
    payload = {name for name in files if name.startswith("data/")}
    manifests = [name for name in files if "/" not in name and name.endswith(".txt")]
    checked = 0
    for manifest in sorted(manifests):
        kind, _, algorithm = manifest[: -len(".txt")].partition("-")
        if kind not in ("manifest", "tagmanifest"):
            continue
        if algorithm not in ("sha256", "sha512"):
            raise Wrong(f"{manifest}: only SHA-256 and SHA-512 are believed")
        listed = check_manifest(folder, files, manifest, algorithm)
        if kind == "manifest":
            checked += 1
            for name in sorted(payload - listed):
                raise Wrong(f"{name} is in no manifest: it was put in later")
    if not checked:
        raise Wrong("it has no manifest")
    check_oxum(folder, payload, files)
    report.say("OK", f"the bag holds its {len(payload)} files, none changed, none more")


# The history


def entry_hash(entry):
    return sha256(
        canonical(
            ["cimic-entry-1"]
            + [
                entry[name]
                for name in (
                    "chain", "number", "act", "actor", "actor_name", "post", "post_title",
                    "capacity", "happened_at", "recorded_at", "told_clock", "previous",
                    "payload_digest",
                )
            ]
        )
    )  # fmt: skip


def recorded_erasure(entry, text):
    """Return what an entry says was erased before it, number by number, and in what words."""
    said = json.loads(text)
    if entry["actor"] is None or said["asked_by_id"] in (None, entry["actor"]):
        return {}
    words = (
        f"erased by {entry['actor_name']} ({entry['post_title']}), asked by {said['asked_by']} "
        f"({said['asked_as']}), on {entry['recorded_at'][:10]}: {said['reason']}"
    )
    return {
        line["number"]: (line["payload_digest"], words)
        for line in said["entries"]
        if line["number"] < entry["number"]
    }


def check_history(report, entries):
    """Check the chain from its first entry to its last; return it."""
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise CannotRead("it is not a list of entries")
    if not entries:
        raise Wrong("it is empty")
    previous, chain, erased, records, withheld = ZEROS, entries[0].get("chain"), {}, {}, []
    for number, entry in enumerate(entries, start=1):
        if take(entry, "number", int) != number or entry.get("chain") != chain:
            raise Wrong(f"entry {number} is missing, or in another place")
        if take(entry, "previous", str) != previous:
            raise Wrong(f"entry {number} does not follow the entry before it")
        if entry_hash(entry) != take(entry, "hash", str):
            raise Wrong(f"entry {number}: its columns do not give its hash")
        previous, text = entry["hash"], entry.get("text")
        if text is None:
            if entry.get("erased"):
                erased[number] = entry["payload_digest"]
            else:
                withheld.append(number)
            continue
        if sha256(take(entry, "salt", str) + take(entry, "text", str)) != entry["payload_digest"]:
            raise Wrong(f"entry {number}: what it says was changed")
        if entry["act"] == "payloads.erased":
            records.update(recorded_erasure(entry, text))
    for number, digest in sorted(erased.items()):
        if records.get(number, ("",))[0] != digest:
            raise Wrong(f"entry {number}: what it said was erased without a record of it")
        report.say("NOTE", f"entry {number}: what it said was {records[number][1]}")
    if withheld:
        report.say("NOTE", f"what these entries say is withheld: {', '.join(map(str, withheld))}")
    report.say("OK", f"the history holds: {len(entries)} entries, first to last")
    return entries


# Keys, checkpoints, proofs, receipts


def check_keys(report, keys):
    """Check the line of signing keys; return them by name."""
    last, known = None, {}
    for number, key in enumerate(keys, start=1):
        public = bytes.fromhex(take(key, "public_key", str))
        name = hashlib.sha256(public).hexdigest()[:16]
        previous = last["key_id"] if last else ""
        if (key["number"], key["key_id"], key["previous"]) != (number, name, previous):
            raise Wrong(f"signing key {number} does not follow the one before it")
        text = canonical(["cimic-key-1", number, name, key["public_key"], key["from"], previous])
        by = bytes.fromhex((last or key)["public_key"])
        if not key["announcement"]:
            report.say("NOTE", f"signing key {name} begins anew; the one before was lost: "
                       f"{key['reason']}. Believe it only if its owner told you so.")  # fmt: skip
        elif not signed(by, text.encode(), bytes.fromhex(key["announcement"])):
            raise Wrong(f"signing key {name} was not announced by the one before it")
        known[name] = last = key
    return known


def check_checkpoint(report, said):
    """Check a checkpoint's hash, key and signature; return it."""
    checkpoint = take(said, "checkpoint", dict)
    keys = check_keys(report, take(said, "keys", list))
    names = ("number", "made_at", "root", "chains", "entries", "previous", "key_id")
    text = canonical(["cimic-checkpoint-1"] + [checkpoint[name] for name in names])
    key = keys.get(checkpoint["key_id"])
    if sha256(text) != checkpoint["hash"]:
        raise Wrong(f"checkpoint {checkpoint['number']}: what it says does not give its hash")
    if key is None or checkpoint["made_at"] < key["from"]:
        raise Wrong(f"checkpoint {checkpoint['number']}: its key was not in force")
    signature = bytes.fromhex(checkpoint["signature"])
    if not signed(bytes.fromhex(key["public_key"]), text.encode(), signature):
        raise Wrong(f"checkpoint {checkpoint['number']}: its signature is not of its key")
    report.say(
        "OK",
        f"checkpoint {checkpoint['number']} of {checkpoint['made_at'][:19]} UTC is signed by key "
        f"{key['key_id']} ({key['public_key']})",
    )
    return checkpoint


def check_proof(report, proof, entries):
    """Check that the checkpoint covers this very history."""
    checkpoint = check_checkpoint(report, proof)
    chain, length, head = proof["chain"], take(proof, "length", int), proof["head"]
    if chain != entries[0]["chain"]:
        raise Wrong("the proof is of another record")
    if not 1 <= length <= len(entries):
        raise Wrong(f"the checkpoint witnessed {length} entries, {len(entries)} are here")
    if entries[length - 1]["hash"] != head:
        raise Wrong(f"entry {length} is not the one that the checkpoint witnessed")
    bucket = take(proof, "bucket", dict)
    if bucket["number"] != int(chain[:3], 16):
        raise Wrong("the proof is not where this record's must be")
    own = leaf(["cimic-leaf-1", chain, length, head])
    within = root_by(bucket["path"], own, bucket["index"], bucket["chains"]).hex()
    above = leaf(["cimic-bucket-1", bucket["number"], bucket["chains"], within])
    if root_by(proof["path"], above, bucket["number"], 4096).hex() != checkpoint["root"]:
        raise Wrong("the path does not lead to the checkpoint's root")
    report.say("OK", f"checkpoint {checkpoint['number']} witnesses entries 1 to {length}")
    if length < len(entries):
        report.say("NOTE", f"entries {length + 1} to {len(entries)} are newer: unwitnessed")
    return proof


def check_against(report, proof, receipts, key):
    """Compare what a bag or receipt says with what came by another way."""
    keys = [each["public_key"] for each in proof["keys"]]
    if key:
        if key not in keys and key not in [each["key_id"] for each in proof["keys"]]:
            raise Wrong("the key you were given is not among its keys")
        report.say("OK", "the key you were given is among its keys")
    checkpoint, met = proof["checkpoint"], False
    for name, receipt in receipts:
        own = [each["public_key"] for each in receipt["keys"]]
        if own[: len(keys)] != keys[: len(own)]:
            raise Wrong(f"your receipt {name} knows other signing keys")
        if receipt["checkpoint"]["number"] == checkpoint["number"]:
            met = True
            if receipt["checkpoint"]["hash"] != checkpoint["hash"]:
                raise Wrong(f"your receipt {name} is of another checkpoint of this number")
            report.say("OK", f"your receipt {name} is of this very checkpoint")
    if receipts and not met:
        report.say("NOTE", f"none of your receipts is of checkpoint {checkpoint['number']}; "
                   "their keys are the same")  # fmt: skip
    if not receipts and not key:
        report.say(
            "NOTE",
            "compare the key above with one you were given by another way (--receipt, --key): "
            "without it, only that all this holds together is shown",
        )


# The whole


def verify_folder(folder, receipts, key):
    """Verify one bag or folder."""
    report = Report(folder)
    data = folder
    if os.path.exists(os.path.join(folder, "bagit.txt")):
        report.attempt("the bag", check_bag, folder)
        data = os.path.join(folder, "data")
    path = os.path.join(data, "history.json")
    if not os.path.exists(path):
        report.say("UNREADABLE", "there is no history.json")
        report.code = report.code or UNREADABLE
        return report
    entries = report.attempt("history.json", lambda its: check_history(its, read_json(path)))
    path = os.path.join(data, "proof.json")
    if not os.path.exists(path):
        report.say("NOTE", "no checkpoint witnesses this history: there is no proof.json")
        report.code = report.code or UNWITNESSED
    elif entries:
        proof = report.attempt("proof.json", lambda its: check_proof(its, read_json(path), entries))
        if proof:
            report.attempt("what you were given", check_against, proof, receipts, key)
    return report


def check_receipt(report, path):
    """Check a receipt by itself; return what it says."""
    said = read_json(path)
    if take(said, "format", str) != "cimic-receipt-1":
        raise CannotRead("it is not a receipt")
    check_checkpoint(report, said)
    return said


def verify_receipt(path, receipts, key):
    """Verify one receipt's file."""
    report = Report(path)
    said = report.attempt("the receipt", check_receipt, path)
    if said:
        report.attempt("what you were given", check_against, said, receipts, key)
    return report


def is_record(folder):
    return any(os.path.exists(os.path.join(folder, name)) for name in ("bagit.txt", "history.json"))


def read_receipts(path):
    """Read the receipts one was given, each checked by itself first."""
    paths = [path]
    if os.path.isdir(path):
        paths = [
            os.path.join(path, name) for name in sorted(os.listdir(path)) if name.endswith(".json")
        ]
    found = []
    for each in paths:
        report = Report(each)
        said = report.attempt("the receipt", check_receipt, each)
        if not said:
            raise CannotRead(f"your receipt {each} does not hold: {report.lines[-1][1]}")
        found.append((os.path.basename(each), said))
    return found


def verify(target, receipts=(), key=""):
    """Verify whatever a path names; return the reports."""
    if os.path.isfile(target):
        return [verify_receipt(target, receipts, key)]
    if is_record(target):
        return [verify_folder(target, receipts, key)]
    inside = [os.path.join(target, name) for name in sorted(os.listdir(target))]
    found = [verify_folder(each, receipts, key) for each in inside if is_record(each)]
    if not found:
        raise CannotRead(f"{target} holds no bag, no history.json and no folder with either")
    return found


def arguments(words):
    """Read the command line: the target, receipts, key, whether as JSON."""
    target, given, as_json = [], {"--receipt": "", "--key": ""}, False
    words = list(words)
    while words:
        word = words.pop(0)
        if word in given and words:
            given[word] = words.pop(0)
        elif word == "--json":
            as_json = True
        elif word.startswith("-"):
            return None
        else:
            target.append(word)
    return (
        (target[0], given["--receipt"], given["--key"].lower(), as_json)
        if len(target) == 1
        else None
    )


def main(words):
    asked = arguments(words)
    if asked is None:
        sys.stderr.write(__doc__ or "")
        return UNREADABLE
    target, receipt, key, as_json = asked
    try:
        receipts = read_receipts(receipt) if receipt else []
        reports = verify(target, receipts, key)
    except CannotRead as error:
        sys.stderr.write(f"It cannot be read: {error}\n")
        return UNREADABLE
    except OSError as error:
        sys.stderr.write(f"It cannot be read: {error.filename}: {error.strerror}\n")
        return UNREADABLE
    codes = {report.code for report in reports}
    code = next(each for each in (BROKEN, UNREADABLE, UNWITNESSED, HOLDS) if each in codes)
    if as_json:
        told = [{"name": each.name, "code": each.code, "lines": each.lines} for each in reports]
        sys.stdout.write(json.dumps({"code": code, "reports": told}, indent=1) + "\n")
        return code
    for report in reports:
        sys.stdout.write(f"{report.name}\n")
        for mark, said in report.lines:
            sys.stdout.write(f"  {mark:<10} {said}\n")
    verdict = ("It holds.", "It is broken.", "Some of it cannot be read.",
               "It holds, but no checkpoint witnesses it.")[code]  # fmt: skip
    sys.stdout.write(f"{len(reports)} verified. {verdict}\n")
    return code


if __name__ == "__main__":
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8", errors="replace")
    sys.exit(main(sys.argv[1:]))

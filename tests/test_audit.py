"""The audit of the lock: what advisories say of the versions that are pinned."""

import importlib.util
import json
import zipfile
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
LOADED = importlib.util.spec_from_file_location("audit", CHECKOUT / "deploy" / "audit.py")
assert LOADED
assert LOADED.loader
audit = importlib.util.module_from_spec(LOADED)
LOADED.loader.exec_module(audit)

LOCK = """\
django[argon2]==5.2.4 \\
    --hash=sha256:00
zope.interface==7.0 ; python_version < '3.13' \\
    --hash=sha256:00
"""


def advisory(name="Django", *, number="PYSEC-2025-1", events=(), versions=(), **more):
    """Give an advisory in the form of the schema."""
    return {
        "id": number,
        "summary": "A query may be bent",
        "affected": [
            {
                "package": {"ecosystem": "PyPI", "name": name},
                "versions": list(versions),
                "ranges": [{"type": "ECOSYSTEM", "events": list(events)}],
            }
        ],
        **more,
    }


@pytest.fixture
def audited(tmp_path):
    """Give a function that audits a lock by some advisories."""

    def audited(*advisories, lock=LOCK):
        archive = tmp_path / "all.zip"
        with zipfile.ZipFile(archive, "w") as documents:
            for number, each in enumerate(advisories):
                documents.writestr(f"{number}.json", json.dumps(each))
        return audit.weaknesses(archive, audit.locked(lock))

    return audited


def test_the_lock_is_read_as_it_is_written():
    pins = audit.locked((CHECKOUT / "requirements.lock").read_text())

    assert {"django", "djangorestframework", "psycopg2-binary"} <= set(pins)
    assert audit.locked(LOCK) == {"django": "5.2.4", "zope-interface": "7.0"}


@pytest.mark.parametrize(
    ("events", "weak"),
    [
        ([{"introduced": "0"}, {"fixed": "5.2.5"}], True),
        ([{"introduced": "0"}, {"fixed": "5.2.4"}], False),
        ([{"introduced": "5.2.5"}], False),
        ([{"introduced": "5.2"}, {"last_affected": "5.2.4"}], True),
        ([{"introduced": "5.2"}, {"last_affected": "5.2.3"}], False),
        # two lines that are kept up side by side, told out of order
        (
            [{"introduced": "5.2"}, {"fixed": "5.2.5"}, {"introduced": "0"}, {"fixed": "4.2.9"}],
            True,
        ),
        ([{"introduced": "0"}, {"fixed": "5.2.10"}], True),
    ],
)
def test_a_version_is_weak_from_where_it_came_in_until_it_was_mended(audited, events, weak):
    assert bool(audited(advisory(events=events))) is weak


def test_names_are_compared_as_the_index_compares_them(audited):
    events = [{"introduced": "0"}]

    assert audited(advisory("Zope_Interface", events=events))
    assert not audited(advisory("zope", events=events))


def test_a_version_that_is_listed_is_weak_whatever_the_range_says(audited):
    assert audited(advisory(versions=["5.2.4"], events=[{"introduced": "6"}]))


def test_an_advisory_that_was_withdrawn_or_is_of_another_ecosystem_is_left_out(audited):
    other = advisory(events=[{"introduced": "0"}])
    other["affected"][0]["package"]["ecosystem"] = "npm"

    assert not audited(other, advisory(events=[{"introduced": "0"}], withdrawn="2025-01-01"))


def test_it_says_what_it_found_and_ends_accordingly(tmp_path, capsys):
    archive, lock = tmp_path / "all.zip", tmp_path / "requirements.lock"
    lock.write_text(LOCK)
    with zipfile.ZipFile(archive, "w") as documents:
        events = [{"introduced": "0"}, {"fixed": "5.2.5"}]
        documents.writestr("a.json", json.dumps(advisory(events=events)))

    weak = audit.main([str(archive), str(lock)])
    told = capsys.readouterr().out
    lock.write_text("django==5.2.5")
    sound = audit.main([str(archive), str(lock)])
    archive.write_text("no archive")
    unread = audit.main([str(archive), str(lock)])

    assert (weak, sound, unread) == (1, 0, 2)
    assert "django 5.2.4: PYSEC-2025-1 (mended in 5.2.5) A query may be bent" in told
    assert "Cannot be read" in capsys.readouterr().err

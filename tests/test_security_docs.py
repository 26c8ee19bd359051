"""The pages on security name every requirement of the standard, and only tests that exist."""

import re
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
ROW = re.compile(
    r"^\| (\d+)\.(\d+)\.(\d+) \| ([12]) \| ([^|]+) \| ([^|]+) \|([^|]*)\|$", re.MULTILINE
)
TEST = re.compile(r"\btest_\w+\.py\b")
# How many requirements of levels 1 and 2 each chapter of ASVS 5.0.0 has: 70 and 183 in all.
CHAPTERS = {
    1: 27, 2: 11, 3: 19, 4: 10, 5: 9, 6: 35, 7: 18, 8: 7, 9: 7,
    10: 29, 11: 14, 12: 9, 13: 13, 14: 9, 15: 13, 16: 16, 17: 7,
}  # fmt: skip


def rows():
    """Give the rows of the table: chapter, section, number, level, about, where, test."""
    return ROW.findall((CHECKOUT / "docs" / "asvs.md").read_text())


def test_every_requirement_of_the_two_levels_is_answered_once():
    found = [row[:3] for row in rows()]
    counted = dict.fromkeys(CHAPTERS, 0)
    for row in rows():
        counted[int(row[0])] += 1

    assert len(found) == len(set(found)) == 253
    assert counted == CHAPTERS
    assert sum(row[3] == "1" for row in rows()) == 70


def test_what_has_neither_a_test_nor_a_page_has_a_reason():
    silent = [
        ".".join(row[:3])
        for row in rows()
        if not TEST.search(row[6]) and not re.search(r"no such thing|left|docs/|`", row[5])
    ]

    assert silent == []


@pytest.mark.parametrize("name", ["asvs.md", "security.md"])
def test_every_test_that_the_pages_name_is_there(name):
    named = set(TEST.findall((CHECKOUT / "docs" / name).read_text()))
    missing = {test for test in named if not (CHECKOUT / "tests" / test).exists()}

    assert missing == set()


@pytest.mark.parametrize("doc", sorted(Path(CHECKOUT / "docs").rglob("*.md")), ids=lambda p: p.stem)
def test_every_page_that_a_page_leads_to_is_there(doc):
    text = doc.read_text()
    links = re.findall(r"\]\(([^)#:\s]+?\.\w+)(?:#[^)]*)?\)", text)
    named = re.findall(r"\bdocs/[\w/.-]+\.md\b", text)
    missing = [link for link in links if not (doc.parent / link).exists()]
    missing += [other for other in named if not (CHECKOUT / other).exists()]

    assert missing == []

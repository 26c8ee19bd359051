"""The table of moves: the lines agreed hold, and everything else is refused."""

import itertools

import pytest

from approvals.moves import MOVES, after
from approvals.vocabulary import Act
from common.errors import NotNow
from requests_app.vocabulary import Status

AGREED = """
draft submit under_review
draft withdraw withdrawn
draft seek_decision awaiting_decision
under_review consult in_consultation
under_review seek_decision awaiting_decision
under_review return returned
under_review withdraw withdrawn
returned submit under_review
returned consult in_consultation
returned seek_decision awaiting_decision
returned withdraw withdrawn
in_consultation seek_decision awaiting_decision
in_consultation withdraw withdrawn
awaiting_decision approve approved
awaiting_decision not_approve not_approved
awaiting_decision return returned
awaiting_decision withdraw withdrawn
approved approve approved
approved not_approve not_approved
approved start in_progress
approved cancel cancelled
not_approved approve approved
not_approved not_approve not_approved
not_approved close closed
in_progress complete completed
in_progress cancel cancelled
completed close closed
cancelled close closed
reported acknowledge acknowledged
acknowledged find_held held
acknowledged find_not_held not_held
held find_held held
held find_not_held not_held
not_held find_held held
not_held find_not_held not_held
held close closed
not_held close closed
"""
LINES = [tuple(line.split()) for line in AGREED.strip().splitlines()]


def test_the_table_is_the_list_agreed():
    assert sorted((str(a), str(b), str(c)) for (a, b), c in MOVES.items()) == sorted(LINES)


@pytest.mark.parametrize(
    ("status", "act"),
    [
        (status, act)
        for status, act in itertools.product(Status, Act)
        if (status.value, act.value) not in {line[:2] for line in LINES}
    ],
)
def test_what_is_not_a_line_cannot_happen(status, act):
    with pytest.raises(NotNow):
        after(status, act)


def test_nothing_starts_but_from_approved():
    assert [str(status) for (status, act) in MOVES if act == Act.START] == ["approved"]

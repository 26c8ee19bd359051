"""Calls have room: none asks the kernel for it, however deep a page's templates come to lie."""

import resource

import pytest

from common.room import with_room

CALLS = 400


def _leaf(a: int, b: int = 1, c: int = 2, d: int = 3, e: int = 4, f: int = 5) -> int:
    return a


def _faults(depth: int) -> int:
    """Count the fresh pages of memory that small calls take at some depth."""
    if depth:
        return _faults(depth - 1)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for some in range(CALLS):
        _leaf(some)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def _at_every_depth() -> list[int]:
    return sorted(_faults(depth) for depth in range(500))


def test_no_depth_of_calls_takes_a_fresh_page_for_each():
    assert with_room(_at_every_depth)[-1] < CALLS / 4


def test_what_is_called_gets_what_is_given_and_its_failures_pass():
    assert with_room(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        with_room(divmod, 7, 0)

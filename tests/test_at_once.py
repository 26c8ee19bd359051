"""Many at once over HTTP: what was acknowledged is there exactly once, and nobody is failed."""

from types import SimpleNamespace
from urllib.parse import urlsplit

from bench import ground
from bench.concurrency import at_work, spread
from tests.builders import a_mission, civil_answers

ASKERS, ANSWERERS, SECONDS = 12, 6, 3.0


def test_officers_who_submit_and_answer_at_once_lose_nothing(site):
    """The short form of ``make bench``'s fifty and twenty (bench/concurrency.py)."""
    a_mission()
    run = SimpleNamespace(
        site=SimpleNamespace(port=urlsplit(site).port),
        ground=SimpleNamespace(signed_in=ground.signed_in, a_draft=civil_answers),
    )

    kept, _seconds = at_work(run, ASKERS, ANSWERERS, SECONDS)

    assert kept.refused == {}
    assert ground.lost_of(kept.submitted, kept.answered) == 0
    assert len(kept.submitted) >= ASKERS
    assert len(kept.answered) >= ANSWERERS
    assert set(spread(kept.took)) == {"draft", "submit", "answer"}

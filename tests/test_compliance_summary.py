"""The compliance summary equals the slow truth: a loop over every record, row by row."""

from collections import Counter

import pytest

from cimic.demo.loading import load as load_demo
from missions.models import Mission
from records.compliance import summary
from records.compliance.loading import load
from records.compliance.rows import findings_of
from records.models import ComplianceException
from requests_app.models import AssistanceRequest
from tests.builders import a_mission, a_refused, a_started, a_submitted

pytestmark = pytest.mark.django_db


def slow_truth(mission):
    """What every function says of every record, added up in a loop."""
    counts, broken = {}, set()
    ids = AssistanceRequest.objects.filter(mission=mission).values_list("pk", flat=True)
    for record in load(ids):
        place = summary._place_of(record)
        for row, finding in findings_of(record).items():
            key = (row, place.day, place.sector, place.kind, place.classification)
            counts.setdefault(key, Counter())[str(finding.outcome)] += 1
            if finding.outcome == "exception":
                broken.add((record.rfa.pk, row, place.day, finding.words, finding.entry))
    return (
        {
            key: (found["complied"], found["exception"], found["pending"])
            for key, found in counts.items()
        },
        broken,
    )


def as_kept(mission):
    lines = ComplianceException.objects.filter(mission=mission)
    return (
        summary.counts_of(mission),
        set(lines.values_list("rfa", "row", "day", "words", "entry")),
    )


def test_it_equals_the_slow_truth_over_the_demonstration(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    load_demo(records=None, seed=2)
    mission = Mission.objects.get()

    assert as_kept(mission) == slow_truth(mission)
    assert not summary.owed().exists()


def test_it_follows_every_deed():
    mission = a_mission()
    for make in (a_submitted, a_started, a_refused):
        make()
        while summary.sweep():
            pass
        assert as_kept(mission) == slow_truth(mission)

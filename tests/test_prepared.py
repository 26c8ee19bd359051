"""What is put together once in a process reads, writes and refuses what Django would."""

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from common.adding import add, change
from common.clock import now
from common.matching import keeps_its_checks
from common.models import IdempotentAnswer
from records.filters import LINES, lines_for, lines_of
from requests_app.models import (
    AssistanceRequest,
    CivilAssistance,
    QuickImpactProject,
    SecurityAssistance,
)
from requests_app.vocabulary import Kind, Status
from tests.builders import a_draft, a_mission, a_submitted, civil_answers, security_answers, who

pytestmark = pytest.mark.django_db
DAY = dt.date(2026, 5, 1)


@pytest.fixture
def mission() -> Any:
    return a_mission()


def _all_of(row: Any) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}


def test_a_kept_question_reads_the_rows_of_its_queryset(mission):
    by = "partner.ngo"
    asked = [a_submitted(by=by), a_submitted(by=by), a_draft(civil_answers(), by=by)]
    chief = who("chief.cimic")
    expected = {rfa.pk: rfa for rfa in lines_for(chief)}

    found = lines_of(chief, [rfa.pk for rfa in asked if rfa.pk in expected][::-1])

    assert [rfa.pk for rfa in found] == [asked[1].pk, asked[0].pk]
    for rfa in found:
        same = expected[rfa.pk]
        assert _all_of(rfa) == _all_of(same)
        assert rfa.who_asks_is_known == same.who_asks_is_known
        assert [step.pk for step in rfa.open_steps] == [step.pk for step in same.open_steps]
        with CaptureQueriesContext(connection) as beside:
            assert _all_of(rfa.organisation) == _all_of(same.organisation)
            assert rfa.open_steps[0].post == same.open_steps[0].post
            assert rfa.area.name == same.area.name
        assert len(beside) == 0
        assert rfa.area.boundary == same.area.boundary  # read when it is asked for
    assert found[0].requested_by is found[1].requested_by


def test_what_refers_to_nothing_refers_to_nothing(mission):
    rfa = a_submitted()
    AssistanceRequest.objects.filter(pk=rfa.pk).update(sector=None, organisation=None)

    (found,) = LINES.rows(keys=[rfa.pk])

    assert (found.sector, found.organisation) == (None, None)


def test_rows_are_added_and_changed_as_they_would_be_saved(mission):
    mine = {"person": who("chief.cimic"), "path": "/x/", "body_digest": "", "made_at": now()}
    first, second = (IdempotentAnswer(**mine, key=key) for key in ("one", "two"))

    add([first, second])
    second.status, second.answer, second.headers = 200, {"said": [1, None]}, {"ETag": '"1"'}
    change(second, ["status", "answer", "headers"])

    assert _all_of(IdempotentAnswer.objects.get(key="one")) == _all_of(first)
    assert _all_of(IdempotentAnswer.objects.get(key="two")) == _all_of(second)
    add([IdempotentAnswer(**mine, key="one")], unless_there=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        add([IdempotentAnswer(**mine, key="one")])
    assert IdempotentAnswer.objects.count() == 2
    IdempotentAnswer.objects.filter(key="two").delete()
    with pytest.raises(DatabaseError):
        change(second, ["status"])


def _asked(**said: Any) -> AssistanceRequest:
    return AssistanceRequest(**{"kind": Kind.CIVIL_ASSISTANCE, "status": Status.DRAFT, **said})


def test_what_a_row_breaks_is_told_without_the_database_as_with_it(mission):
    rows = [
        _asked(),
        _asked(title="Water", latitude=-10.5, longitude=60.1),
        _asked(latitude=-95, longitude=60.1),
        _asked(latitude=10, longitude=None),
        _asked(status=Status.UNDER_REVIEW),
        _asked(status=Status.UNDER_REVIEW, route="civil_assistance"),
        _asked(status=Status.UNDER_REVIEW, route="qip", title="Well", submitted_at=now()),
        _asked(status=Status.CLOSED, route="qip", title="Well", submitted_at=now()),
        _asked(historical=True),
        CivilAssistance(),
        QuickImpactProject(starts_on=DAY, ends_on=DAY),
        QuickImpactProject(starts_on=DAY, ends_on=DAY - dt.timedelta(days=1)),
        QuickImpactProject(starts_on=DAY),
        SecurityAssistance(departs_at=now(), returns_at=now() - dt.timedelta(hours=1)),
        SecurityAssistance(departs_at=now() - dt.timedelta(hours=1), returns_at=now()),
    ]

    def is_sound(row: Any) -> bool:
        try:
            row.validate_constraints()
        except ValidationError:
            return False
        return True

    assert [keeps_its_checks(row) for row in rows] == [is_sound(row) for row in rows]
    with CaptureQueriesContext(connection) as asked:
        keeps_its_checks(rows[1])
    assert len(asked) == 0


def test_a_security_request_drafted_by_a_partner_says_on_whose_behalf(mission):
    """Its kind's row is laid before it is written, and written once (P39)."""
    rfa = a_draft(security_answers(), by="partner.un")

    assert rfa.security_assistance.requester_class == "humanitarian"

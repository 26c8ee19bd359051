"""What is built once writes what DRF writes, over all that the demonstration holds."""

from typing import Any

import pytest
from rest_framework import serializers

from common.writing import BuiltOnce
from requests_app.models import AssistanceRequest
from tests.calling import Caller
from tests.conftest import DEMONSTRATION

# One who sees all, one who asks, one who decides, one who keeps.
LISTS = {
    "chief.cimic": """
        requests/?page_size=200 requests/?search=water inbox/ notices/ views/ exports/ handover/
        protection-duties/ processes/ priorities/ referrals/ standing-policies/ delegations/
        ledger/checkpoints/ tokens/ sessions/ complaints/ archive/
    """,
    "partner.ngo": "requests/ inbox/ referrals/",
    "dsrsg": "requests/ inbox/ referrals/",
    "records.officer": "requests/ ledger/erasures/",
}
SEEN = {
    "AnswerSerializer", "AttachmentSerializer", "ComplaintSerializer", "DutySerializer",
    "EntrySerializer", "FollowUpSerializer", "FoundLineSerializer", "HandoverSerializer",
    "MessageSerializer", "PrioritySerializer", "PrioritySetSerializer", "ProcessLineSerializer",
    "RecordSerializer", "ReferralSerializer", "RequestNameSerializer", "RouteStepSerializer",
    "StandingPolicySerializer", "StepSerializer", "TaskSerializer", "TokenLineSerializer",
    "WaitingSerializer",
}  # fmt: skip


@pytest.mark.xdist_group(DEMONSTRATION)
def test_what_is_built_once_is_what_drf_writes(demonstration, monkeypatch):
    compared: set[str] = set()
    built = BuiltOnce.to_representation

    def both(self: Any, row: Any) -> Any:
        found = built(self, row)
        assert found == serializers.Serializer.to_representation(self, row)
        compared.add(type(self).__name__)
        return found

    monkeypatch.setattr(BuiltOnce, "to_representation", both)
    references = list(AssistanceRequest.objects.values_list("reference", flat=True))
    for username, paths in LISTS.items():
        caller = Caller(username)
        for path in paths.split():
            assert caller.get(f"/api/v1/{path}").status_code == 200, path
        for reference in references:
            caller.get(f"/api/v1/requests/{reference}/")
        caller.get(f"/api/v1/requests/{references[0]}/history/")

    assert compared >= SEEN

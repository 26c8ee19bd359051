"""The mission's priorities, as the API writes them."""

from typing import Any

from rest_framework import serializers

from approvals.models import Priority, PrioritySet
from approvals.queries.priorities import Consistency
from common.writing import ModelBuiltOnce


class PrioritySerializer(ModelBuiltOnce[Priority]):
    """One priority: its words, the areas by p-code, the categories."""

    areas = serializers.ListField(source="pcodes", child=serializers.CharField(), required=False)
    categories = serializers.ListField(child=serializers.CharField(), required=False)

    class Meta:
        model = Priority
        fields = ["text", "areas", "categories"]


class PrioritySetSerializer(ModelBuiltOnce[PrioritySet]):
    """A mission's priorities from a day, to be reviewed by another (P34)."""

    priorities = PrioritySerializer(many=True)
    set_by = serializers.CharField(source="set_by.name", read_only=True)
    set_post = serializers.CharField(source="set_post.code", default=None, read_only=True)

    class Meta:
        model = PrioritySet
        fields = [
            "id",
            "title",
            "in_force_from",
            "review_on",
            "priorities",
            "set_by",
            "set_post",
            "set_at",
        ]
        read_only_fields = ["set_at"]


def consistency_as_read(found: Consistency | None) -> dict[str, Any] | None:
    """Return whether a request is consistent with the priorities it is weighed by."""
    if found is None:
        return None
    return {
        "set": found.of.title,
        "consistent": found.consistent,
        "matches": [priority.text for priority in found.matches],
    }

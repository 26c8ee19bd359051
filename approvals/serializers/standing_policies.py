"""A standing policy, as the API writes it."""

from rest_framework import serializers

from approvals.models import StandingPolicy
from common.writing import ModelBuiltOnce


class StandingPolicySerializer(ModelBuiltOnce[StandingPolicy]):
    """A standard policy of the Designated Official, to be cited by its code (P39)."""

    adopted_by = serializers.CharField(source="adopted_by.name", read_only=True)
    adopted_post = serializers.CharField(source="adopted_post.code", default=None, read_only=True)

    class Meta:
        model = StandingPolicy
        fields = [
            "code",
            "title",
            "text",
            "from_on",
            "until_on",
            "adopted_by",
            "adopted_post",
            "adopted_at",
        ]
        read_only_fields = ["adopted_at"]

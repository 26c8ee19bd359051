"""A referral, as the API writes it."""

from typing import Any

from rest_framework import serializers

from approvals.models import Referral
from approvals.queries import WITHHELD, is_of_who_asks, shows_who_asks
from approvals.vocabulary import ReferralOutcome
from common.writing import ModelBuiltOnce


class ReferralSerializer(ModelBuiltOnce[Referral]):
    """What could not be resolved, whom it was put to, and what they resolved (P52)."""

    reference = serializers.CharField(source="rfa.reference")
    state = serializers.SerializerMethodField()
    put_to = serializers.CharField(source="put_to.code")
    put_to_title = serializers.CharField(source="put_to.title")
    opened_by = serializers.CharField(source="opened_by.name")
    opened_post = serializers.CharField(source="opened_post.title", default=None, allow_null=True)
    closed_by = serializers.CharField(source="closed_by.name", default=None, allow_null=True)
    closed_post = serializers.CharField(source="closed_post.title", default=None, allow_null=True)
    closed_as = serializers.CharField()
    delegation = serializers.CharField(allow_null=True)
    follows = serializers.IntegerField(source="follows_id", allow_null=True)

    class Meta:
        model = Referral
        fields = [
            "id",
            "reference",
            "state",
            "matter",
            "put_to",
            "put_to_title",
            "follows",
            "opened_by",
            "opened_post",
            "opened_at",
            "due_at",
            "outcome",
            "resolution",
            "closed_by",
            "closed_post",
            "closed_as",
            "delegation",
            "closed_at",
        ]

    def to_representation(self, referral: Referral) -> dict[str, Any]:
        """Leave out who referred it, where that is who asks and the reader is not to know (R22)."""
        found = super().to_representation(referral)
        rfa = self.context.get("rfa") or referral.rfa
        asks = is_of_who_asks(rfa, referral.opened_by, referral.opened_post)
        if asks and not shows_who_asks(rfa):
            found.update(opened_by=WITHHELD, opened_post=None)
        return found

    def get_state(self, referral: Referral) -> str:
        return referral.outcome or "open"


class ResolvingSerializer(serializers.Serializer[Referral]):
    """What to send when resolving a referral."""

    outcome = serializers.ChoiceField(
        choices=[ReferralOutcome.RESOLVED.value, ReferralOutcome.PASSED_ON.value],
        default=ReferralOutcome.RESOLVED.value,
    )
    resolution = serializers.CharField()

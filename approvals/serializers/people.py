"""Who acts for a post, as the API writes it."""

from rest_framework import serializers

from common.writing import ModelBuiltOnce
from missions.models import Appointment, Delegation


class DelegationSerializer(ModelBuiltOnce[Delegation]):
    """A person who acts for a post for a while, and for what."""

    post = serializers.CharField(source="post.code")
    post_title = serializers.CharField(source="post.title", read_only=True)
    delegate = serializers.CharField(source="delegate.username")
    delegate_name = serializers.CharField(source="delegate.name", read_only=True)
    given_by = serializers.CharField(source="given_by.name", read_only=True)
    routes = serializers.ListField(child=serializers.CharField(), required=False)

    class Meta:
        model = Delegation
        fields = [
            "id",
            "post",
            "post_title",
            "delegate",
            "delegate_name",
            "given_by",
            "scope",
            "routes",
            "from_on",
            "until_on",
            "given_at",
            "ended_at",
        ]
        read_only_fields = ["given_at", "ended_at"]


class InChargeSerializer(ModelBuiltOnce[Appointment]):
    """A person in charge of a post in its holder's absence."""

    post = serializers.CharField(source="post.code", read_only=True)
    person = serializers.CharField(source="person.username")
    name = serializers.CharField(source="person.name", read_only=True)

    class Meta:
        model = Appointment
        fields = ["id", "post", "person", "name", "capacity", "from_on", "until_on"]
        read_only_fields = ["capacity"]

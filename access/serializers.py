"""How the API shows keys, sessions, invitations and people."""

from typing import Any

from rest_framework import serializers

from access.models import Invitation, Session
from access.queries import device_of
from common.writing import ModelBuiltOnce
from missions.models import AccessToken
from missions.vocabulary import Scope


class TokenInSerializer(serializers.Serializer[Any]):
    """A person's name and password, the code of a second factor, and what the key is for."""

    username = serializers.CharField()
    password = serializers.CharField()
    otp = serializers.CharField(required=False)
    name = serializers.CharField(required=False)
    scopes = serializers.ListField(
        child=serializers.ChoiceField(choices=Scope.choices), required=False
    )
    expires_in_hours = serializers.IntegerField(required=False, min_value=1, max_value=2160)


class TokenSerializer(serializers.Serializer[Any]):
    """A key, shown this once, and when it expires."""

    token = serializers.CharField()
    expires_at = serializers.DateTimeField()


class TokenLineSerializer(ModelBuiltOnce[AccessToken]):
    """A key as its person finds it again: never the key itself."""

    class Meta:
        model = AccessToken
        fields = ("id", "name", "scopes", "proved_twice", "made_at", "expires_at", "used_at")


class SessionSerializer(ModelBuiltOnce[Session]):
    """A browser in which a person is signed in; where it is, is not kept."""

    id = serializers.CharField(source="session_key")
    browser = serializers.SerializerMethodField()
    system = serializers.SerializerMethodField()
    current = serializers.SerializerMethodField()

    class Meta:
        model = Session
        fields = ("id", "browser", "system", "began_at", "seen_at", "current")

    def get_browser(self, row: Session) -> str:
        return str(device_of(row.device)["browser"])

    def get_system(self, row: Session) -> str:
        return str(device_of(row.device)["system"])

    def get_current(self, row: Session) -> bool:
        return bool(row.session_key == self.context.get("current"))


class InvitationSerializer(ModelBuiltOnce[Invitation]):
    """An invitation; never its link."""

    post = serializers.CharField(source="post.code")
    mission = serializers.CharField(source="post.mission.code", read_only=True)
    invited_by = serializers.CharField(source="invited_by.name", read_only=True)
    accepted_by = serializers.CharField(
        source="accepted_by.username", read_only=True, allow_null=True, default=None
    )

    class Meta:
        model = Invitation
        fields = (
            "id",
            "mission",
            "post",
            "capacity",
            "email",
            "rank",
            "first_name",
            "last_name",
            "language",
            "from_on",
            "until_on",
            "invited_by",
            "made_at",
            "sent_at",
            "expires_at",
            "accepted_at",
            "accepted_by",
            "withdrawn_at",
        )
        read_only_fields = ("made_at", "sent_at", "expires_at", "accepted_at", "withdrawn_at")


class PersonSerializer(serializers.Serializer[Any]):
    """A person as the administrator keeps the account."""

    username = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField()
    is_active = serializers.BooleanField()
    has_factor = serializers.BooleanField()
    is_signed_in = serializers.BooleanField()
    has_tokens = serializers.BooleanField()
    last_login = serializers.DateTimeField(allow_null=True)

"""The API's door: keys, sessions, invitations, and who is let in."""

import datetime as dt
import logging
from typing import Any

from allauth.account.adapter import get_adapter
from django.contrib.auth import authenticate
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from access import tries
from access.devices import device_known_to
from access.factors import has_factor, prove
from access.forms import InvitationForm
from access.models import Invitation
from access.proof import proved_lately
from access.queries import (
    invitations_for,
    missions_kept_by,
    people_for,
    sessions_of,
    tokens_of,
)
from access.serializers import (
    InvitationSerializer,
    PersonSerializer,
    SessionSerializer,
    TokenInSerializer,
    TokenLineSerializer,
    TokenSerializer,
)
from access.services import accounts, invitations
from common.canonical import sha256
from common.clock import now
from common.errors import FieldError, Forbidden, Malformed
from common.idempotency import IdempotentPosts
from common.listing import CursorPages, asked_page, list_response
from common.paging import page_of
from common.problems import problem, refusal_response
from common.reading import is_plain
from missions.models import AccessToken, User
from missions.services import issue_token, revoke_token

log = logging.getLogger(__name__)

LATELY = dt.timedelta(hours=1)


def _refused(said: str) -> Response:
    log.warning("token refused")
    answer = problem(401, said)
    answer["WWW-Authenticate"] = 'Bearer realm="cimic"'
    return answer


def _too_many(refusal: tries.TooManyTries) -> Response:
    log.warning("token refused: too many tries")
    answer = refusal_response(refusal)
    answer["Retry-After"] = str(refusal.seconds)
    return answer


def _asked_token(data: dict[str, Any]) -> dict[str, Any]:
    """Read what a key is asked for; raise ``Malformed`` with all that cannot be read."""
    errors = [
        FieldError(name, _("Send your %(name)s as text.") % {"name": name})
        for name in ("username", "password")
        if not isinstance(data.get(name), str) or not data.get(name)
    ]
    errors += [
        FieldError(name, _("Send your %(name)s as text.") % {"name": name})
        for name in ("otp", "name")
        if not isinstance(data.get(name, ""), str)
    ]
    scopes, hours = data.get("scopes"), data.get("expires_in_hours", 12)
    if scopes is not None and not (
        isinstance(scopes, list) and all(isinstance(scope, str) for scope in scopes)
    ):
        errors.append(FieldError("scopes", _("Send a list of scopes.")))
    if not isinstance(hours, int) or isinstance(hours, bool) or not 0 < hours <= 2160:
        errors.append(
            FieldError("expires_in_hours", _("Choose 1 to %(hours)s hours.") % {"hours": 2160})
        )
    if errors:
        raise Malformed(errors=errors)
    return {"scopes": scopes, "lasts": dt.timedelta(hours=hours), "name": data.get("name", "")}


class TokensView(APIView):
    """Keys to the API: give a person one, for twelve hours unless asked otherwise; list mine."""

    pagination_class = CursorPages

    permission_classes = [AllowAny]

    def get_authenticators(self) -> list[Any]:
        """Ask who calls only where it matters: whoever asks for a key has none."""
        if self.request is not None and self.request.method == "POST":
            return []
        return super().get_authenticators()

    def get_permissions(self) -> list[Any]:
        if self.request is not None and self.request.method == "POST":
            return [AllowAny()]
        return [permission() for permission in APIView.permission_classes]

    @extend_schema(request=TokenInSerializer, responses={200: TokenSerializer}, auth=[])
    def post(self, request: Request) -> Response:
        data = request.data if isinstance(request.data, dict) else {}
        asked = _asked_token(data)
        http = request._request
        account = data["username"]
        doors = tries.at_sign_in(
            get_adapter().get_client_ip(http), account, device=device_known_to(http, account)
        )
        try:
            tries.count(doors)
            found: Any = authenticate(http, username=account, password=data["password"])
            if found is None:
                return _refused(_("The name or the password is wrong."))
            tries.take_back(doors)
            proved = False
            if has_factor(found):
                if not data.get("otp"):
                    return _refused(
                        _("Send the code of your second factor, or a recovery code, as otp.")
                    )
                proved = prove(found, data["otp"]) is not None
                if not proved:
                    return _refused(_("This code is wrong, or was used already."))
        except tries.TooManyTries as refusal:
            return _too_many(refusal)
        token, made = issue_token(person=found, proved_twice=proved, **asked)
        log.info("token given: person %s, proved twice %s", found.pk, proved)
        return Response({"token": token, "expires_at": made.expires_at})

    @extend_schema(responses=TokenLineSerializer(many=True))
    def get(self, request: Request) -> Response:
        cursor, size = asked_page(request)
        page = page_of(tokens_of(request.user), ("-made_at", "-id"), cursor=cursor, size=size)  # type: ignore[arg-type]
        return list_response(request, TokenLineSerializer(page.rows, many=True).data, page)


class TokenView(APIView):
    """One of my keys: end it."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, token_id: int) -> Response:
        person: Any = request.user
        if not revoke_token(person=person, token_id=token_id):
            raise Http404
        return Response(status=204)


def _current(request: Request) -> str:
    key = request._request.session.session_key
    return sha256(key) if key else ""


class SessionsView(APIView):
    """Where I am signed in; ending all of it but here."""

    pagination_class = CursorPages

    @extend_schema(responses=SessionSerializer(many=True))
    def get(self, request: Request) -> Response:
        cursor, size = asked_page(request)
        rows = sessions_of(request.user)  # type: ignore[arg-type]
        page = page_of(rows, ("-seen_at", "-session_key"), cursor=cursor, size=size)
        lines = SessionSerializer(page.rows, many=True, context={"current": _current(request)})
        return list_response(request, lines.data, page)

    @extend_schema(operation_id="sessions_destroy_others", responses={204: None})
    def delete(self, request: Request) -> Response:
        accounts.end_sessions(request.user, but=_current(request))  # type: ignore[arg-type]
        return Response(status=204)


class SessionView(APIView):
    """One browser in which I am signed in: end it."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, session_id: str) -> Response:
        if not accounts.end_session(request.user, session_id):  # type: ignore[arg-type]
            raise Http404
        return Response(status=204)


def _proved(request: Request) -> None:
    """Ask that who changes somebody's access proved lately who they are.

    With a key one that was given in the last hour, in a browser the password or factor a few
    minutes ago. Raises ``Forbidden``.
    """
    token = request.auth
    lately = (
        token.made_at > now() - LATELY
        if isinstance(token, AccessToken)
        else proved_lately(request._request)
    )
    if not lately:
        raise Forbidden(
            _("This needs a fresh proof of who you are: ask for a new token, or sign in again.")
        )


class InvitationsView(IdempotentPosts, APIView):
    """The invitations into the missions whose people I keep; and inviting."""

    pagination_class = CursorPages

    @extend_schema(responses=InvitationSerializer(many=True))
    def get(self, request: Request) -> Response:
        cursor, size = asked_page(request)
        rows = invitations_for(request.user)  # type: ignore[arg-type]
        page = page_of(rows, ("-made_at", "-id"), cursor=cursor, size=size)
        return list_response(request, InvitationSerializer(page.rows, many=True).data, page)

    @extend_schema(request=InvitationSerializer, responses={201: InvitationSerializer})
    def post(self, request: Request) -> Response:
        person: Any = request.user
        if not missions_kept_by(person).exists():
            raise Forbidden(_("Only the mission's administrator lets people in and out."))
        _proved(request)
        data = request.data if isinstance(request.data, dict) else {}
        usual = {"capacity": "holder", "language": "en"}
        values = InvitationForm(person, {**usual, **data}, to_field="code").values()
        made = invitations.invite(actor=person, **values)
        return Response(InvitationSerializer(made).data, status=201)


class InvitationDeedView(IdempotentPosts, APIView):
    """Send an invitation again, or take it back."""

    deed = ""

    @extend_schema(request=None, responses=InvitationSerializer)
    def post(self, request: Request, invitation_id: int) -> Response:
        person: Any = request.user
        named: Invitation = get_object_or_404(invitations_for(person), pk=invitation_id)
        _proved(request)
        does = invitations.withdraw if self.deed == "withdraw" else invitations.send_again
        return Response(InvitationSerializer(does(actor=person, invitation=named)).data)


class PeopleView(APIView):
    """The people of the missions that I administer, and how each gets in."""

    pagination_class = CursorPages

    @extend_schema(responses=PersonSerializer(many=True))
    def get(self, request: Request) -> Response:
        cursor, size = asked_page(request)
        rows = people_for(request.user)  # type: ignore[arg-type]
        page = page_of(rows, ("username", "id"), cursor=cursor, size=size)
        return list_response(request, PersonSerializer(page.rows, many=True).data, page)


PERSON_DEEDS = {
    "end-access": accounts.end_access,
    "close": accounts.close_account,
    "reopen": accounts.reopen_account,
    "forget-factors": accounts.forget_factors,
}


class PersonDeedView(IdempotentPosts, APIView):
    """Sign somebody out everywhere, close or reopen the account, forget lost factors."""

    deed = ""

    @extend_schema(request=None, responses={200: OpenApiTypes.OBJECT})
    def post(self, request: Request, username: str) -> Response:
        actor: Any = request.user
        if not is_plain(username):
            raise Http404
        person: User = get_object_or_404(people_for(actor), username=username)
        _proved(request)
        PERSON_DEEDS[self.deed](actor=actor, person=person)
        after = people_for(actor).get(pk=person.pk)
        return Response(PersonSerializer(after).data)

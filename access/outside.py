"""Single sign-on: OpenID Connect, authorization code with PKCE, the id_token fully checked.

Our own client and not allauth's, which neither sends a nonce nor checks the signature of an
id_token that it fetched itself, and on a matching address wipes the password that somebody
has (decision 41). It lets in only whom the mission knows: by the provider's own word for a
person (``sub``), or the first time by an address that the provider says it has verified.
"""

import base64
import hashlib
import json
import logging
import secrets
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import jwt
from django.conf import settings
from django.core.cache import caches
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from access.models import OutsideIdentity
from access.queries import open_invitations
from access.services.invitations import accept, name_from
from common.clock import now
from common.errors import Refusal
from missions.models import User

log = logging.getLogger(__name__)

ALGORITHMS = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"}
)
TIMEOUT = 10
KEPT = 600
LARGEST = 512 * 1024
LEEWAY = 30


class NotLetIn(Refusal):
    """The provider's answer opens nothing here. Why, only our log says."""

    status = 403

    def __init__(self, why: str, *, known: bool = True) -> None:
        log.warning("single sign-on refused: %s", why)
        self.why = why
        super().__init__(
            _("The sign-in there did not come to its end: try again.")
            if known
            else _(
                "Nobody here is known by that sign-in. Accounts are opened by your mission's "
                "administrator, for the address that is verified there."
            )
        )


@dataclass(frozen=True)
class Journey:
    """What this browser set out with, and must come back with, once."""

    state: str
    nonce: str
    verifier: str
    back: str

    @classmethod
    def begin(cls, back: str) -> "Journey":
        """Return a new one, of secrets that nobody can guess."""
        return cls(*(secrets.token_urlsafe(32) for _each in range(3)), back=back)


@dataclass(frozen=True)
class Visitor:
    """Whom the provider says it has signed in."""

    subject: str
    email: str
    is_verified: bool
    proved_twice: bool


class Straight(urllib.request.HTTPRedirectHandler):
    """Follow no redirect: the provider's addresses are those that it publishes."""

    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


OPENER = urllib.request.build_opener(Straight)


def _ask(url: str, form: dict[str, str] | None = None, **headers: str) -> dict[str, Any]:
    """Ask the provider, and read the object it answers with; raise ``NotLetIn`` otherwise."""
    if not url.startswith("https://") and not settings.OIDC_ON_LOOPBACK:
        raise NotLetIn(f"{url} is not https")
    body = urlencode(form).encode() if form is not None else None
    asked = urllib.request.Request(url, body, {"Accept": "application/json", **headers})  # noqa: S310
    try:
        with OPENER.open(asked, timeout=TIMEOUT) as answer:
            said = json.loads(answer.read(LARGEST))
    except urllib.error.HTTPError as error:
        error.close()
        raise NotLetIn(f"{url.partition('?')[0]}: {error.code}") from error
    except (OSError, ValueError) as error:
        raise NotLetIn(f"{url.partition('?')[0]}: {type(error).__name__}") from error
    if not isinstance(said, dict):
        raise NotLetIn(f"{url} answered no object")
    return said


def provider() -> dict[str, Any]:
    """Return what the provider publishes of itself; its issuer is the one that is configured."""
    name = f"oidc:{settings.OIDC_ISSUER}"
    found = caches["process"].get(name)
    if found is None:
        found = _ask(settings.OIDC_ISSUER + "/.well-known/openid-configuration")
        if found.get("issuer") != settings.OIDC_ISSUER:
            raise NotLetIn("the provider publishes another issuer")
        caches["process"].set(name, found, KEPT)
    return dict(found)


def return_url() -> str:
    """The address that the provider sends people back to."""
    return f"{settings.SITE_URL}/accounts/sso/callback/"


def way_out(journey: Journey) -> str:
    """Return the address at the provider where one signs in."""
    challenge = hashlib.sha256(journey.verifier.encode()).digest()
    asked = {
        "response_type": "code",
        "client_id": settings.OIDC_CLIENT_ID,
        "redirect_uri": return_url(),
        "scope": "openid email profile",
        "state": journey.state,
        "nonce": journey.nonce,
        "code_challenge": base64.urlsafe_b64encode(challenge).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    published = provider()
    joint = "&" if "?" in published["authorization_endpoint"] else "?"
    return f"{published['authorization_endpoint']}{joint}{urlencode(asked)}"


def _tokens(code: str, journey: Journey) -> dict[str, Any]:
    """Change the code for tokens, as the client we are, with the verifier we kept."""
    published = provider()
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": return_url(),
        "code_verifier": journey.verifier,
        "client_id": settings.OIDC_CLIENT_ID,
    }
    ways = published.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if "client_secret_basic" in ways:
        pair = (
            urlencode({"": settings.OIDC_CLIENT_ID})[1:],
            urlencode({"": settings.OIDC_CLIENT_SECRET})[1:],
        )
        basic = base64.b64encode(":".join(pair).encode()).decode()
        return _ask(published["token_endpoint"], form, Authorization=f"Basic {basic}")
    return _ask(published["token_endpoint"], {**form, "client_secret": settings.OIDC_CLIENT_SECRET})


def _key(header: dict[str, Any]) -> Any:
    """Return the provider's key that a token names; fetched anew if it is not among the known."""
    name, published = f"oidc-keys:{settings.OIDC_ISSUER}", provider()
    for attempt in ("kept", "fresh"):
        found = caches["process"].get(name) if attempt == "kept" else None
        if found is None:
            found = _ask(published["jwks_uri"])
            caches["process"].set(name, found, KEPT)
        for one in found.get("keys", []):
            if one.get("kid") == header.get("kid") and one.get("use", "sig") == "sig":
                return jwt.PyJWK(one, algorithm=header["alg"]).key
    raise NotLetIn("the id_token names a key that the provider does not publish")


def claims_of(token: Any, journey: Journey) -> dict[str, Any]:
    """Return what an id_token says once all of it is checked; raise ``NotLetIn`` otherwise.

    Its signature by a published key, in an algorithm with two keys; who made it, for whom,
    until when; and that it answers this journey (its nonce).
    """
    try:
        header = jwt.get_unverified_header(token)
        if header.get("alg") not in ALGORITHMS:
            raise NotLetIn(f"the id_token is signed by {header.get('alg')}")
        claims: dict[str, Any] = jwt.decode(
            token,
            _key(header),
            algorithms=[header["alg"]],
            audience=settings.OIDC_CLIENT_ID,
            issuer=settings.OIDC_ISSUER,
            leeway=LEEWAY,
            options={"require": ["iss", "sub", "aud", "exp", "iat", "nonce"]},
        )
    except (jwt.PyJWTError, TypeError, ValueError) as error:
        raise NotLetIn(f"the id_token: {type(error).__name__}") from error
    if not constant_time_compare(str(claims["nonce"]), journey.nonce):
        raise NotLetIn("the id_token answers another sign-in")
    others = claims["aud"] if isinstance(claims["aud"], list) else []
    if (len(others) > 1 or "azp" in claims) and claims.get("azp") != settings.OIDC_CLIENT_ID:
        raise NotLetIn("the id_token was made for another client")
    return claims


def _visitor(claims: dict[str, Any], tokens: dict[str, Any]) -> Visitor:
    """Read who it is; the address from the provider's user information where the token lacks it."""
    said = claims
    endpoint = provider().get("userinfo_endpoint")
    if "email" not in claims and endpoint:
        said = _ask(endpoint, Authorization=f"Bearer {tokens.get('access_token', '')}")
        if said.get("sub") != claims["sub"]:
            raise NotLetIn("the user information is about somebody else")
    methods = claims.get("amr", [])
    proofs = {*(methods if isinstance(methods, list) else []), claims.get("acr")}
    return Visitor(
        subject=str(claims["sub"])[:256],
        email=str(said.get("email", "")),
        is_verified=said.get("email_verified") is True,
        proved_twice=bool({str(proof) for proof in proofs} & set(settings.OIDC_SECOND_FACTOR)),
    )


def visitor_from(answer: dict[str, str], journey: Journey) -> Visitor:
    """Return whom the provider has signed in, from its answer to this journey.

    Raises ``NotLetIn`` for an answer to another one, an error, or a token that does not hold.
    """
    if not constant_time_compare(answer.get("state", ""), journey.state):
        raise NotLetIn("the answer is to another sign-in")
    if answer.get("iss", settings.OIDC_ISSUER) != settings.OIDC_ISSUER:
        raise NotLetIn("the answer is of another issuer")
    if not answer.get("code"):
        raise NotLetIn(f"the provider says {answer.get('error', 'nothing')[:60]}")
    tokens = _tokens(answer["code"], journey)
    return _visitor(claims_of(tokens.get("id_token"), journey), tokens)


@transaction.atomic
def person_for(visitor: Visitor) -> User:
    """Return the mission's person whom the provider has signed in.

    By its own word for them; the first time by a verified address of an account, or of an
    open invitation, which this accepts. Never by an address that is not verified, and nobody
    signs up. Raises ``NotLetIn``.
    """
    issuer = settings.OIDC_ISSUER
    known = (
        OutsideIdentity.objects.select_related("person")
        .filter(issuer=issuer, subject=visitor.subject)
        .first()
    )
    person = known.person if known else _person_at(visitor)
    if not person.is_active:
        raise NotLetIn("the account is closed", known=False)
    if known is None:
        if OutsideIdentity.objects.filter(issuer=issuer, person=person).exists():
            raise NotLetIn("the address belongs to another identity by now", known=False)
        try:
            with transaction.atomic():
                OutsideIdentity.objects.create(
                    person=person, issuer=issuer, subject=visitor.subject, made_at=now()
                )
        except IntegrityError as error:
            raise NotLetIn("two first sign-ins at once") from error
    return person


def _person_at(visitor: Visitor) -> User:
    """Return whose verified address this is, opening the account of who was invited."""
    if not visitor.email or not visitor.is_verified:
        raise NotLetIn("the address is not verified", known=False)
    person = User.objects.filter(email__iexact=visitor.email).first()
    if person is not None:
        return person
    invitation = open_invitations(visitor.email).order_by("pk").first()
    if invitation is None:
        raise NotLetIn("nobody has this address", known=False)
    return accept(
        invitation=invitation, secret=None, username=name_from(visitor.email), password=None
    )

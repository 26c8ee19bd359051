"""Who is let in, who is asked in, and where somebody is signed in."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, Q, QuerySet

from access.factors import OF_THEIR_OWN
from access.models import Invitation, Session
from access.policy import administered
from common.clock import now
from missions.models import AccessToken, Appointment, Mission, User


def missions_of(person: User) -> set[int]:
    """Return the missions that a person was ever appointed in, or whose organisation is theirs."""
    found = set(
        Appointment.objects.filter(person=person).values_list("post__mission_id", flat=True)
    )
    return found | ({person.organisation.mission_id} if person.organisation else set())


def missions_kept_by(actor: User) -> QuerySet[Mission]:
    """Keep the missions whose people a person administers."""
    if actor.is_superuser:
        return Mission.objects.all()
    return Mission.objects.filter(pk__in=administered(actor))


def invitations_for(actor: User) -> QuerySet[Invitation]:
    """Keep the invitations into the missions that a person administers."""
    return Invitation.objects.filter(post__mission__in=missions_kept_by(actor)).select_related(
        "post__mission", "invited_by", "accepted_by"
    )


def open_invitations(email: str) -> QuerySet[Invitation]:
    """Keep the invitations of an address that can still be accepted."""
    return Invitation.objects.filter(
        email__iexact=email,
        accepted_at__isnull=True,
        withdrawn_at__isnull=True,
        expires_at__gt=now(),
    )


def people_for(actor: User) -> QuerySet[User]:
    """Keep the people of the missions that a person administers, with how they get in."""
    missions = missions_kept_by(actor)
    mine = Q(appointments__post__mission__in=missions) | Q(organisation__mission__in=missions)
    people = User.objects.filter(mine).distinct()
    return people.annotate(
        has_factor=Exists(Authenticator.objects.filter(user=OuterRef("pk"), type__in=OF_THEIR_OWN)),
        is_signed_in=Exists(Session.objects.filter(person=OuterRef("pk"), expire_date__gt=now())),
        has_tokens=Exists(AccessToken.objects.filter(person=OuterRef("pk"), expires_at__gt=now())),
    )


def sessions_of(person: User) -> QuerySet[Session]:
    """Keep where a person is signed in, the newest first."""
    return Session.objects.filter(person=person, expire_date__gt=now()).order_by(
        "-seen_at", "session_key"
    )


def tokens_of(person: User) -> QuerySet[AccessToken]:
    """Keep a person's tokens that still open something, the newest first."""
    return AccessToken.objects.filter(person=person, expires_at__gt=now()).order_by("-made_at")


def device_of(agent: str) -> dict[str, Any]:
    """Say what a browser says of itself, in two words: the browser and the system."""
    browsers = (
        ("Edg", "Edge"),
        ("OPR", "Opera"),
        ("Firefox", "Firefox"),
        ("Chrom", "Chrome"),
        ("Safari", "Safari"),
        ("curl", "curl"),
        ("python", "Python"),
    )
    systems = (
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    )

    def said(words: tuple[tuple[str, str], ...]) -> str:
        return next((name for sign, name in words if sign in agent), "")

    return {"browser": said(browsers), "system": said(systems)}

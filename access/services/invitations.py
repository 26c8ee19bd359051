"""Asking people in: by e-mail, into a post, from a day. Each deed is in the mission's chain."""

import datetime as dt

from allauth.account.adapter import get_adapter
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext as _

from access import policy
from access.models import Invitation
from access.services.mail import LINK_LASTS, owe
from access.vocabulary import MailKind
from common.canonical import sha256
from common.clock import now
from common.errors import FieldError, Forbidden, Malformed, NotNow
from ledger.services import append, chain_of_mission
from missions.calendar import local_day
from missions.models import Appointment, Mission, Post, User
from missions.queries import first_standing
from missions.vocabulary import Capacity


def _record(invitation: Invitation, actor: User, act: str) -> None:
    append(
        chain_id=chain_of_mission(invitation.post.mission),
        act=act,
        actor=actor,
        standing=first_standing(actor),
        payload={
            "invitation": invitation.pk,
            "email": invitation.email,
            "post": invitation.post_id,
            "capacity": invitation.capacity,
            "from_on": invitation.from_on,
            "until_on": invitation.until_on,
        },
    )


def _taken(post: Post, capacity: str, from_on: dt.date, until_on: dt.date | None) -> bool:
    """Whether somebody holds a post, in this capacity, at any time of these days."""
    held = Appointment.objects.filter(post=post, capacity=capacity).exclude(until_on__lt=from_on)
    return (held.filter(from_on__lte=until_on) if until_on else held).exists()


def _invitation_errors(
    post: Post, email: str, capacity: str, from_on: dt.date, until_on: dt.date | None
) -> list[FieldError]:
    errors = []
    if User.objects.filter(email__iexact=email).exists():
        errors.append(
            FieldError(
                "email", _("Somebody has an account with this address: appoint that person.")
            )
        )
    if from_on < local_day(post.mission):
        errors.append(FieldError("from_on", _("Begin today or later.")))
    if until_on and until_on < from_on:
        errors.append(FieldError("until_on", _("The last day cannot be before the first.")))
    elif _taken(post, capacity, from_on, until_on):
        errors.append(FieldError("post", _("Somebody holds this post in that time already.")))
    if capacity not in {Capacity.HOLDER, Capacity.OFFICER_IN_CHARGE}:
        errors.append(FieldError("capacity", _("Invite a holder or an officer-in-charge.")))
    return errors


@transaction.atomic
def invite(
    *,
    actor: User,
    post: Post,
    email: str,
    from_on: dt.date,
    until_on: dt.date | None = None,
    capacity: str = Capacity.HOLDER,
    rank: str = "",
    first_name: str = "",
    last_name: str = "",
    language: str = "en",
) -> Invitation:
    """Ask somebody into a post; the worker sends the link.

    Raises ``Forbidden`` for anybody but an administrator of the post's mission, ``Malformed``
    with everything that is wrong, ``NotNow`` if they are asked into it already.
    """
    Mission.objects.select_for_update().get(pk=post.mission_id)
    policy.may_administer(actor, post.mission_id).enforce()
    email = email.strip().lower()
    errors = _invitation_errors(post, email, capacity, from_on, until_on)
    if errors:
        raise Malformed(errors=errors)
    try:
        with transaction.atomic():
            invitation = Invitation.objects.create(
                post=post,
                email=email,
                rank=rank.strip(),
                first_name=first_name.strip(),
                last_name=last_name.strip(),
                language=language,
                capacity=capacity,
                from_on=from_on,
                until_on=until_on,
                invited_by=actor,
                made_at=now(),
                expires_at=now() + LINK_LASTS,
            )
    except IntegrityError as error:
        raise NotNow(_("This person is asked into this post already.")) from error
    _record(invitation, actor, "invitation.made")
    owe(MailKind.INVITATION, email, invitation=invitation)
    return invitation


def _locked(invitation_id: int) -> Invitation:
    return (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("post__mission", "post__organisation")
        .get(pk=invitation_id)
    )


@transaction.atomic
def send_again(*, actor: User, invitation: Invitation) -> Invitation:
    """Send a new link; the old one opens nothing any more. Raises ``Forbidden`` or ``NotNow``."""
    locked = _locked(invitation.pk)
    policy.may_administer(actor, locked.post.mission_id).enforce()
    policy.may_answer_invitation(locked).enforce()
    locked.digest, locked.expires_at = "", now() + LINK_LASTS
    locked.save(update_fields=["digest", "expires_at"])
    _record(locked, actor, "invitation.sent_again")
    owe(MailKind.INVITATION, locked.email, invitation=locked)
    return locked


@transaction.atomic
def withdraw(*, actor: User, invitation: Invitation) -> Invitation:
    """Take an invitation back; its link opens nothing. Raises ``Forbidden`` or ``NotNow``."""
    locked = _locked(invitation.pk)
    policy.may_administer(actor, locked.post.mission_id).enforce()
    policy.may_answer_invitation(locked).enforce()
    locked.withdrawn_at, locked.withdrawn_by, locked.digest = now(), actor, ""
    locked.save(update_fields=["withdrawn_at", "withdrawn_by", "digest"])
    _record(locked, actor, "invitation.withdrawn")
    return locked


def invitation_with(invitation_id: int, secret: str) -> Invitation | None:
    """Return the open invitation that a link is for, or None."""
    found = Invitation.objects.select_related("post__mission").filter(pk=invitation_id).first()
    if found is None or not found.digest or found.expires_at <= now():
        return None
    if not constant_time_compare(found.digest, sha256(secret)):
        return None
    return found if policy.may_answer_invitation(found) else None


def _account_errors(person: User, password: str | None) -> list[FieldError]:
    errors = []
    if User.objects.filter(username__iexact=person.username).exists():
        errors.append(FieldError("username", _("Somebody has this name already.")))
    else:
        try:
            get_adapter().clean_username(person.username, shallow=True)
        except ValidationError as error:
            errors += [FieldError("username", message) for message in error.messages]
    if password is not None:
        try:
            validate_password(password, person)
        except ValidationError as error:
            errors += [FieldError("password", message) for message in error.messages]
    return errors


def name_from(email: str) -> str:
    """Propose a username: the address's first part, with a number where somebody has it."""
    stem = email.lower().partition("@")[0][:140]
    taken = set(User.objects.filter(username__istartswith=stem).values_list("username", flat=True))
    lowered = {name.lower() for name in taken}
    return next(
        name
        for name in (stem, *(f"{stem}{number}" for number in range(2, len(lowered) + 3)))
        if name.lower() not in lowered
    )


@transaction.atomic
def accept(
    *,
    invitation: Invitation,
    secret: str | None,
    username: str,
    password: str | None,
    first_name: str = "",
    last_name: str = "",
    rank: str = "",
) -> User:
    """Open the account and begin the tenure that somebody was invited to; once.

    ``secret`` is the link's; None comes from single sign-on, which has proved the address,
    and sets no password. Raises ``Forbidden`` for a link that opens nothing, ``NotNow``
    where the post was given to another meanwhile, ``Malformed`` with all that is wrong.
    """
    locked = _locked(invitation.pk)
    policy.may_answer_invitation(locked).enforce()
    opens = secret is None or constant_time_compare(locked.digest, sha256(secret))
    if not opens or locked.expires_at <= now() or (secret is not None and not locked.digest):
        raise Forbidden(_("This link opens nothing any more: ask for another invitation."))
    person = User(
        username=username.strip(),
        email=locked.email,
        rank=(rank or locked.rank).strip()[:40],
        first_name=(first_name or locked.first_name).strip()[:150],
        last_name=(last_name or locked.last_name).strip()[:150],
        language=locked.language,
        organisation=locked.post.organisation,
    )
    errors = _account_errors(person, password)
    if errors:
        raise Malformed(errors=errors)
    person.set_password(password)
    try:
        with transaction.atomic():
            person.save()
            Appointment.objects.create(
                post=locked.post,
                person=person,
                capacity=locked.capacity,
                from_on=max(locked.from_on, local_day(locked.post.mission)),
                until_on=locked.until_on,
            )
    except IntegrityError as error:
        raise NotNow(
            _("The post was given to somebody else meanwhile: ask your administrator.")
        ) from error
    locked.accepted_at, locked.accepted_by, locked.digest = now(), person, ""
    locked.save(update_fields=["accepted_at", "accepted_by", "digest"])
    _record(locked, person, "invitation.accepted")
    return person

"""What ends with an account, or with a suspicion about it: sessions, tokens, factors.

What an administrator does to somebody's account is an entry in the mission's chain (P41).
"""

from collections.abc import Callable
from typing import Any

from allauth.mfa.models import Authenticator
from django.db import transaction
from django.utils.translation import gettext as _

from access import policy
from access.models import Invitation, OutsideIdentity, Session
from access.queries import missions_of
from access.services.mail import warn
from common.clock import now
from common.errors import NotNow
from common.verdict import Verdict
from ledger.services import append, chain_of_mission
from missions.models import AccessToken, Mission, User
from missions.queries import first_standing


def end_sessions(person: User, *, but: str = "") -> int:
    """End all of a person's sessions, save the one whose row is named; return how many."""
    return Session.objects.filter(person=person).exclude(session_key=but).delete()[0]


def end_session(person: User, row: str) -> bool:
    """End one of a person's own sessions; say whether there was one."""
    return bool(Session.objects.filter(person=person, session_key=row).delete()[0])


def end_tokens(person: User) -> int:
    """End all of a person's keys to the API; return how many."""
    return AccessToken.objects.filter(person=person).delete()[0]


@transaction.atomic
def proof_changed(*, person: User, what: str, but: str = "") -> None:
    """End what was opened by the proof that stood before, and tell the person.

    After a new password, a factor more or less. ``but`` is the session it was done in.
    """
    end_sessions(person, but=but)
    end_tokens(person)
    warn(person, what)


def _locked(
    actor: User, person: User, may: Callable[[User, User, set[int]], Verdict]
) -> tuple[User, set[int]]:
    """Lock a person's row and ask whether the actor may do this to their account."""
    locked = User.objects.select_for_update().get(pk=person.pk)
    missions = missions_of(locked)
    may(actor, locked, missions).enforce()
    return locked, missions


def _record(actor: User, person: User, missions: set[int], act: str, payload: Any) -> None:
    """Write the deed in the chain of the mission that both belong to."""
    kept = missions & policy.administered(actor) or missions
    mission = Mission.objects.filter(pk__in=kept).order_by("pk").first()
    if mission is None:
        return
    append(
        chain_id=chain_of_mission(mission),
        act=act,
        actor=actor,
        standing=first_standing(actor),
        payload={"person": person.pk, "name": person.name, **payload},
    )


@transaction.atomic
def end_access(*, actor: User, person: User) -> dict[str, int]:
    """Sign somebody out everywhere and end their tokens, as when an account may be in other hands.

    Raises ``Forbidden`` for anybody but an administrator of a mission of theirs.
    """
    locked, missions = _locked(actor, person, policy.may_end_access)
    ended = {"sessions": end_sessions(locked), "tokens": end_tokens(locked)}
    _record(actor, locked, missions, "account.access_ended", ended)
    warn(locked, "access_ended")
    return ended


@transaction.atomic
def close_account(*, actor: User, person: User) -> User:
    """Close the account of who leaves: sessions, tokens and open invitations end with it.

    Nothing that the person did is deleted. Raises ``Forbidden``, or ``NotNow`` if it is
    closed already.
    """
    locked, missions = _locked(actor, person, policy.may_change_account)
    if not locked.is_active:
        raise NotNow(_("This account is closed already."))
    locked.is_active = False
    locked.save(update_fields=["is_active"])
    ended = close_what_is_open(locked, actor)
    _record(actor, locked, missions, "account.closed", ended)
    return locked


def close_what_is_open(person: User, actor: User) -> dict[str, int]:
    """End all that an account has open, wherever it was closed from; return how many of each."""
    withdrawn = Invitation.objects.filter(
        email__iexact=person.email, accepted_at=None, withdrawn_at=None
    ).update(withdrawn_at=now(), withdrawn_by=actor)
    return {
        "sessions": end_sessions(person),
        "tokens": end_tokens(person),
        "invitations": withdrawn if person.email else 0,
    }


@transaction.atomic
def reopen_account(*, actor: User, person: User) -> User:
    """Open a closed account again. Raises ``Forbidden``, or ``NotNow`` if it is open."""
    locked, missions = _locked(actor, person, policy.may_change_account)
    if locked.is_active:
        raise NotNow(_("This account is open."))
    locked.is_active = True
    locked.save(update_fields=["is_active"])
    _record(actor, locked, missions, "account.reopened", {})
    return locked


@transaction.atomic
def forget_factors(*, actor: User, person: User) -> int:
    """Forget the second factors of who has lost them, and end all that they had opened.

    At the next sign-in a post that decides asks for a new one. The administrator has made
    sure by another way that it is the person who asks (docs/admin/people.md). Raises
    ``Forbidden``, or ``NotNow`` where there is none.
    """
    locked, missions = _locked(actor, person, policy.may_change_account)
    forgotten = Authenticator.objects.filter(user=locked).delete()[0]
    forgotten += OutsideIdentity.objects.filter(person=locked).delete()[0]
    if not forgotten:
        raise NotNow(_("This account has no second factor."))
    ended = {"sessions": end_sessions(locked), "tokens": end_tokens(locked)}
    _record(actor, locked, missions, "account.factors_forgotten", {"factors": forgotten, **ended})
    warn(locked, "factors_forgotten")
    return forgotten

"""People move: delegations and officers-in-charge, each with its dates, named in decisions.

The mission's row is locked first, so that two delegations given at once cannot make a
circle between them. Each deed is an entry in the mission's own chain (P41).
"""

import datetime as dt

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from approvals import policy
from approvals.policy.people import NEVER_ACTS
from common.clock import now
from common.errors import FieldError, Forbidden, Malformed, NotNow
from ledger.services import append, chain_of_mission
from missions.calendar import local_day
from missions.models import Appointment, Delegation, Mission, Post, User
from missions.queries import Standing, first_standing, is_among, standing_in
from missions.vocabulary import FORCE, Capacity, Role
from requests_app.vocabulary import Route

LONGEST = dt.timedelta(days=366)
BEFORE_THE_FORCE = frozenset({Role.DESIGNATED_OFFICIAL, Role.UNDSS, Role.CMCOORD})


def _days(mission: Mission, from_on: dt.date, until_on: dt.date) -> list[FieldError]:
    errors = []
    if from_on < local_day(mission):
        errors.append(
            FieldError("from_on", _("Begin today or later: nobody acts backwards in time."))
        )
    if until_on < from_on:
        errors.append(FieldError("until_on", _("The last day cannot be before the first.")))
    elif until_on - from_on > LONGEST:
        errors.append(
            FieldError("until_on", _("Give at most %(days)s days.") % {"days": LONGEST.days})
        )
    return errors


def _serves(person: User, mission: Mission, field: str) -> list[FieldError]:
    """A person who acts for a post holds one of the mission's own already."""
    serving = Q(until_on__isnull=True) | Q(until_on__gte=local_day(mission))
    tenures = Appointment.objects.filter(serving, person=person, post__mission=mission)
    if not person.is_active or not tenures.exclude(post__role__in=NEVER_ACTS).exists():
        return [
            FieldError(
                field,
                _("%(person)s holds no post of the mission that may act.")
                % {"person": person.name},
            )
        ]
    return []


def _lends_to_the_force(post: Post, person: User, field: str) -> list[FieldError]:
    """Who sees a humanitarian actor's request before it is decided lends that to no soldier (P39).

    The Designated Official and who advises there: otherwise the force would see it after all.
    """
    if post.role not in BEFORE_THE_FORCE or not is_among(person, *FORCE):
        return []
    return [
        FieldError(
            field,
            _(
                "%(person)s serves in the force, which sees no humanitarian actor's security "
                "request before the Designated Official has decided."
            )
            % {"person": person.name},
            "39",
        )
    ]


def _overlapping(mission: Mission, from_on: dt.date, until_on: dt.date) -> Q:
    return Q(
        post__mission=mission, ended_at__isnull=True, from_on__lte=until_on, until_on__gte=from_on
    )


def _closes_a_circle(
    mission: Mission, giver: User, delegate: User, from_on: dt.date, until_on: dt.date
) -> bool:
    """Whether the delegate has, directly or through others, let the giver act in that time."""
    given = Delegation.objects.filter(_overlapping(mission, from_on, until_on))
    reached: dict[int, set[int]] = {}
    for giver_id, delegate_id in given.values_list("given_by", "delegate"):
        reached.setdefault(giver_id, set()).add(delegate_id)
    seen, ahead = set(), {delegate.pk}
    while ahead:
        person = ahead.pop()
        if person == giver.pk:
            return True
        seen.add(person)
        ahead |= reached.get(person, set()) - seen
    return False


def delegation_errors(
    *, post: Post, giver: User, delegate: User, from_on: dt.date, until_on: dt.date
) -> list[FieldError]:
    """List why one person may not act for a post by another's delegation in a time.

    Not to oneself, not twice over, and not in a circle.
    """
    if delegate.pk == giver.pk:
        return [FieldError("delegate", _("A delegation is given to somebody else."))]
    errors = _serves(delegate, post.mission, "delegate")
    errors += _lends_to_the_force(post, delegate, "delegate")
    twice = Delegation.objects.filter(
        _overlapping(post.mission, from_on, until_on), post=post, delegate=delegate
    )
    if twice.exists():
        errors.append(
            FieldError(
                "delegate",
                _("%(delegate)s has it in that time already.") % {"delegate": delegate.name},
            )
        )
    if _closes_a_circle(post.mission, giver, delegate, from_on, until_on):
        errors.append(
            FieldError(
                "delegate",
                _(
                    "%(delegate)s has, directly or through others, delegated to %(giver)s in that "
                    "time: a circle of delegations leaves nobody who answers for it."
                )
                % {"delegate": delegate.name, "giver": giver.name},
            )
        )
    return errors


@transaction.atomic
def delegate(
    *,
    actor: User,
    post: Post,
    delegate: User,
    from_on: dt.date,
    until_on: dt.date,
    scope: str = "",
    routes: list[str] | None = None,
) -> Delegation:
    """Let somebody act for a post from a day to a day, on all its requests or some routes.

    Raises ``Forbidden`` for anybody but the post's holder or officer-in-charge, ``Malformed``
    with everything that is wrong: to oneself, backwards in time, circular, an unknown route.
    """
    mission = Mission.objects.select_for_update().get(pk=post.mission_id)
    policy.may_delegate(actor, post).enforce()
    routes = routes or []
    errors = _days(mission, from_on, until_on) + delegation_errors(
        post=post, giver=actor, delegate=delegate, from_on=from_on, until_on=until_on
    )
    unknown = [route for route in routes if route not in Route.values]
    if unknown:
        errors.append(
            FieldError(
                "routes", _("Choose among: %(values)s.") % {"values": ", ".join(Route.values)}
            )
        )
    if errors:
        raise Malformed(errors=errors)
    given = Delegation.objects.create(
        post=post,
        delegate=delegate,
        given_by=actor,
        scope=scope.strip(),
        routes=sorted(set(routes)),
        from_on=from_on,
        until_on=until_on,
        given_at=now(),
    )
    append(
        chain_id=chain_of_mission(mission),
        act="delegation.given",
        actor=actor,
        standing=standing_in(actor, post.pk),
        payload={
            "delegation": given.pk,
            "post": post.pk,
            "delegate": delegate.pk,
            "name": delegate.name,
            "from_on": from_on,
            "until_on": until_on,
            "scope": given.scope,
            "routes": given.routes,
        },
    )
    return given


def hold_delegation(standing: Standing) -> None:
    """Keep a delegation from being ended while a deed under it is being recorded.

    Raises ``Forbidden`` if it has been ended meanwhile: nothing is decided under it any more.
    """
    if standing.delegation is None:
        return
    rows = Delegation.objects.select_for_update(no_key=True)
    if rows.get(pk=standing.delegation.pk).ended_at is not None:
        raise Forbidden(_("This delegation was ended already."))


@transaction.atomic
def end_delegation(*, actor: User, delegation: Delegation) -> Delegation:
    """End a delegation before its last day. Raises ``Forbidden`` or ``NotNow``."""
    ended = (
        Delegation.objects.select_for_update(of=("self",))
        .select_related("post__mission", "post__above")
        .get(pk=delegation.pk)
    )
    policy.may_end_delegation(actor, ended).enforce()
    ended.ended_at, ended.ended_by = now(), actor
    ended.save(update_fields=["ended_at", "ended_by"])
    append(
        chain_id=chain_of_mission(ended.post.mission),
        act="delegation.ended",
        actor=actor,
        standing=standing_in(actor, ended.post_id) or first_standing(actor),
        payload={"delegation": ended.pk, "post": ended.post_id},
    )
    return ended


@transaction.atomic
def put_in_charge(
    *, actor: User, post: Post, person: User, from_on: dt.date, until_on: dt.date
) -> Appointment:
    """Name an officer-in-charge of a post, from a day to a day.

    By its holder, or by the post above, which does so for a vacant one. Raises
    ``Forbidden``, or ``Malformed`` with everything that is wrong.
    """
    mission = Mission.objects.select_for_update().get(pk=post.mission_id)
    policy.may_put_in_charge(actor, post).enforce()
    errors = (
        _days(mission, from_on, until_on)
        + _serves(person, mission, "person")
        + _lends_to_the_force(post, person, "person")
    )
    if Appointment.objects.filter(
        Q(until_on__isnull=True) | Q(until_on__gte=from_on),
        post=post,
        person=person,
        capacity=Capacity.HOLDER,
        from_on__lte=until_on,
    ).exists():
        errors.append(
            FieldError("person", _("%(person)s holds the post already.") % {"person": person.name})
        )
    if Appointment.objects.filter(
        Q(until_on__isnull=True) | Q(until_on__gte=from_on),
        post=post,
        capacity=Capacity.OFFICER_IN_CHARGE,
        from_on__lte=until_on,
    ).exists():
        errors.append(FieldError("from_on", _("Somebody is in charge of it in that time already.")))
    if errors:
        raise Malformed(errors=errors)
    try:
        with transaction.atomic():
            named = Appointment.objects.create(
                post=post,
                person=person,
                capacity=Capacity.OFFICER_IN_CHARGE,
                from_on=from_on,
                until_on=until_on,
            )
    except IntegrityError as error:
        raise NotNow(_("Somebody was put in charge of it in the same moment.")) from error
    append(
        chain_id=chain_of_mission(mission),
        act="appointment.in_charge",
        actor=actor,
        standing=standing_in(actor, post.pk) or first_standing(actor),
        payload={
            "appointment": named.pk,
            "post": post.pk,
            "person": person.pk,
            "name": person.name,
            "from_on": from_on,
            "until_on": until_on,
        },
    )
    return named


@transaction.atomic
def end_charge(*, actor: User, appointment: Appointment) -> Appointment:
    """End an officer-in-charge's time today. Raises ``Forbidden`` or ``NotNow``."""
    ended = (
        Appointment.objects.select_for_update(of=("self",))
        .select_related("post__mission", "post__above")
        .get(pk=appointment.pk)
    )
    policy.may_end_charge(actor, ended).enforce()
    today = local_day(ended.post.mission)
    if ended.until_on is not None and ended.until_on < today:
        raise NotNow(_("It has ended already."))
    ended.until_on = max(today, ended.from_on)
    ended.save(update_fields=["until_on"])
    append(
        chain_id=chain_of_mission(ended.post.mission),
        act="appointment.charge_ended",
        actor=actor,
        standing=standing_in(actor, ended.post_id) or first_standing(actor),
        payload={"appointment": ended.pk, "post": ended.post_id, "until_on": ended.until_on},
    )
    return ended

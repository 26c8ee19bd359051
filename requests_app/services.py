"""What happens together when a request is drafted: its row, its kind's row, its lines."""

import datetime as dt
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from common.adding import add, change
from common.clock import now
from common.errors import FieldError, Malformed, NotNow, Stale
from common.matching import keeps_its_checks
from common.prepared import Question, Told
from ledger.services import append, open_chain
from missions.models import DisplacementSite, Mission, User
from missions.queries import sector_of
from missions.vocabulary import FORCE, HUMANITARIAN_TYPES, Classification, Role
from requests_app import policy
from requests_app.content import content_of
from requests_app.look_alikes import kilometres
from requests_app.models import (
    DETAILS,
    AssetLine,
    AssistanceRequest,
    BudgetLine,
    ExtremeSituation,
)
from requests_app.places import area_at
from requests_app.questions import BY_NAME, ROWS
from requests_app.vocabulary import (
    KIND_CODES,
    Category,
    Kind,
    RequesterClass,
    Route,
    Status,
)

HUMANITARIAN_ROLES = frozenset({Role.PARTNER, Role.CMCOORD})


def next_reference(mission: Mission, kind: str) -> str:
    """Return the next reference of a mission and kind, such as ``UNAC-CA-2026-0042``."""
    return numbered_reference(mission, KIND_CODES[Kind(kind)])


def numbered_reference(mission: Mission, code: str, year: int | None = None) -> str:
    """Return the next reference of a mission and code, of this year unless another is named.

    One statement counts and locks, so that two at once never get the same.
    """
    year = year or now().year
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO requests_app_referencecounter (mission_id, code, year, last)
            VALUES (%s, %s, %s, 1)
            ON CONFLICT (mission_id, code, year)
            DO UPDATE SET last = requests_app_referencecounter.last + 1
            RETURNING last
            """,
            [mission.pk, code, year],
        )
        number = cursor.fetchone()[0]
    return f"{mission.code}-{code}-{year}-{number:04}"


def write_answers(rfa: AssistanceRequest, values: dict[str, Any], *, asked: bool = True) -> None:
    """Put clean answers on the request, its kind's row and its lines, and save them.

    Constraints are asked before saving, for their words; without ``asked`` the database alone
    holds them.

    The area follows from the coordinates and the sector from the area unless they are said, the
    estimated cost from the budget unless it was corrected. Raises ``Malformed`` for half a
    coordinate, ``ValidationError`` for what the tables' own constraints refuse.
    """
    details = rfa.details
    itemised = _budget_of(rfa) if "budget" in values and rfa.pk else None
    cost_follows = rfa.estimated_cost in {None, itemised}
    for name, value in values.items():
        if name in ROWS:
            continue
        setattr(details if BY_NAME[name].on_kind_table else rfa, name, value)
    if (rfa.latitude is None) != (rfa.longitude is None):
        half = "latitude" if rfa.latitude is None else "longitude"
        raise Malformed(errors=[FieldError(half, _("Give latitude and longitude together."))])
    lies_in = _area_of_point(rfa)
    if ("area" in values or lies_in) and not values.get("sector"):
        found = sector_of(rfa.area)
        if found or rfa.area is None:
            rfa.sector_id = found
    _mark(rfa)
    rfa.changed_at = now()
    for row in filter(None, (rfa, details)):
        if asked and not keeps_its_checks(row):
            row.validate_constraints()
        if row._state.adding:
            add([row])
        else:
            row.save()
    for name, model in (("assets", AssetLine), ("budget", BudgetLine)):
        if name in values:
            model.objects.filter(rfa=rfa).delete()
            model.objects.bulk_create(
                model(rfa=rfa, number=number, **line)
                for number, line in enumerate(values[name], start=1)
            )
    follows = cost_follows and rfa.estimated_cost in {None, itemised}
    if follows and values.get("budget"):
        rfa.estimated_cost = _budget_of(rfa) or Decimal(0)
        rfa.save(update_fields=["estimated_cost"])


def _budget_of(rfa: AssistanceRequest) -> Decimal | None:
    """Add up the lines of a request's budget; None if it has none."""
    amounts = [line.amount for line in BudgetLine.objects.filter(rfa=rfa)]
    return sum(amounts, Decimal(0)) if amounts else None


def _area_of_point(rfa: AssistanceRequest) -> bool:
    """Give a request without an area the one its coordinates lie in; say whether it did."""
    if rfa.area_id is not None or rfa.latitude is None or rfa.longitude is None:
        return False
    rfa.area = area_at(rfa.mission, rfa.latitude, rfa.longitude)
    return rfa.area is not None


def _mark(rfa: AssistanceRequest) -> None:
    """Mark a request of a listed disaster as one, and one near a displacement site (P37, P47)."""
    if rfa.disaster_event_id is not None:
        rfa.disaster = True
    if rfa.displacement_site_id is None and rfa.latitude is not None and rfa.longitude is not None:
        rfa.displacement_site = site_near(rfa.mission, rfa.latitude, rfa.longitude)


def site_near(mission: Mission, latitude: float, longitude: float) -> DisplacementSite | None:
    """Return the nearest open displacement site within the mission's distance, or None (P47)."""
    sites = DisplacementSite.objects.filter(mission=mission, closed_on__isnull=True)
    distances = [
        (kilometres((latitude, longitude), (site.latitude, site.longitude)), site.pk, site)
        for site in sites
    ]
    nearest = min(distances, default=None)
    if nearest is None or nearest[0] > mission.site_distance_km:
        return None
    return nearest[2]


def check_requester(rfa: AssistanceRequest, actor: User) -> None:
    """Refuse a security request that is filed on the wrong behalf; raise ``Malformed`` (P39)."""
    if rfa.kind != Kind.SECURITY_ASSISTANCE:
        return
    standing = policy.asking_as(actor)
    asked = getattr(rfa, "security_assistance", None)
    if asked is not None and standing is not None:
        errors = policy.on_whose_behalf(standing, rfa.organisation, asked.requester_class)
        if errors:
            raise Malformed(errors=errors)


def _new_request(actor: User, kind: str, request_id: UUID | None) -> AssistanceRequest:
    standing = policy.asking_as(actor)
    if standing is None:
        raise ValueError("Whoever asks holds a post that may.")
    organisation = standing.post.organisation or actor.organisation
    return AssistanceRequest(
        id=request_id or uuid4(),
        mission=standing.post.mission,
        kind=kind,
        requested_by=actor,
        post=standing.post,
        organisation=organisation,
        sector=standing.post.sector,
        currency=standing.post.mission.currency,
        humanitarian=organisation is not None and organisation.type in HUMANITARIAN_TYPES,
        classification=(
            Classification.CONFIDENTIAL
            if kind == Kind.SECURITY_ASSISTANCE
            else Classification.UNCLASSIFIED
        ),
        created_at=now(),
        changed_at=now(),
    )


def already_made(request_id: UUID, actor: User) -> AssistanceRequest | None:
    """Return what the actor made under this identifier, or None.

    Raises ``NotNow`` if it is another's, without telling what it is.
    """
    made = AssistanceRequest.objects.filter(pk=request_id).first()
    if made is not None and made.requested_by_id != actor.pk:
        raise NotNow(_("This identifier is taken: let your device make another."))
    return made


def start_draft(
    *, actor: User, kind: str, values: dict[str, Any], request_id: UUID | None = None
) -> AssistanceRequest:
    """Open a draft with a reference, as the actor's post; it is the actor's alone to see.

    The same ``request_id`` by the same person returns the draft made first, so that a
    device that never heard the answer may ask again. Raises ``Forbidden`` if the actor
    holds no post that asks, ``NotNow`` if the identifier is another's, ``Malformed`` if a
    humanitarian actor's security request comes from the force (P39).
    """
    policy.may_ask(actor).enforce()
    if request_id is not None:
        made = already_made(request_id, actor)
        if made is not None:
            return made
    try:
        with transaction.atomic():
            rfa = _new_request(actor, kind, request_id)
            rfa.reference = next_reference(rfa.mission, kind)
            _lay_details(rfa, values)
            write_answers(rfa, values)
            check_requester(rfa, actor)
            standing = policy.asking_as(actor)
            open_chain(
                subject_id=rfa.pk, mission=rfa.mission, subject="request", reference=rfa.reference
            )
            append(
                chain_id=rfa.pk,
                act="request.drafted",
                actor=actor,
                standing=standing,
                payload={"kind": rfa.kind, "reference": rfa.reference},
            )
            return rfa
    except IntegrityError:
        made = already_made(request_id, actor) if request_id else None
        if made is None:
            raise
        return made


ROUTES_OF_KIND = {
    Kind.CIVIL_ASSISTANCE: Route.CIVIL_ASSISTANCE,
    Kind.QIP: Route.QIP,
    Kind.SECURITY_ASSISTANCE: Route.SECURITY_HUMANITARIAN,
}


def keep_history(
    *,
    actor: User,
    kind: str,
    values: dict[str, Any],
    asked_at: dt.datetime,
    payload: dict[str, Any],
) -> AssistanceRequest:
    """Keep a record of what was over before CIMIC knew of it: closed, and not decided here.

    It has no step, no answer and no task, so that nothing can rest on it (P30), and counts in
    no compliance row. A security request stays hidden from the force: that it was a mission
    component's cannot be shown (P39). Must run in the transaction of the import.
    """
    rfa = _new_request(actor, kind, None)
    rfa.historical, rfa.status = True, Status.CLOSED
    rfa.route = ROUTES_OF_KIND[Kind(kind)]
    rfa.hidden_from_force = kind == Kind.SECURITY_ASSISTANCE
    rfa.title = values["title"]
    rfa.created_at = rfa.submitted_at = asked_at
    rfa.closed_at = now()
    rfa.reference = numbered_reference(rfa.mission, KIND_CODES[Kind(kind)], asked_at.year)
    _lay_details(rfa, values)
    write_answers(rfa, values, asked=False)
    open_chain(subject_id=rfa.pk, mission=rfa.mission, subject="request", reference=rfa.reference)
    append(
        chain_id=rfa.pk,
        act="request.imported",
        actor=actor,
        standing=policy.asking_as(actor),
        payload={"kind": kind, "reference": rfa.reference, "historical": True}
        | {"content": content_of(rfa)}
        | payload,
    )
    return rfa


def _lay_details(rfa: AssistanceRequest, values: dict[str, Any]) -> None:
    """Lay the kind's row beside a request; a security request says on whose behalf unless told.

    Both are written with their answers.
    """
    kind = Kind(rfa.kind)
    if kind == Kind.EXTREME_SITUATION:
        return
    details = DETAILS[kind][1](rfa=rfa)
    if kind == Kind.SECURITY_ASSISTANCE and not values.get("requester_class"):
        role = rfa.post.role if rfa.post else ""
        outside = role in HUMANITARIAN_ROLES or (rfa.humanitarian and role not in FORCE)
        details.requester_class = (  # type: ignore[attr-defined]
            RequesterClass.HUMANITARIAN if outside else RequesterClass.MISSION_COMPONENT
        )


def check_version(rfa: AssistanceRequest, version: int) -> None:
    """Raise ``Stale`` unless the change was made on the version that stands."""
    if rfa.version != version:
        raise Stale(
            _(
                "You changed version %(version)s; the request is now at version %(current)s. Read "
                "it again, then change it: nothing was overwritten."
            )
            % {"version": version, "current": rfa.version},
            yours=version,
            theirs=rfa.version,
        )


# What a request refers to and seldom changes: taken over where it still refers to the same.
REFERRED = ("mission", "post", "organisation", "requested_by", "area", "sector", "cluster")


LOCKED = Question(
    lambda: AssistanceRequest.objects.select_for_update().filter(pk=Told("pk")).order_by()
)


def locked(rfa: AssistanceRequest) -> AssistanceRequest:
    """Return the request re-read under its lock; all who change it queue here.

    Its own columns alone are locked and re-read. Whom and what it refers to is taken from
    ``rfa`` where that has it loaded, or else read when asked for; its kind's row and lines
    are always read anew.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A request is locked in the transaction of a deed.")
    again = LOCKED.one(pk=rfa.pk)
    if again is None:
        raise AssistanceRequest.DoesNotExist(f"No request {rfa.pk}.")
    for name in REFERRED:
        field: Any = AssistanceRequest._meta.get_field(name)
        if field.is_cached(rfa) and getattr(rfa, field.attname) == getattr(again, field.attname):
            field.set_cached_value(again, field.get_cached_value(rfa))
    again._as_locked = _columns(again)  # type: ignore[attr-defined]
    return again


def _columns(rfa: AssistanceRequest) -> dict[str, Any]:
    return {field.attname: getattr(rfa, field.attname) for field in rfa._meta.concrete_fields}


def save_changed(rfa: AssistanceRequest) -> None:
    """Save what of a locked record is not as it was when it was locked, or last saved so."""
    before, stands = getattr(rfa, "_as_locked", None), _columns(rfa)
    if before is None:
        rfa.save()
    else:
        changed = [name for name, value in stands.items() if before[name] != value]
        change(rfa, changed)
    rfa._as_locked = stands  # type: ignore[attr-defined]


def touch(rfa: AssistanceRequest, **fields: Any) -> None:
    """Save a locked record with its new values, as its next version."""
    for name, value in fields.items():
        setattr(rfa, name, value)
    rfa.version += 1
    rfa.changed_at = now()
    save_changed(rfa)


@transaction.atomic
def change_draft(
    *, rfa: AssistanceRequest, actor: User, values: dict[str, Any], version: int
) -> AssistanceRequest:
    """Save what was typed into a draft, on the version it was typed on.

    Raises ``Forbidden`` if it is not the actor's, ``NotNow`` if it is no draft any more,
    ``Stale`` if it was changed since, ``Malformed`` for what the columns refuse.
    """
    rfa = locked(rfa)
    policy.may_change_draft(actor, rfa).enforce()
    check_version(rfa, version)
    rfa.version += 1
    write_answers(rfa, values)
    check_requester(rfa, actor)
    return rfa


def new_extreme_situation(
    *,
    actor: User,
    values: dict[str, Any],
    harm: str,
    acted_at: dt.datetime,
    action_taken: str,
    request_id: UUID | None,
) -> AssistanceRequest:
    """Write the rows of a report of help already given (P40); ``approvals`` routes it.

    Raises ``Forbidden`` if the actor holds no post that reports.
    """
    policy.may_report_extreme(actor).enforce()
    rfa = _new_request(actor, Kind.EXTREME_SITUATION, request_id)
    rfa.reference = next_reference(rfa.mission, rfa.kind)
    rfa.route = Route.EXTREME_SITUATION
    rfa.status = Status.REPORTED
    rfa.category = Category.LIFE_SAVING
    rfa.submitted_at = now()
    standing = policy.asking_as(actor)
    for name, value in values.items():
        setattr(rfa, name, value)
    _area_of_point(rfa)
    if rfa.area is not None:
        rfa.sector_id = sector_of(rfa.area) or rfa.sector_id
    rfa.save(force_insert=True)
    ExtremeSituation.objects.create(
        rfa=rfa,
        harm=harm,
        acted_at=acted_at,
        action_taken=action_taken,
        unit=standing.post.unit if standing else None,
    )
    open_chain(subject_id=rfa.pk, mission=rfa.mission, subject="request", reference=rfa.reference)
    return rfa

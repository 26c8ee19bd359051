"""Whose records a reader counts: exactly those they may see, and no other.

Who sees the whole mission counts the mission's; everybody else their own visible rows, live.
Both by the arms of ``visible_to``, so that no count tells what the register would not show;
who asks is masked here as it is there (R22).
"""

from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, QuerySet
from django.utils.translation import gettext as _

from approvals.queries import knows_who_asks
from approvals.queries.records import arms_of
from common.errors import Forbidden
from missions.models import Mission, User
from missions.queries import standings_of
from missions.vocabulary import FORCE
from records.compliance.question import Question
from requests_app.models import AssistanceRequest


@dataclass(frozen=True)
class Scope:
    """A reader and the mission they count in.

    ``whole``: one of their posts sees the whole mission, up to ``clearance``. ``force``: what
    is hidden from the force is hidden from it in figures too (P39).
    """

    person: User
    mission: Mission
    whole: bool
    clearance: int
    force: bool


def scope_of(person: User) -> Scope:
    """Return what a person counts over; raise ``Forbidden`` for who holds no post today."""
    standings = standings_of(person)
    if not standings:
        raise Forbidden(_("Figures are counted for a post, and you hold none today."))
    sees = [held for held in standings if held.sees_the_mission]
    best = max(sees or standings[:1], key=lambda held: held.post.clearance)
    return Scope(
        person=person,
        mission=best.post.mission,
        whole=bool(sees),
        clearance=best.post.clearance,
        force=best.role in FORCE,
    )


def submitted_rows(scope: Scope, question: Question) -> QuerySet[AssistanceRequest]:
    """Return the submitted records of what was asked, whoever may see them."""
    period = question.scope(scope.mission, scope.clearance)
    rows = AssistanceRequest.objects.filter(
        mission=scope.mission,
        submitted_at__gte=period.begins,
        submitted_at__lt=period.ends,
        historical=False,
    )
    if question.sector:
        rows = rows.filter(sector=question.sector)
    return rows.filter(kind=question.kind) if question.kind else rows


def seen(scope: Scope, question: Question) -> QuerySet[Any, Any]:
    """Return the columns of the submitted records that a reader sees of what was asked.

    Each ground of seeing is asked by itself and the answers united, as lists do. ``known`` is
    whether the reader may know who asks.
    """
    rows = submitted_rows(scope, question)
    arms = [rows.filter(arm).order_by().values("pk") for arm in arms_of(scope.person)]
    return columns(scope, AssistanceRequest.objects.filter(pk__in=arms[0].union(*arms[1:])))


def columns(scope: Scope, rows: QuerySet[AssistanceRequest]) -> QuerySet[Any, Any]:
    """Return what figures are found from of records that the reader sees."""
    known = ExpressionWrapper(knows_who_asks(scope.person), output_field=BooleanField())
    return (
        rows.order_by()
        .annotate(known=known)
        .values(
            "id",
            "kind",
            "route",
            "status",
            "category",
            "urgency",
            "sector_id",
            "area_id",
            "organisation_id",
            "post_id",
            "submitted_at",
            "decided_at",
            "needed_by",
            "estimated_cost",
            "currency",
            "reference",
            "title",
            "known",
        )
    )

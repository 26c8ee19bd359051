"""The columns of what leaves, each written in SQL, with the masks that hold for everybody."""

from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db import models
from django.db.models import Case, F, OuterRef, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, NullIf, Trim

from approvals.models import Referral, Step
from approvals.vocabulary import StepState
from missions.vocabulary import Classification

MOMENT = 'YYYY-MM-DD"T"HH24:MI:SS"Z"'


class AsMoment(models.Func):
    """Write a moment as ISO 8601 in UTC."""

    function = "to_char"
    template = f"%(function)s(%(expressions)s AT TIME ZONE 'UTC', '{MOMENT}')"
    output_field = TextField()


class Joined(models.Func):
    """Write texts one after the other, without those that are nothing."""

    function = "concat_ws"
    template = "%(function)s('; ', %(expressions)s)"
    output_field = TextField()


def inert(expression: Any) -> Case:
    """Return a text so that no spreadsheet reads it as a formula, decided in SQL."""
    text = Coalesce(Cast(expression, TextField()), Value("", TextField()))
    return Case(
        When(
            condition=models.Q(models.lookups.Regex(text, Value(r"^[=+\-@\t\r]"))),
            then=Concat(Value("'", TextField()), text),
        ),
        default=text,
        output_field=TextField(),
    )


def _classification() -> Case:
    return Case(
        *[When(classification=level, then=Value(level.name.lower())) for level in Classification],
        output_field=TextField(),
    )


def _unless_low_profile(expression: Any, output_field: Any = None) -> Case:
    """Leave out what tells of a low-profile requester, whoever takes it (R22)."""
    return Case(
        When(low_profile=True, then=Value(None)),
        default=expression,
        output_field=output_field or TextField(),
    )


def _waiting_on() -> Joined:
    """Name the posts that a record waits on, as its line in the register does."""
    steps = Step.objects.filter(rfa=OuterRef("pk"), state=StepState.OPEN).order_by()
    referrals = Referral.objects.filter(rfa=OuterRef("pk"), outcome="").order_by()

    def titles(waiting: QuerySet[Any], post: str) -> Subquery:
        named = StringAgg(f"{post}__title", Value("; "), order_by="due_at")
        return Subquery(
            waiting.values("rfa").annotate(named=named).values("named"), output_field=TextField()
        )

    return Joined(titles(referrals, "put_to"), titles(steps, "post"))


def _people() -> Case:
    counts = ("women", "men", "girls", "boys")
    total: Any = Value(0)
    for name in counts:
        total = total + Coalesce(F(name), Value(0))
    nobody = models.Q(**{f"{name}__isnull": True for name in counts})
    return Case(When(nobody, then=Value(None)), default=total, output_field=models.IntegerField())


@dataclass(frozen=True)
class Exported:
    """A column of an export: its key in JSON, its heading in tables, and what it holds.

    ``holds`` is free ``text`` that must not start a formula, a ``word`` of ours, a
    ``number``, a ``day`` or a ``moment``.
    """

    key: str
    heading: str
    expression: Any
    holds: str = "word"

    def cell(self) -> Any:
        """Return the column as a table's cell: no text starts a formula."""
        return inert(self.expression) if self.holds == "text" else self.expression


def _all(*columns: Exported) -> dict[str, Exported]:
    return {column.key: column for column in columns}


FLOAT = models.FloatField()
EXPORTED = _all(
    Exported("reference", "Reference", F("reference")),
    Exported("kind", "Kind", F("kind")),
    Exported("status", "Status", F("status")),
    Exported("title", "Title", F("title"), "text"),
    Exported("category", "Category", F("category")),
    Exported("cimic_function", "UN-CIMIC function", F("cimic_function")),
    Exported("sector_name", "Sector", F("sector__name"), "text"),
    Exported("area", "Area p-code", F("area__pcode")),
    Exported("area_name", "Area", F("area__name"), "text"),
    Exported("place", "Place", F("place"), "text"),
    Exported("latitude", "Latitude", _unless_low_profile(F("latitude"), FLOAT), "number"),
    Exported("longitude", "Longitude", _unless_low_profile(F("longitude"), FLOAT), "number"),
    Exported("organisation", "Organisation", _unless_low_profile(F("organisation__name")), "text"),
    Exported(
        "organisation_type", "Organisation type", _unless_low_profile(F("organisation__type"))
    ),
    Exported("on_behalf_of", "Asked by", _unless_low_profile(F("on_behalf_of")), "text"),
    Exported("needed_by", "Needed by", F("needed_by"), "day"),
    Exported("urgency", "Urgency", F("urgency")),
    Exported("women", "Women", F("women"), "number"),
    Exported("men", "Men", F("men"), "number"),
    Exported("girls", "Girls", F("girls"), "number"),
    Exported("boys", "Boys", F("boys"), "number"),
    Exported("estimated_cost", "Estimated cost", F("estimated_cost"), "number"),
    Exported("currency", "Currency", F("currency")),
    Exported("classification", "Classification", _classification()),
    Exported("submitted_at", "Submitted at", AsMoment("submitted_at"), "moment"),
    Exported("decided_at", "Decided at", AsMoment("decided_at"), "moment"),
    Exported("started_on", "Started on", F("task__started_on"), "day"),
    Exported("completed_on", "Completed on", F("task__completed_on"), "day"),
    Exported("closed_at", "Closed at", AsMoment("closed_at"), "moment"),
)
# What an export holds when nobody chooses.
EVERY = tuple(EXPORTED.values())

_MORE = _all(
    Exported(
        "where",
        "Place",
        Coalesce(NullIf(F("place"), Value("")), F("area__name"), output_field=TextField()),
        "text",
    ),
    Exported(
        "requested_by",
        "Requester",
        _unless_low_profile(
            Coalesce(
                NullIf(
                    Trim(
                        Concat(
                            F("requested_by__rank"),
                            Value(" "),
                            F("requested_by__first_name"),
                            Value(" "),
                            F("requested_by__last_name"),
                        )
                    ),
                    Value(""),
                ),
                F("requested_by__username"),
                output_field=TextField(),
            )
        ),
        "text",
    ),
    Exported("disaster_event", "Disaster event", F("disaster_event__name"), "text"),
    Exported("displacement_site", "Displacement site", F("displacement_site__name"), "text"),
    Exported("waiting_on", "Waiting on", _waiting_on(), "text"),
    Exported("people", "People", _people(), "number"),
    Exported("created_at", "Drafted at", AsMoment("created_at"), "moment"),
    Exported("changed_at", "Changed at", AsMoment("changed_at"), "moment"),
)
_KNOWN = EXPORTED | _MORE

# A column of the page, by its word in the address: what it is in a file, if not the same word.
IN_FILES: dict[str, tuple[str, ...]] = {
    "sector": ("sector_name",),
    "area": ("area", "area_name"),
    "place": ("where",),
    "requester": ("requested_by",),
    "cost": ("estimated_cost", "currency"),
    "created": ("created_at",),
    "submitted": ("submitted_at",),
    "decided": ("decided_at",),
    "started": ("started_on",),
    "completed": ("completed_on",),
    "closed": ("closed_at",),
    "changed": ("changed_at",),
}


def exported(codes: list[str]) -> tuple[Exported, ...]:
    """Return what an export holds: the columns chosen, or every one of the usual ones."""
    if not codes:
        return EVERY
    return tuple(_KNOWN[key] for code in codes for key in IN_FILES.get(code, (code,)))

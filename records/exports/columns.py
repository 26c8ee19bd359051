"""The columns of what leaves, each written in SQL, with the masks that hold for everybody.

Beside each stand its heading, its meaning, its codes and its HXL tag: the data dictionary
(``records.exports.dictionary``) is made from this table, so that it cannot say anything else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.aggregates import StringAgg
from django.db import models
from django.db.models import Case, F, OuterRef, QuerySet, Subquery, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, Concat, NullIf, Ord, Trim
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from approvals.models import Referral, Step
from approvals.vocabulary import StepState
from missions.vocabulary import Classification, OrganisationType
from requests_app.vocabulary import Category, CimicFunction, Kind, Status, Urgency

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


# What a spreadsheet takes for the beginning of a formula: = + - @, a tab, a carriage return.
STARTS_A_FORMULA = [ord(sign) for sign in "=+-@\t\r"]


def inert(expression: Any) -> Case:
    """Return a text so that no spreadsheet reads it as a formula, decided in SQL."""
    text = Coalesce(Cast(expression, TextField()), Value("", TextField()))
    return Case(
        When(
            condition=models.lookups.In(Ord(text), STARTS_A_FORMULA),
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


Codes = Callable[[], list[tuple[str, Any]]]


def words(vocabulary: Any) -> Codes:
    """Return what lists a vocabulary's codes with their words, in the reader's language."""
    return lambda: [(str(code), label) for code, label in vocabulary.choices]


def _classifications() -> list[tuple[str, Any]]:
    return [(level.name.lower(), level.label) for level in Classification]


@dataclass(frozen=True)
class Exported:
    """A column of an export: its key in JSON, its heading in tables, and what it holds.

    ``holds`` is free ``text`` that must not start a formula, a ``word`` of ours, a
    ``number``, a ``day`` or a ``moment``. ``hxl`` is its tag (HXL 1.1); a column without one is
    untagged, which readers of HXL pass over.
    """

    key: str
    heading: Any
    expression: Any
    holds: str = "word"
    hxl: str = ""
    meaning: Any = ""
    codes: Codes | None = None

    def cell(self) -> Any:
        """Return the column as a table's cell: no text starts a formula."""
        return inert(self.expression) if self.holds == "text" else self.expression


def _all(*columns: Exported) -> dict[str, Exported]:
    return {column.key: column for column in columns}


def whole_name() -> Any:
    """Write a person's rank and name, as they stand on a decision."""
    name = Concat(
        F("requested_by__rank"),
        Value(" "),
        F("requested_by__first_name"),
        Value(" "),
        F("requested_by__last_name"),
    )
    return Coalesce(
        NullIf(Trim(name), Value("")), F("requested_by__username"), output_field=TextField()
    )


class Iati(models.TextChoices):
    """IATI's activity status codes, as far as a record comes to one."""

    PIPELINE = "1", _("Pipeline or identification")
    IMPLEMENTATION = "2", _("Implementation")
    FINALISATION = "3", _("Finalisation")
    CLOSED = "4", _("Closed")
    CANCELLED = "5", _("Cancelled")


# Where a record stands, as IATI says it. Help already given is being finalised until it is found
# whether the exception held (P40); what was refused never became an activity.
AS_IATI = {
    Iati.IMPLEMENTATION: [Status.IN_PROGRESS],
    Iati.FINALISATION: [Status.COMPLETED, Status.REPORTED, Status.ACKNOWLEDGED],
    Iati.CLOSED: [Status.HELD, Status.NOT_HELD],
    Iati.CANCELLED: [Status.NOT_APPROVED, Status.WITHDRAWN, Status.CANCELLED],
}


def iati_status() -> Case:
    """Write the IATI code of where a record stands; a refused need stays cancelled when closed."""
    return Case(
        When(status=Status.CLOSED, delivery_by_others__isnull=False, then=Value(Iati.CANCELLED)),
        When(status=Status.CLOSED, then=Value(Iati.CLOSED)),
        *[When(status__in=statuses, then=Value(code)) for code, statuses in AS_IATI.items()],
        default=Value(Iati.PIPELINE),
        output_field=TextField(),
    )


def yes_or_no() -> list[tuple[str, Any]]:
    return [("yes", _("yes")), ("no", _("no"))]


PEOPLE_ARE = _("As planned; who was reached is on the record.")
NOT_LOW_PROFILE = _("Empty where the requester keeps a low profile (R22).")


def with_mask(meaning: Any) -> Any:
    """Say what a column means, and when it is empty."""
    return format_lazy("{} {}", meaning, NOT_LOW_PROFILE)


FLOAT = models.FloatField()
EXPORTED = _all(
    Exported(
        "reference",
        _("Reference"),
        F("reference"),
        hxl="#meta+id",
        meaning=_("The record's own name: mission, kind, year, number."),
    ),
    Exported("kind", _("Kind"), F("kind"), hxl="#activity+type", codes=words(Kind)),
    Exported("status", _("Status"), F("status"), hxl="#status+code", codes=words(Status)),
    Exported("title", _("Title"), F("title"), "text", "#activity+name"),
    Exported(
        "category", _("Category"), F("category"), hxl="#activity+category", codes=words(Category)
    ),
    Exported(
        "cimic_function",
        _("UN-CIMIC function"),
        F("cimic_function"),
        hxl="#meta+function",
        codes=words(CimicFunction),
    ),
    Exported(
        "sector_name",
        _("Sector"),
        F("sector__name"),
        "text",
        "#meta+sector",
        _("The mission's sector: a part of its ground, no cluster."),
    ),
    Exported(
        "area",
        _("Area p-code"),
        F("area__pcode"),
        hxl="#adm+code",
        meaning=_("The province's or district's p-code."),
    ),
    Exported("area_name", _("Area"), F("area__name"), "text", "#adm+name"),
    Exported("place", _("Place"), F("place"), "text", "#loc+name"),
    Exported(
        "latitude",
        _("Latitude"),
        _unless_low_profile(F("latitude"), FLOAT),
        "number",
        "#geo+lat",
        with_mask(_("Degrees, WGS 84, south negative.")),
    ),
    Exported(
        "longitude",
        _("Longitude"),
        _unless_low_profile(F("longitude"), FLOAT),
        "number",
        "#geo+lon",
        with_mask(_("Degrees, WGS 84, west negative.")),
    ),
    Exported(
        "organisation",
        _("Organisation"),
        _unless_low_profile(F("organisation__name")),
        "text",
        "#org+name",
        with_mask(_("Who asks.")),
    ),
    Exported(
        "organisation_type",
        _("Organisation type"),
        _unless_low_profile(F("organisation__type")),
        hxl="#org+type+code",
        meaning=with_mask(_("OCHA's organisation types.")),
        codes=words(OrganisationType),
    ),
    Exported(
        "on_behalf_of",
        _("Asked by"),
        _unless_low_profile(F("on_behalf_of")),
        "text",
        "#meta+asked_by",
        with_mask(_("The authority, community or person who asked.")),
    ),
    Exported("needed_by", _("Needed by"), F("needed_by"), "day", "#date+needed"),
    Exported("urgency", _("Urgency"), F("urgency"), hxl="#meta+urgency", codes=words(Urgency)),
    Exported("women", _("Women"), F("women"), "number", "#targeted+f+adults", PEOPLE_ARE),
    Exported("men", _("Men"), F("men"), "number", "#targeted+m+adults", PEOPLE_ARE),
    Exported("girls", _("Girls"), F("girls"), "number", "#targeted+f+children", PEOPLE_ARE),
    Exported("boys", _("Boys"), F("boys"), "number", "#targeted+m+children", PEOPLE_ARE),
    Exported(
        "estimated_cost",
        _("Estimated cost"),
        F("estimated_cost"),
        "number",
        "#value",
        _("In the currency beside it."),
    ),
    Exported(
        "currency", _("Currency"), F("currency"), hxl="#currency+code", meaning=_("ISO 4217.")
    ),
    Exported(
        "classification",
        _("Classification"),
        _classification(),
        hxl="#meta+classification",
        meaning=_("ST/SGB/2007/6."),
        codes=_classifications,
    ),
    Exported(
        "submitted_at", _("Submitted at"), AsMoment("submitted_at"), "moment", "#date+reported"
    ),
    Exported("decided_at", _("Decided at"), AsMoment("decided_at"), "moment", "#date+approved"),
    Exported("started_on", _("Started on"), F("task__started_on"), "day", "#date+start"),
    Exported("completed_on", _("Completed on"), F("task__completed_on"), "day", "#date+end"),
    Exported("closed_at", _("Closed at"), AsMoment("closed_at"), "moment", "#date+closed"),
    Exported(
        "iati_status",
        _("IATI status"),
        iati_status(),
        hxl="#status+iati+code",
        meaning=_("Where it stands, in the codes of the aid transparency standard IATI."),
        codes=words(Iati),
    ),
    Exported(
        "historical",
        _("Imported history"),
        Case(When(historical=True, then=Value("yes")), default=Value("no")),
        hxl="#meta+imported",
        meaning=_("History from an old list: nothing of it was decided or done in CIMIC."),
        codes=yes_or_no,
    ),
)
# What an export holds when nobody chooses.
EVERY = tuple(EXPORTED.values())

_MORE = _all(
    Exported(
        "where",
        _("Place"),
        Coalesce(NullIf(F("place"), Value("")), F("area__name"), output_field=TextField()),
        "text",
        "#loc+name",
        _("The place as it was written, or the area's name."),
    ),
    Exported(
        "requested_by",
        _("Requester"),
        _unless_low_profile(whole_name()),
        "text",
        "#meta+requester",
        with_mask(_("The person who asks.")),
    ),
    Exported(
        "disaster_event",
        _("Disaster event"),
        F("disaster_event__name"),
        "text",
        "#crisis+name",
    ),
    Exported(
        "displacement_site",
        _("Displacement site"),
        F("displacement_site__name"),
        "text",
        "#loc+site+name",
    ),
    Exported(
        "waiting_on",
        _("Waiting on"),
        _waiting_on(),
        "text",
        "#meta+waiting",
        _("The posts that it waits on, the most urgent first."),
    ),
    Exported("people", _("People"), _people(), "number", "#targeted+total", PEOPLE_ARE),
    Exported("created_at", _("Drafted at"), AsMoment("created_at"), "moment", "#date+created"),
    Exported("changed_at", _("Changed at"), AsMoment("changed_at"), "moment", "#date+updated"),
)
KNOWN = EXPORTED | _MORE

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
    return tuple(KNOWN[key] for code in codes for key in IN_FILES.get(code, (code,)))

"""The 4W view: who does what, where and when, for partners outside the mission.

It leaves out what a partner must never read, whoever takes it: security assistance, contacts,
whoever keeps a low profile (R22), whatever is classified (P15, P28.2), and what never became
an activity: drafts, and what was returned, withdrawn or refused. History that was imported
and not decided here is not told either.
"""

from django.db.models import Case, DateField, F, QuerySet, TextField, Value, When
from django.db.models.functions import Cast, Coalesce, NullIf
from django.utils.translation import gettext_lazy as _

from missions.vocabulary import AreaLevel, Classification, OrganisationType
from records.exports.columns import PEOPLE_ARE, Exported, Iati, iati_status, words
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Category, Kind, Status

SHARED = (Kind.CIVIL_ASSISTANCE, Kind.QIP)
NO_ACTIVITY = (Status.DRAFT, Status.RETURNED, Status.WITHDRAWN, Status.NOT_APPROVED)


def shared_with_partners(rows: QuerySet[AssistanceRequest]) -> QuerySet[AssistanceRequest]:
    """Keep, of a reader's own rows, those that a partner may read too."""
    return (
        rows.filter(
            kind__in=SHARED,
            classification=Classification.UNCLASSIFIED,
            low_profile=False,
            submitted_at__isnull=False,
            historical=False,
        )
        .exclude(status__in=NO_ACTIVITY)
        .exclude(status=Status.CLOSED, delivery_by_others__isnull=False)
    )


def _of_level(level: AreaLevel, name: str) -> Case:
    """Write an area's name or code at one administrative level, from it or what it is part of."""
    return Case(
        When(area__level=level, then=F(f"area__{name}")),
        When(area__parent__level=level, then=F(f"area__parent__{name}")),
        default=Value(None),
        output_field=TextField(),
    )


def _first_of(*names: str) -> Coalesce:
    return Coalesce(*(F(name) for name in names), output_field=DateField())


def _carried_out_by() -> Coalesce:
    """Name the partner that carries a project out, or else the mission."""
    partner = NullIf(F("quick_impact_project__implementing_partner"), Value(""))
    return Coalesce(partner, F("mission__name"), output_field=TextField())


STARTS = ("task__started_on", "task__planned_start", "quick_impact_project__starts_on", "needed_by")
ENDS = (
    "task__completed_on",
    "task__planned_end",
    "civil_assistance__ends_on",
    "quick_impact_project__ends_on",
)

FOUR_W = (
    Exported("reference", _("Reference"), F("reference"), hxl="#meta+id"),
    Exported(
        "source",
        _("Source"),
        F("mission__name"),
        "text",
        "#meta+source",
        _("The mission that says so."),
    ),
    Exported(
        "organisation",
        _("Organisation"),
        F("organisation__name"),
        "text",
        "#org+name",
        _("Who: the organisation that asked, or that the help is for."),
    ),
    Exported("acronym", _("Acronym"), F("organisation__acronym"), "text", "#org+acronym"),
    Exported(
        "organisation_type",
        _("Organisation type"),
        F("organisation__type"),
        hxl="#org+type+code",
        meaning=_("OCHA's organisation types."),
        codes=words(OrganisationType),
    ),
    Exported(
        "implementer",
        _("Carried out by"),
        _carried_out_by(),
        "text",
        "#org+impl+name",
        _("A project's implementing partner, or the mission."),
    ),
    Exported(
        "cluster_code",
        _("Cluster code"),
        F("cluster__code"),
        hxl="#sector+cluster+code",
        meaning=_("OCHA's cluster codes."),
    ),
    Exported("cluster", _("Cluster"), F("cluster__name"), "text", "#sector+cluster+name"),
    Exported("kind", _("Kind"), F("kind"), hxl="#activity+type", codes=words(Kind)),
    Exported(
        "category", _("Category"), F("category"), hxl="#activity+category", codes=words(Category)
    ),
    Exported(
        "title", _("Activity"), F("title"), "text", "#activity+name", _("What is done, in a line.")
    ),
    Exported(
        "country",
        _("Country code"),
        F("mission__country_code"),
        hxl="#country+code",
        meaning=_("ISO 3166-1 alpha-3."),
    ),
    Exported(
        "province_code",
        _("Province p-code"),
        _of_level(AreaLevel.PROVINCE, "pcode"),
        hxl="#adm1+code",
    ),
    Exported(
        "province", _("Province"), _of_level(AreaLevel.PROVINCE, "name"), "text", "#adm1+name"
    ),
    Exported(
        "district_code",
        _("District p-code"),
        _of_level(AreaLevel.DISTRICT, "pcode"),
        hxl="#adm2+code",
    ),
    Exported(
        "district", _("District"), _of_level(AreaLevel.DISTRICT, "name"), "text", "#adm2+name"
    ),
    Exported("place", _("Place"), F("place"), "text", "#loc+name"),
    Exported("latitude", _("Latitude"), F("latitude"), "number", "#geo+lat", _("Degrees, WGS 84.")),
    Exported(
        "longitude", _("Longitude"), F("longitude"), "number", "#geo+lon", _("Degrees, WGS 84.")
    ),
    Exported(
        "reported_on",
        _("Reported on"),
        Cast("submitted_at", DateField()),
        "day",
        "#date+reported",
    ),
    Exported(
        "starts_on",
        _("Starts on"),
        _first_of(*STARTS),
        "day",
        "#date+start",
        _("When it started; before that, when it is planned or needed."),
    ),
    Exported(
        "ends_on",
        _("Ends on"),
        _first_of(*ENDS),
        "day",
        "#date+end",
        _("When it was completed; before that, when it is planned to be."),
    ),
    Exported("status", _("Status"), F("status"), hxl="#status+code", codes=words(Status)),
    Exported(
        "iati_status",
        _("IATI status"),
        iati_status(),
        hxl="#status+iati+code",
        meaning=_("Where it stands, in the codes of the aid transparency standard IATI."),
        codes=words(Iati),
    ),
    Exported("women", _("Women"), F("women"), "number", "#targeted+f+adults", PEOPLE_ARE),
    Exported("men", _("Men"), F("men"), "number", "#targeted+m+adults", PEOPLE_ARE),
    Exported("girls", _("Girls"), F("girls"), "number", "#targeted+f+children", PEOPLE_ARE),
    Exported("boys", _("Boys"), F("boys"), "number", "#targeted+m+children", PEOPLE_ARE),
)

"""How long each record is kept, and what comes next: asked in one place, of what one may see."""

import datetime as dt
from typing import Any

from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    Count,
    DateField,
    DateTimeField,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
)
from django.db.models.functions import Cast, Coalesce
from django.utils.translation import gettext_lazy as _

from approvals.queries import visible_to
from missions.calendar import local_day
from missions.models import Mission, User
from missions.queries import standing_as
from records.archive.policy import READS
from records.models import (
    Classing,
    Disposal,
    DisposalAsked,
    LegalHold,
    RetentionAction,
    RetentionClass,
    Transfer,
)
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Status

SOON = dt.timedelta(days=90)
# A record without a class comes last: nobody may wait for a day that is never set.
NEVER = dt.date(9999, 12, 31)


class Part(TextChoices):
    """How the archive is parted: a record may stand in several."""

    DUE = "due", _("Due now")
    SOON = "soon", _("Due soon")
    HELD = "held", _("On legal hold")
    TRANSFERRED = "transferred", _("Transferred")
    DISPOSED = "disposed", _("Disposed of")
    UNCLASSED = "unclassed", _("Without a class")
    ALL = "all", _("All closed records")


def mission_of_archive(person: User) -> Mission | None:
    """Return the mission whose archive a person reads."""
    standing = standing_as(person, *READS)
    return standing.post.mission if standing else None


def open_holds() -> QuerySet[LegalHold]:
    """Return the legal holds that were not lifted."""
    return LegalHold.objects.filter(lifted=None)


def open_askings() -> QuerySet[DisposalAsked]:
    """Return the disposals asked for and neither done nor declined."""
    return DisposalAsked.objects.filter(declined=None, disposal=None)


def classes_in_use(mission: Mission) -> QuerySet[RetentionClass]:
    """Return the mission's retention classes, in the order in which they are tried."""
    return RetentionClass.objects.filter(mission=mission, ended_at=None)


class IsAmong(Func):
    """Whether a word is one of an array's."""

    output_field = BooleanField()

    def as_sql(self, compiler: Any, connection: Any, **more: Any) -> Any:
        word, of_word = compiler.compile(self.source_expressions[0])
        among, of_among = compiler.compile(self.source_expressions[1])
        return f"({word} = ANY ({among}))", [*of_word, *of_among]


def _class_id() -> Coalesce:
    """Return the class put by hand last, or the first whose kinds hold the record's."""
    by_hand = Classing.objects.filter(rfa=OuterRef("pk")).order_by("-at", "-pk")
    by_kind = (
        RetentionClass.objects.filter(mission=OuterRef("mission"), ended_at=None)
        .alias(named=IsAmong(OuterRef("kind"), F("kinds")))
        .filter(Q(kinds=[]) | Q(named=True))
        .order_by("number", "code")
    )
    return Coalesce(
        Subquery(by_hand.values("retention_class")[:1]),
        Subquery(by_kind.values("pk")[:1]),
        output_field=BigIntegerField(),
    )


def _of_class(name: str, output_field: Any) -> Subquery:
    held = RetentionClass.objects.filter(pk=OuterRef("class_id"))
    return Subquery(held.values(name)[:1], output_field=output_field)


def with_retention(records: QuerySet[AssistanceRequest]) -> QuerySet[AssistanceRequest]:
    """Say beside each record its class, when it is due, and how it stands.

    ``class_code``, ``class_action``, ``class_is_example``, ``due_on`` (``NEVER`` without a
    class), ``is_held``, ``is_transferred``, ``is_disposed``, ``is_asked``.
    """
    closed_on = Cast(
        Func(
            F("mission__time_zone"),
            F("closed_at"),
            function="timezone",
            output_field=DateTimeField(),
        ),
        DateField(),
    )
    due_on = Func(
        closed_on,
        F("class_trigger"),
        F("class_years"),
        function="retention_due_on",
        output_field=DateField(),
    )
    return records.annotate(class_id=_class_id()).annotate(
        class_code=_of_class("code", CharField()),
        class_title=_of_class("title", CharField()),
        class_action=_of_class("action", CharField()),
        class_trigger=_of_class("trigger", CharField()),
        class_years=_of_class("years", IntegerField()),
        class_is_example=_of_class("is_example", BooleanField()),
        due_on=Coalesce(due_on, Value(NEVER), output_field=DateField()),
        is_held=Exists(open_holds().filter(rfa=OuterRef("pk"))),
        is_transferred=Exists(Transfer.objects.filter(rfa=OuterRef("pk"))),
        is_disposed=Exists(Disposal.objects.filter(rfa=OuterRef("pk"))),
        is_asked=Exists(open_askings().filter(rfa=OuterRef("pk"))),
    )


def kept_for(person: User) -> QuerySet[AssistanceRequest]:
    """Return the closed records that a person may see, with how long each is kept."""
    mission = mission_of_archive(person)
    if mission is None:
        return AssistanceRequest.objects.none()
    closed = visible_to(person).filter(mission=mission, status=Status.CLOSED)
    return with_retention(closed.select_related("mission"))


def _condition(part: str, today: dt.date) -> Q:
    whole = Q(is_disposed=False)
    match part:
        case Part.DUE:
            return whole & Q(is_held=False, due_on__lte=today)
        case Part.SOON:
            return whole & Q(is_held=False, due_on__gt=today, due_on__lte=today + SOON)
        case Part.HELD:
            return whole & Q(is_held=True)
        case Part.TRANSFERRED:
            return whole & Q(is_transferred=True)
        case Part.DISPOSED:
            return Q(is_disposed=True)
        case Part.UNCLASSED:
            return whole & Q(class_id=None)
    return Q()


def part_of(
    records: QuerySet[AssistanceRequest], part: str, today: dt.date
) -> QuerySet[AssistanceRequest]:
    """Keep one part of the archive on a day."""
    return records.filter(_condition(part, today))


def counts_of(records: QuerySet[AssistanceRequest], today: dt.date) -> dict[str, int]:
    """Count every part, in one statement."""
    parts = {part.value: Count("pk", filter=_condition(part, today)) for part in Part}
    return records.order_by().aggregate(**parts)


def today_of(person: User) -> dt.date:
    """Return the day of the mission whose archive a person reads."""
    mission = mission_of_archive(person)
    if mission is None:
        raise ValueError("Whoever reads the archive has a mission.")
    return local_day(mission)


def retention_of(rfa: AssistanceRequest) -> AssistanceRequest:
    """Return one record with its class, the day it is due, and how it stands."""
    rows = AssistanceRequest.objects.select_related("mission").filter(pk=rfa.pk)
    return with_retention(rows).get()


def next_step(rfa: AssistanceRequest, today: dt.date) -> str:
    """Say in a code what comes next for a record loaded ``with_retention``.

    ``disposed``, ``held``, ``class`` (it needs one of the mission's own), ``wait``,
    ``transfer``, ``confirm`` (a disposal is asked for) or ``dispose``.
    """
    kept: Any = rfa
    if kept.is_disposed:
        return "disposed"
    if kept.is_held:
        return "held"
    if kept.class_id is None:
        return "class"
    if kept.is_asked:
        return "confirm"
    if kept.class_action == RetentionAction.TRANSFER and not kept.is_transferred:
        return "transfer" if kept.due_on <= today else "wait"
    if kept.due_on > today:
        return "wait"
    return "class" if kept.class_is_example else "dispose"

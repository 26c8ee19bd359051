"""The questions the register answers, whoever asks: page, API or export."""

from functools import cache, partial
from typing import Any
from uuid import UUID

import django_filters
from django import forms
from django.db import models
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from approvals.queries import (
    any_of,
    arms_of,
    holding_words,
    is_looked_up,
    note_who_asks,
    read_what_is_open,
    sees,
    those_few,
    visible_to,
    waiting_on,
    with_what_is_open,
    with_who_asks,
)
from common.errors import FieldError, Malformed
from common.paging import ByArms
from common.prepared import Question, Told
from missions.models import Area, DisasterEvent, DisplacementSite, Post, Sector, User
from missions.queries import standings_of
from records.columns import misread
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Category, Kind, Status

# Names that a query may hold beside the filter's own.
BESIDES = frozenset({"cursor", "page_size", "wait", "columns", "sort"})


class FollowUp(models.TextChoices):
    """What became of a need that was not approved (P41)."""

    OPEN = "open", _("Not known yet")
    UNMET = "unmet", _("Nobody met it")
    DELIVERED = "delivered", _("Others met it")


BECAME = {
    FollowUp.OPEN: Q(status=Status.NOT_APPROVED),
    FollowUp.UNMET: Q(delivery_by_others__delivered=False),
    FollowUp.DELIVERED: Q(delivery_by_others__delivered=True),
}
# A refused need is unmet until somebody is known to have met it.
UNMET = (FollowUp.OPEN, FollowUp.UNMET)


def in_area(pcode: str, prefix: str = "") -> Q:
    """Keep what lies in an area, by its p-code, or in the areas it is made of."""
    name = f"{prefix}area"
    return (
        Q(**{f"{name}__pcode": pcode})
        | Q(**{f"{name}__parent__pcode": pcode})
        | Q(**{f"{name}__parent__parent__pcode": pcode})
    )


def on_the_map() -> Q:
    """Keep the records whose point may be drawn: those that have one, save a low-profile asker's.

    A point can tell who asks; a low-profile requester is never mapped (R22).
    """
    return Q(latitude__isnull=False, longitude__isnull=False, low_profile=False)


class FrameField(forms.CharField):
    """Four degrees: west, south, east, north."""

    def clean(self, value: Any) -> tuple[float, float, float, float] | None:
        text = super().clean(value)
        if not text:
            return None
        try:
            west, south, east, north = (float(part) for part in text.split(","))
        except ValueError as error:
            raise forms.ValidationError(_("Give west,south,east,north in degrees.")) from error
        # Written so that what is no number at all is refused too.
        if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
            raise forms.ValidationError(_("Give west,south,east,north in degrees."))
        return west, south, east, north


class FrameFilter(django_filters.Filter):
    """Keep what lies in a frame of degrees."""

    field_class = FrameField


class RegisterQuestions(forms.Form):
    """What was asked of the register, as it was typed."""

    missions: frozenset[int] = frozenset()

    def clean_mine(self) -> bool | None:
        """Refuse what is neither true nor false, rather than take it for everybody's."""
        read: bool | None = self.cleaned_data["mine"]
        if read is None and self.data.get("mine"):
            raise forms.ValidationError(_("Answer true or false."))
        return read

    def clean_waiting_on(self) -> str:
        """Refuse a post that the mission does not have; ``me`` is whoever asks."""
        code = str(self.cleaned_data["waiting_on"])
        if code in {"", "me"} or posts_called(code, self.missions).exists():
            return code
        raise forms.ValidationError(_("There is no post of this code in the mission."))


def posts_called(code: str, missions: frozenset[int]) -> QuerySet[Post]:
    """Return the missions' posts of a code, whatever the case."""
    return Post.objects.filter(mission__in=missions, code__iexact=code)


class AnyOf(django_filters.MultipleChoiceFilter):
    """Keep what has any of the answers; a record has one of each, so that none comes twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"distinct": False, **kwargs})


class RegisterFilter(django_filters.FilterSet):
    """Narrow the register: by status, kind, place, time, words, and whom it waits on."""

    status = AnyOf(choices=Status.choices, label=_("Status"))
    kind = AnyOf(choices=Kind.choices, label=_("Kind"))
    category = AnyOf(choices=Category.choices, label=_("Category"))
    sector = django_filters.ModelChoiceFilter(
        queryset=Sector.objects.none(), to_field_name="code", label=_("Sector")
    )
    search = django_filters.CharFilter(method="filter_search", label=_("Words"))
    needed_before = django_filters.DateFilter(
        field_name="needed_by", lookup_expr="lte", label=_("Needed by, at the latest")
    )
    needed_after = django_filters.DateFilter(
        field_name="needed_by", lookup_expr="gte", label=_("Needed by, at the earliest")
    )
    submitted_after = django_filters.DateFilter(
        field_name="submitted_at", lookup_expr="date__gte", label=_("Submitted from")
    )
    submitted_before = django_filters.DateFilter(
        field_name="submitted_at", lookup_expr="date__lte", label=_("Submitted until")
    )
    area = django_filters.ModelChoiceFilter(
        queryset=Area.objects.none(),
        to_field_name="pcode",
        method="filter_area",
        label=_("Area"),
    )
    bbox = FrameFilter(method="filter_bbox", label=_("In a frame of the map"))
    follow_up = AnyOf(choices=FollowUp.choices, method="filter_follow_up", label=_("Refused need"))
    disaster_event = django_filters.ModelChoiceFilter(
        queryset=DisasterEvent.objects.none(), to_field_name="name", label=_("Disaster event")
    )
    displacement_site = django_filters.ModelChoiceFilter(
        queryset=DisplacementSite.objects.none(),
        to_field_name="name",
        label=_("Displacement site"),
    )
    waiting_on = django_filters.CharFilter(method="filter_waiting_on", label=_("Waiting on"))
    mine = django_filters.BooleanFilter(method="filter_mine", label=_("Mine"))

    # Whether records are gone through in their order until a page of them is found.
    one_by_one = False

    class Meta:
        model = AssistanceRequest
        form = RegisterQuestions
        fields: list[str] = []

    def __init__(self, params: Any, *, person: User) -> None:
        self.person, self.arms = person, arms_of(person)
        self._holding = cache(
            lambda words, one_by_one: holding_words(person, words, one_by_one=one_by_one)
        )
        super().__init__(params, queryset=AssistanceRequest.objects.none())
        self.missions = frozenset(held.post.mission_id for held in standings_of(person))
        for name, model in (
            ("sector", Sector),
            ("area", Area),
            ("disaster_event", DisasterEvent),
            ("displacement_site", DisplacementSite),
        ):
            there = model.objects.filter(mission__in=self.missions)
            self.filters[name].field.queryset = there.defer("boundary") if model is Area else there

    @property
    def qs(self) -> QuerySet[AssistanceRequest]:
        """The rows as one question; put together where it is asked, a list goes by arms."""
        if not hasattr(self, "_qs"):
            seen = AssistanceRequest.objects.filter(any_of(self.arms))
            self.queryset = loaded_lines(self.person, seen)
        found: QuerySet[AssistanceRequest] = super().qs
        return found

    @property
    def form(self) -> RegisterQuestions:
        """The questions, which know whose missions they are about."""
        form = super().form
        form.missions = self.missions
        return form

    def by_arms(self) -> ByArms:
        """Return the same rows arm by arm of the person's sight, each along its own index.

        For pages in the order of creation; whoever sees by several arms gets each row once.
        """
        if self.is_bound:
            self.errors  # noqa: B018 - cleans the questions, as ``qs`` does
        words = self.form.cleaned_data.get("search", "") if self.is_bound else ""
        few = those_few(words) if words else None
        own = [arm for arm in self.arms if not is_looked_up(arm)]
        beside = ~any_of(own)
        return self._by(
            AssistanceRequest.objects.filter(few or Q()),
            own,
            [arm & beside for arm in self.arms if is_looked_up(arm)],
        )

    def apart(self) -> ByArms:
        """Return the same rows, each in one arm alone, for counting arm by arm.

        What has to be looked up is apart from what a row's own columns answer, not from itself.
        """
        if self.is_bound:
            self.errors  # noqa: B018 - cleans the questions, as ``qs`` does
        words = self.form.cleaned_data.get("search", "") if self.is_bound else ""
        few = those_few(words) if words else None
        rows = AssistanceRequest.objects.filter(few or Q())
        own = [arm for arm in self.arms if not is_looked_up(arm)]
        apart = [arm & ~any_of(own[:before]) if before else arm for before, arm in enumerate(own)]
        beside = ~any_of(own)
        return self._by(rows, apart, [arm & beside for arm in self.arms if is_looked_up(arm)])

    def _by(self, rows: QuerySet[AssistanceRequest], arms: list[Q], further: list[Q]) -> ByArms:
        """Return these rows by arms, each narrowed by what was asked."""

        def asked(arm: Q) -> QuerySet[AssistanceRequest]:
            kept = rows.filter(arm)
            return self.filter_queryset(kept) if self.is_bound else kept

        self.one_by_one = True
        found = [*map(asked, arms)], [*map(asked, further)]
        self.one_by_one = False
        return ByArms(
            found[0], AssistanceRequest.objects.all(), found[1], partial(lines_of, self.person)
        )

    def filter_search(
        self, rows: QuerySet[AssistanceRequest], name: str, value: str
    ) -> QuerySet[AssistanceRequest]:
        """Keep the records that hold every word, in what the person may read of them."""
        return rows.filter(self._holding(value, self.one_by_one)) if value else rows

    def filter_area(
        self, rows: QuerySet[AssistanceRequest], name: str, value: Area | None
    ) -> QuerySet[AssistanceRequest]:
        """Keep what lies in an area, or in the districts it is made of."""
        return rows.filter(in_area(value.pcode)) if value else rows

    def filter_bbox(
        self,
        rows: QuerySet[AssistanceRequest],
        name: str,
        value: tuple[float, float, float, float] | None,
    ) -> QuerySet[AssistanceRequest]:
        """Keep what the map draws within a frame, and nothing that it does not draw."""
        if value is None:
            return rows
        west, south, east, north = value
        return rows.filter(
            on_the_map(),
            longitude__gte=west,
            longitude__lt=east,
            latitude__gte=south,
            latitude__lt=north,
        )

    def filter_follow_up(
        self, rows: QuerySet[AssistanceRequest], name: str, value: list[str]
    ) -> QuerySet[AssistanceRequest]:
        """Keep refused needs by what became of them: open, unmet or delivered by others (P41)."""
        found = Q()
        for answer in value:
            found |= BECAME[FollowUp(answer)]
        return rows.filter(found) if value else rows

    def filter_waiting_on(
        self, rows: QuerySet[AssistanceRequest], name: str, value: str
    ) -> QuerySet[AssistanceRequest]:
        """Keep what waits on a post, by its code; ``me`` means any of my posts."""
        if value == "me":
            posts = [held.post for held in standings_of(self.person)]
        else:
            posts = list(posts_called(value, self.missions))
        found = Q(pk__in=[])
        for post in posts:
            found |= Q(pk__in=waiting_on(rows, post).values("pk"))
        return rows.filter(found)

    def filter_mine(
        self, rows: QuerySet[AssistanceRequest], name: str, value: bool | None
    ) -> QuerySet[AssistanceRequest]:
        return rows.filter(requested_by=self.person) if value else rows


# What a line shows of whom and what a record refers to.
SHOWN_WITH = ("mission", "sector", "area", "organisation", "requested_by", "post")


def loaded_lines(person: User, rows: QuerySet[AssistanceRequest]) -> QuerySet[AssistanceRequest]:
    """Load with each row all that a line shows; an area's boundary is no part of a line."""
    return with_what_is_open(
        with_who_asks(person, rows).select_related(*SHOWN_WITH).defer("area__boundary")
    )


def lines_for(person: User) -> QuerySet[AssistanceRequest]:
    """Return every line a person may see, with all that a line shows."""
    return loaded_lines(person, visible_to(person))


LINES = Question(
    lambda: (
        AssistanceRequest.objects.filter(pk__among=Told("keys"))
        .select_related(*SHOWN_WITH)
        .defer("area__boundary")
        .order_by()
    )
)


def lines_of(person: User, keys: list[UUID]) -> list[AssistanceRequest]:
    """Read records that a person was found to see, as ``loaded_lines`` does, in this order."""
    found = LINES.in_order(keys)
    note_who_asks(person, *found)
    read_what_is_open(found)
    return found


def _one(**by: Any) -> Question[AssistanceRequest]:
    placed = AssistanceRequest.objects.select_related("sector", "area__parent", "cluster")
    rows = placed.defer("area__boundary", "area__parent__boundary").order_by()
    return Question(lambda: rows.filter(**by))


BY_KEY = _one(pk=Told("key"))
BY_REFERENCE = _one(reference__iexact=Told("reference"))


def one_line(
    person: User, *, key: UUID | None = None, reference: str = ""
) -> AssistanceRequest | None:
    """Return one record if a person may see it, as ``lines_for`` would, or None.

    Without what is open, which whoever shows it reads with its route.
    """
    rfa = BY_KEY.one(key=key) if key else BY_REFERENCE.one(reference=reference)
    if rfa is None or not sees(person, rfa):
        return None
    _share(person, rfa)
    note_who_asks(person, rfa)
    return rfa


def _share(person: User, rfa: AssistanceRequest) -> None:
    """Let a record refer to what is read of its reader already: themselves, their posts' own."""
    held = [standing.post for standing in standings_of(person)]
    known: dict[str, list[Any]] = {
        "requested_by": [person],
        "post": held,
        "mission": [post.mission for post in held],
        "organisation": [person.organisation, *(post.organisation for post in held)],
    }
    for name, things in known.items():
        key = getattr(rfa, f"{name}_id")
        for thing in things:
            if thing is not None and thing.pk == key:
                setattr(rfa, name, thing)


def register_for(person: User, params: Any) -> RegisterFilter:
    """Return the register as this person may see it, narrowed by the query ``params``.

    A question left empty, as a page's form sends it, was not asked.
    """
    if isinstance(params, QueryDict):
        asked = params.copy()
        for name, answers in params.lists():
            asked.setlist(name, [answer for answer in answers if answer])
            if not asked.getlist(name):
                del asked[name]
        params = asked
    return RegisterFilter(params, person=person)


def refuse_misread(register: RegisterFilter, *, besides: frozenset[str] = frozenset()) -> None:
    """Raise ``Malformed`` with every question that the filter cannot read, if there is any.

    The API and exports ask this way: a misread filter must never widen what leaves. A
    page shows the error and goes on. ``besides`` are the caller's own names in the query.
    """
    errors = [
        FieldError(name, " ".join(str(message) for message in messages))
        for name, messages in register.form.errors.items()
    ]
    errors += [
        FieldError(name, str(_("There is no such filter.")))
        for name in register.data
        if name not in register.filters and name not in BESIDES | besides
    ]
    errors += misread(register.data)
    if errors:
        raise Malformed(errors=errors)

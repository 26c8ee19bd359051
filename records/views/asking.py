"""What the register and the map ask alike: the boxes, the chips, the ready-made questions."""

from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from common.errors import FieldError
from common.pages import said, summary_of
from missions.models import Post, User
from records.filters import UNMET, RegisterFilter, register_for
from records.saved_views import LAYOUT, PASSING, views_of
from requests_app.vocabulary import Kind, Status

OPEN = [
    Status.UNDER_REVIEW,
    Status.RETURNED,
    Status.IN_CONSULTATION,
    Status.AWAITING_DECISION,
    Status.APPROVED,
    Status.IN_PROGRESS,
    Status.REPORTED,
    Status.ACKNOWLEDGED,
]
# The boxes in sight; the rest unfolds.
FIRST = ("kind", "status", "sector", "waiting_on", "needed_before")
FURTHER = (
    "category",
    "area",
    "follow_up",
    "needed_after",
    "submitted_after",
    "submitted_before",
    "disaster_event",
    "displacement_site",
    "mine",
)
MOST_CHIPS = 12
DAYS = frozenset({"needed_before", "needed_after", "submitted_after", "submitted_before"})


def address(asked: QueryDict, **named: Any) -> str:
    """Return an address's query with some questions asked anew; None leaves one out."""
    query = asked.copy()
    for name, value in named.items():
        query.pop(name, None)
        if value is not None:
            query.setlist(name, value if isinstance(value, list) else [value])
    return f"?{query.urlencode()}" if query else "?"


def _same(one: QueryDict, other: QueryDict) -> bool:
    return sorted((name, sorted(values)) for name, values in one.lists()) == sorted(
        (name, sorted(values)) for name, values in other.lists()
    )


@dataclass(frozen=True)
class Question:
    """A box of the page: its words, what may be chosen, what was."""

    name: str
    label: str
    answers: list[tuple[str, str]]
    anything: str
    chosen: list[str]

    @property
    def is_day(self) -> bool:
        return self.name in DAYS

    def named(self, answer: str) -> str:
        """Return an answer in words; one that cannot be read stands as it was written."""
        if self.is_day:
            day = _day(answer)
            return date_format(day, "SHORT_DATE_FORMAT") if day else answer
        return dict(self.answers).get(answer, answer)


def _day(text: str) -> Any:
    try:
        return parse_date(text)
    except ValueError:
        return None


class Asking:
    """What somebody asks of the register, by the page's address; the same for list and map.

    ``asked`` is the question itself: without the page one is on and without the layout.
    """

    def __init__(self, person: User, params: QueryDict) -> None:
        self.person = person
        self.whole = said(params)
        self.asked = self.whole.copy()
        for name in (*PASSING, *LAYOUT):
            self.asked.pop(name, None)
        self.kept = self.whole.copy()
        for name in PASSING:
            self.kept.pop(name, None)
        self.register: RegisterFilter = register_for(self.person, self.asked)
        self._questions: list[Question] | None = None

    @property
    def words(self) -> str:
        """The words to be looked up, or ''."""
        return str(self.asked.get("search", "")).replace("\0", "").strip()

    def errors(self) -> list[dict[str, str]]:
        """Return what cannot be read, as the page's summary shows it."""
        return summary_of(
            [
                FieldError(name, " ".join(str(message) for message in messages))
                for name, messages in self.register.form.errors.items()
            ],
            {name: f"filter-{name}" for name in self.register.filters},
            {name: each.label for name, each in self.register.filters.items()},
        )

    def _answers(self, name: str) -> list[tuple[str, str]]:
        if name == "waiting_on":
            posts = Post.objects.filter(mission__in=self.register.missions).order_by("title")
            return [("me", _("Me")), *posts.values_list("code", "title")]
        if name == "mine":
            return [("true", _("Mine alone"))]
        field: Any = self.register.form.fields[name]
        if hasattr(field, "queryset"):
            return [(getattr(row, field.to_field_name), str(row)) for row in field.queryset]
        return [(str(code), str(label)) for code, label in getattr(field, "choices", []) if code]

    def questions(self) -> list[Question]:
        """List the boxes, those in sight first."""
        if self._questions is None:
            everybody = {"waiting_on": _("Anyone"), "mine": _("Everybody's")}
            self._questions = [
                Question(
                    name=name,
                    label=str(self.register.filters[name].label),
                    answers=[] if name in DAYS else self._answers(name),
                    anything=everybody.get(name, _("Any")),
                    chosen=self.asked.getlist(name),
                )
                for name in (*FIRST, *FURTHER)
            ]
        return self._questions

    def chips(self) -> list[dict[str, Any]]:
        """List what is asked, each with the address of the same without it."""
        named = {question.name: question for question in self.questions()}
        found = []
        for name, answers in self.asked.lists():
            if name not in self.register.filters:
                continue
            label = str(self.register.filters[name].label)
            for answer in answers:
                rest = [other for other in answers if other != answer]
                if name == "bbox":
                    text = label
                else:
                    said_as = named[name].named(answer) if name in named else answer
                    text = _("%(question)s: %(answer)s") % {"question": label, "answer": said_as}
                found.append(
                    {
                        "label": text,
                        "url": address(self.kept, **{name: rest or None}),
                        "remove": True,
                    }
                )
        return found

    def hidden(self, *besides: str) -> list[tuple[str, str]]:
        """List what a form must carry along so that it asks only its own questions anew."""
        return [
            (name, value)
            for name, values in self.kept.lists()
            if name not in besides
            for value in values
        ]

    def ready_made(self) -> list[dict[str, Any]]:
        """List the ready-made questions and the saved ones: addresses to keep and to share."""
        ready: list[tuple[str, dict[str, Any]]] = [
            (_("Everything"), {}),
            (_("Open"), {"status": [status.value for status in OPEN]}),
            (_("Waiting on me"), {"waiting_on": "me"}),
            (_("To decide"), {"status": Status.AWAITING_DECISION.value}),
            (_("Under way"), {"status": Status.IN_PROGRESS.value}),
            (_("Refused needs unmet"), {"follow_up": [each.value for each in UNMET]}),
            (_("Extreme situations"), {"kind": Kind.EXTREME_SITUATION.value}),
        ]
        layout = QueryDict(mutable=True)
        for name in LAYOUT:
            if name in self.kept:
                layout.setlist(name, self.kept.getlist(name))
        question = self.asked.copy()
        for name in ("columns", "sort"):
            question.pop(name, None)
        found = []
        for label, named in ready:
            url = address(layout, **named)
            mine = QueryDict(address(QueryDict(), **named)[1:])
            found.append({"label": label, "url": url, "current": _same(mine, question)})
        return found

    def saved(self) -> list[dict[str, Any]]:
        """List one's own saved views and those shared in the mission, as chips."""
        return [
            {
                "label": view.name,
                "url": f"{reverse('records:register')}?{view.query}",
                "current": bool(view.query) and _same(QueryDict(view.query), self.kept),
                "by": "" if view.owner_id == self.person.pk else view.owner.name,
            }
            for view in views_of(self.person)[:MOST_CHIPS]
        ]

    def context(self) -> dict[str, Any]:
        """Return what the question's own templates take."""
        questions = self.questions()
        first = [question for question in questions if question.name in FIRST]
        further = [question for question in questions if question.name in FURTHER]
        boxed = {question.name for question in questions}
        return {
            "errors": self.errors(),
            "first": first,
            "further": further,
            "unfolded": any(question.chosen for question in further),
            "search": self.asked.get("search", ""),
            "carried": self.hidden(*boxed, "search"),
            "ready": self.ready_made(),
            "saved": self.saved(),
            "active": self.chips(),
            "everything": address(QueryDict(mutable=True)),
        }


def crumbs_to(label: str) -> list[dict[str, str]]:
    """Return the way from the register to a page that belongs to it."""
    return [{"label": _("Register"), "url": reverse("records:register")}, {"label": label}]

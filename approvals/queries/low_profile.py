"""Who a low-profile requester is: known to the posts on the route alone (R22).

Being seen with the military puts partners at risk. Everybody else who may read the record
reads it without who asks; no filter, search or export tells it either.
"""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Exists, ExpressionWrapper, OuterRef, Q, QuerySet
from django.db.models.fields import BooleanField

from approvals.models import Step
from approvals.vocabulary import StepState
from missions.models import Appointment, Post, User
from missions.queries import prepares_for, standings_of, vacant_below
from requests_app.models import AssistanceRequest, Attachment

# The answers that say who asks, or lead to them.
TELLS_WHO_ASKS = frozenset({"organisation", "on_behalf_of", "contact", "receiving_contact"})
WITHHELD = "—"


@dataclass(frozen=True)
class KnowsAs:
    """As whom a person may know who asks: by name, by posts, by organisations, on the route.

    One rule, asked of rows in SQL (``of_rows``) or of what was counted (``of_one``).
    """

    person: int
    posts: set[int]
    organisations: set[int]
    answering: set[int]

    def of_rows(self) -> Q:
        on_the_route = Step.objects.filter(rfa=OuterRef("pk"), post__in=self.answering).exclude(
            state=StepState.SKIPPED
        )
        return (
            Q(low_profile=False)
            | Q(requested_by=self.person)
            | Q(post__in=self.posts)
            | Q(organisation__in=self.organisations)
            | Q(Exists(on_the_route))
        )

    def of_one(
        self, organisation: int | None, post: int | None, requested_by: int, on_route: list[int]
    ) -> bool:
        """Whether who asks is known of a low-profile record; ``on_route`` are its steps' posts."""
        return (
            requested_by == self.person
            or post in self.posts
            or organisation in self.organisations
            or not self.answering.isdisjoint(on_route)
        )


def knows_as(person: User) -> KnowsAs:
    """Return as whom a person may know who asks."""
    held = [one for one in standings_of(person) if not one.routes]
    posts = {one.post.pk for one in held}
    found = {one.post.organisation_id for one in held} | {person.organisation_id}
    come_up = {post for post, above in vacant_below(person).items() if not above.routes}
    return KnowsAs(
        person=person.pk,
        posts=posts,
        organisations={each for each in found if each is not None},
        answering=posts | prepares_for(person) | come_up,
    )


def knows_who_asks(person: User) -> Q:
    """Keep the records of which a person may know who asks, decided in SQL."""
    return knows_as(person).of_rows()


def with_who_asks(
    person: User, requests: QuerySet[AssistanceRequest]
) -> QuerySet[AssistanceRequest]:
    """Load beside each record whether the reader may know who asks."""
    known = ExpressionWrapper(knows_who_asks(person), output_field=BooleanField())
    return requests.annotate(who_asks_is_known=known)


def note_who_asks(person: User, *records: AssistanceRequest) -> None:
    """Note on records what ``with_who_asks`` loads; asked of the low-profile ones alone."""
    low = [rfa.pk for rfa in records if rfa.low_profile]
    known: set[UUID] = set()
    if low:
        asked = AssistanceRequest.objects.filter(knows_who_asks(person), pk__in=low)
        known = set(asked.values_list("pk", flat=True))
    for rfa in records:
        rfa.who_asks_is_known = not rfa.low_profile or rfa.pk in known  # type: ignore[attr-defined]


def shows_who_asks(rfa: AssistanceRequest) -> bool:
    """Whether a record as it was read may show who asks; one not asked about shows nothing."""
    return not rfa.low_profile or getattr(rfa, "who_asks_is_known", False)


def is_of_who_asks(rfa: AssistanceRequest, person: User | None, post: Post | None = None) -> bool:
    """Whether somebody stands on the side of whoever asks: naming them would tell who asks (R22).

    The requester, whoever held their post before or holds it now, and their organisation.
    """
    if person is not None and (
        person.pk == rfa.requested_by_id
        or (person.organisation_id is not None and person.organisation_id == rfa.organisation_id)
    ):
        return True
    return post is not None and (
        post.pk == rfa.post_id
        or (post.organisation_id is not None and post.organisation_id == rfa.organisation_id)
    )


def files_of(rfa: AssistanceRequest) -> QuerySet[Attachment]:
    """List a record's files, as it was read ``with_who_asks``.

    A letter of whoever asks tells who they are, by its name and by its words: it is kept from
    who is not to know (R22). Page and API ask this.
    """
    files = rfa.attachments.select_related("added_by", "rfa").order_by("added_at", "pk")
    if shows_who_asks(rfa):
        return files
    asking = Q(added_by=rfa.requested_by_id)
    if rfa.post_id is not None:
        held = Appointment.objects.filter(post=rfa.post_id)
        asking |= Q(added_by__in=held.values("person"))
    if rfa.organisation_id is not None:
        asking |= Q(added_by__organisation=rfa.organisation_id)
    return files.exclude(asking)

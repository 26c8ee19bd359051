"""Saved views of the register: kept by their owner, shared with the mission or not."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import FieldError, Forbidden, Malformed
from common.pages import said
from common.verdict import YES, Verdict, not_you
from missions.models import User
from missions.queries import first_standing, standings_of
from records.filters import refuse_misread, register_for
from records.models import SavedView

MOST = 100
LONGEST_NAME = SavedView._meta.get_field("name").max_length or 0
LONGEST_QUERY = SavedView._meta.get_field("query").max_length or 0
# What an address may hold that is no part of the question: where one was in the list.
PASSING = ("cursor", "page_size", "wait", "frame", "zoom")
# How a page is laid out, which only pages know.
LAYOUT = ("map",)


def views_of(person: User) -> QuerySet[SavedView]:
    """List a person's own views and those that others share in the person's missions."""
    missions = {held.post.mission_id for held in standings_of(person)}
    return (
        SavedView.objects.filter(Q(owner=person) | Q(shared=True, mission__in=missions))
        .select_related("owner")
        .order_by("name", "pk")
    )


def may_change_view(person: User, view: SavedView) -> Verdict:
    """Let its owner change or delete a view."""
    if view.owner_id != person.pk:
        return not_you(_("Only who made this view changes it: save it under a name of your own."))
    return YES


def _read(actor: User, query: str) -> str:
    """Return a register's address as it is kept; raise ``Malformed`` if it is misread."""
    try:
        asked = said(QueryDict(query.removeprefix("?")))
    except (ValueError, UnicodeError) as error:
        raise Malformed(errors=[FieldError("query", _("This is no query."))]) from error
    for name in PASSING:
        asked.pop(name, None)
    layout = {name: asked.pop(name) for name in LAYOUT if name in asked}
    try:
        refuse_misread(register_for(actor, asked))
    except Malformed as refusal:
        raise Malformed(
            errors=[
                FieldError("query", f"{error.field}: {error.message}") for error in refusal.errors
            ]
        ) from refusal
    for name, values in layout.items():
        asked.setlist(name, values)
    kept = asked.urlencode()
    if len(kept) > LONGEST_QUERY:
        raise Malformed(errors=[FieldError("query", _("This question is too long to be kept."))])
    return kept


def _named(name: str) -> str:
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        message = _("Give the view a name of at most %(count)s characters.")
        raise Malformed(errors=[FieldError("name", message % {"count": LONGEST_NAME})])
    return name


def _kept(view: SavedView) -> SavedView:
    try:
        view.validate_constraints()
    except ValidationError as error:
        raise Malformed(
            errors=[FieldError("name", message) for message in error.messages]
        ) from error
    view.changed_at = now()
    view.save()
    return view


@transaction.atomic
def save_view(*, actor: User, name: str, query: str, shared: bool = False) -> SavedView:
    """Keep a question of the register under a name of one's own.

    Raises ``Forbidden`` for who holds no post, and ``Malformed`` for a name that one has
    used already, a question that is misread, or more than a hundred views.
    """
    standing = first_standing(actor)
    if standing is None:
        raise Forbidden(_("Only who holds a post in the mission keeps views of its register."))
    # Locked, so that two saves at once are told of each other.
    User.objects.select_for_update().get(pk=actor.pk)
    if SavedView.objects.filter(owner=actor).count() >= MOST:
        message = _("You keep %(count)s views already: delete one first.") % {"count": MOST}
        raise Malformed(errors=[FieldError("name", message)])
    view = SavedView(mission=standing.post.mission, owner=actor, made_at=now(), shared=shared)
    view.name, view.query = _named(name), _read(actor, query)
    return _kept(view)


@transaction.atomic
def change_view(*, actor: User, view: SavedView, name: str, query: str, shared: bool) -> SavedView:
    """Give one's own view another name or question, share it or no longer.

    Raises ``Forbidden`` for anybody but its owner, and ``Malformed`` as ``save_view`` does.
    """
    User.objects.select_for_update().get(pk=actor.pk)
    may_change_view(actor, view).enforce()
    view.name, view.query, view.shared = _named(name), _read(actor, query), shared
    return _kept(view)


@transaction.atomic
def delete_view(*, actor: User, view: SavedView) -> None:
    """Forget one's own view. Raises ``Forbidden`` for anybody but its owner."""
    may_change_view(actor, view).enforce()
    view.delete()

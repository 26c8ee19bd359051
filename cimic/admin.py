"""The administrator's pages: missions, people and posts; never a request, never a decision.

Each change is an entry in the mission's own chain, in the same transaction, since what
somebody could decide years ago rests on the post they held then (P41).
"""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from access.proof import proved_lately
from access.queries import missions_kept_by, missions_of, people_for
from access.services.accounts import close_what_is_open
from access.services.mail import warn
from access.views.shared import ask_again
from approvals.services import delegation_errors
from cimic.naming import speak_of
from ledger.services import append, chain_of_mission
from missions.models import (
    Appointment,
    Area,
    Cluster,
    Delegation,
    DisasterEvent,
    DisplacementSite,
    Holiday,
    Mission,
    Organisation,
    Post,
    Sector,
    Unit,
    User,
)
from missions.queries import first_standing

for theirs in (Group, EmailAddress, Authenticator):
    admin.site.unregister(theirs)
admin.site.site_header = _("CIMIC: missions, people and posts")
admin.site.site_title = "CIMIC"
admin.site.index_title = _("Missions, people and posts")

SECRET = frozenset({"password"})
# How a row leads to its mission, where not by a column of that name.
MISSION_OF: dict[Any, str] = {
    Mission: "pk",
    Appointment: "post__mission",
    Delegation: "post__mission",
}
KEPT_APART = frozenset(
    {
        Mission,
        Sector,
        Unit,
        Area,
        Organisation,
        Cluster,
        Post,
        User,
        DisplacementSite,
        DisasterEvent,
    }
)


def mission_of(row: Any) -> Mission | None:
    """Return the mission that a row of its structure belongs to."""
    if isinstance(row, Mission):
        return row
    if isinstance(row, Appointment | Delegation):
        return row.post.mission
    if isinstance(row, User):
        standing = first_standing(row)
        return standing.post.mission if standing else None
    return row.mission


class DelegationForm(forms.ModelForm):  # type: ignore[type-arg]
    """A delegation as the administrator writes it, under the rules of who gives one."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        said: dict[str, Any] = {
            name: cleaned.get(name) for name in ("post", "delegate", "from_on", "until_on")
        }
        giver = cleaned.get("given_by")
        if self.instance.pk is None and giver and all(said.values()):
            for error in delegation_errors(giver=giver, **said):
                self.add_error(error.field, error.message)
        return cleaned


def _within(rows: QuerySet[Any], actor: Any) -> QuerySet[Any]:
    """Keep the rows of the missions that somebody administers."""
    if rows.model is User:
        if actor.is_superuser:  # who serves nowhere yet is theirs alone
            return rows
        return rows.filter(pk__in=people_for(actor).values("pk"))
    return rows.filter(**{f"{MISSION_OF.get(rows.model, 'mission')}__in": missions_kept_by(actor)})


class RecordedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Record each change of the mission's structure in its chain; nothing is deleted.

    An administrator finds the rows of their own missions, and can point to no others.
    """

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return _within(super().get_queryset(request), request.user)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **more: Any) -> Any:
        if db_field.remote_field.model in KEPT_APART:
            rows = more.get("queryset", db_field.remote_field.model._default_manager.all())
            more["queryset"] = _within(rows, request.user)
        return super().formfield_for_foreignkey(db_field, request, **more)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save the row and its entry together, or neither."""
        with transaction.atomic(), translation.override("en"):  # what is kept is nobody's language
            super().save_model(request, obj, form, change)
            mission = mission_of(obj) or self._own_mission(request)
            if mission is None:
                return
            append(
                chain_id=chain_of_mission(mission),
                act=f"{obj._meta.model_name}.{'changed' if change else 'added'}",
                actor=request.user,  # type: ignore[arg-type]
                standing=first_standing(request.user),  # type: ignore[arg-type]
                payload={
                    "row": obj.pk,
                    "name": str(obj),
                    "fields": {
                        name: "(withheld)" if name in SECRET else str(form.cleaned_data.get(name))
                        for name in form.changed_data
                    },
                },
            )

    def _own_mission(self, request: HttpRequest) -> Mission | None:
        standing = first_standing(request.user)  # type: ignore[arg-type]
        return standing.post.mission if standing else None


@admin.register(User)
class PersonAdmin(RecordedAdmin, UserAdmin):
    """People. An account is closed by making it inactive; it is never deleted."""

    list_display = ("username", "name", "organisation", "is_active")
    list_filter = ("is_active", "is_staff")
    fieldsets = (
        (None, {"fields": ("username",)}),
        (
            _("Person"),
            {"fields": ("rank", "first_name", "last_name", "email", "language", "organisation")},
        ),
        (_("Account"), {"fields": ("is_active", "is_staff", "is_superuser")}),
    )
    filter_horizontal = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Open no account here: people are invited, and choose their own password."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Let nobody but the installation's administrator make another one."""
        person: Any = request.user
        return () if person.is_superuser else ("is_staff", "is_superuser")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Let nobody change whom they do not outrank, or who serves in another's mission too."""
        person: Any = request.user
        if obj is not None and not person.is_superuser:
            kept = set(missions_kept_by(person).values_list("pk", flat=True))
            if obj.is_superuser or missions_of(obj) - kept:
                return False
        return super().has_change_permission(request, obj)

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> Any:
        """Let nobody know another's password: a new one is set by a link to the person."""
        raise PermissionDenied

    def change_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """Ask again who it is before an address or an account is changed."""
        if not proved_lately(request):
            return ask_again(request)
        return super().change_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """With a closed account all ends that it has open; a new address is told to the old."""
        with transaction.atomic():
            before = User.objects.select_for_update().get(pk=obj.pk)
            super().save_model(request, obj, form, change)
            if before.is_active and not obj.is_active:
                close_what_is_open(obj, request.user)  # type: ignore[arg-type]
            if before.email != obj.email:
                warn(before, "address_changed")


@admin.register(Mission)
class MissionAdmin(RecordedAdmin):
    """Missions and their settings."""

    list_display = ("code", "name", "country")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """A mission is made with its posts and its administrator: ``manage.py create_mission``."""
        return False


@admin.register(Post)
class PostAdmin(RecordedAdmin):
    """Posts: their role, reach and clearance."""

    list_display = ("title", "code", "role", "sector", "unit", "reach", "clearance")
    list_filter = ("role", "reach")
    search_fields = ("title", "code")


@admin.register(Appointment)
class AppointmentAdmin(RecordedAdmin):
    """Who holds which post, from when to when."""

    list_display = ("post", "person", "capacity", "from_on", "until_on")
    list_select_related = ("post", "person")
    search_fields = ("post__title", "person__username")
    autocomplete_fields = ("post", "person")


@admin.register(Delegation)
class DelegationAdmin(RecordedAdmin):
    """Who acts for whom for a while; never in a circle, whoever writes it down."""

    form = DelegationForm

    list_display = ("post", "delegate", "from_on", "until_on", "scope")
    list_select_related = ("post", "delegate")
    autocomplete_fields = ("post", "delegate", "given_by")


@admin.register(Holiday)
class HolidayAdmin(RecordedAdmin):
    """The days on which a mission does not work; a normal limit does not run on them."""

    list_display = ("on", "name", "mission")


@admin.register(Sector, Unit, Organisation, Cluster, Area, DisplacementSite, DisasterEvent)
class StructureAdmin(RecordedAdmin):
    """The ground and the actors."""

    list_display = ("name", "mission")
    search_fields = ("name",)


speak_of(admin.site._registry)

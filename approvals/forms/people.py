"""Reading who acts for a post, from a page or the API."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.errors import FieldError, Malformed
from common.reading import ReadForm
from missions.models import Mission, Post, User
from requests_app.forms import Day
from requests_app.vocabulary import Route

DAY: dict[str, Any] = {"widget": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}


class _ActingForm(ReadForm):
    """Who, from when, until when; the names are looked up in the mission, all errors at once."""

    person_field = "person"

    def __init__(self, mission: Mission, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.mission = mission

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        named = cleaned.get(self.person_field)
        if named:
            held = User.objects.filter(
                username=named, appointments__post__mission=self.mission
            ).distinct()
            cleaned[self.person_field] = held.first()
            if cleaned[self.person_field] is None:
                self.add_error(self.person_field, _("There is no such person in the mission."))
        code = cleaned.get("post")
        if code and "post" in self.fields:
            cleaned["post"] = Post.objects.filter(mission=self.mission, code=code).first()
            if cleaned["post"] is None:
                self.add_error("post", _("There is no such post in the mission."))
        return cleaned


class DelegationForm(_ActingForm):
    """A delegation: of which post, to whom, from when until when, for what."""

    person_field = "delegate"

    post = forms.CharField(max_length=40, label=_("Post"))
    delegate = forms.CharField(max_length=150, label=_("To whom"))
    from_on = Day(label=_("First day"), **DAY)
    until_on = Day(label=_("Last day"), **DAY)
    scope = forms.CharField(max_length=200, required=False, label=_("For what, in words"))

    def __init__(self, mission: Mission, data: Any = None, **more: Any) -> None:
        self.routes, self.wrong_routes = _routes_in(data)
        super().__init__(mission, _without_routes(data), **more)

    def values(self) -> dict[str, Any]:
        """Return the clean values; raise ``Malformed`` with every error."""
        try:
            values = super().values()
        except Malformed as refusal:
            raise Malformed(errors=refusal.errors + self.wrong_routes) from refusal
        if self.wrong_routes:
            raise Malformed(errors=self.wrong_routes)
        return {**values, "routes": self.routes}


def _without_routes(data: Any) -> Any:
    if data is None or not hasattr(data, "items"):
        return data
    return {name: value for name, value in data.items() if name != "routes"}


def _routes_in(data: Any) -> tuple[list[str], list[FieldError]]:
    """Read the routes a delegation is bounded to: a list in JSON, boxes ticked on a page."""
    if data is None or not hasattr(data, "get"):
        return [], []
    said = data.getlist("routes") if hasattr(data, "getlist") else data.get("routes")
    if said in (None, ""):
        return [], []
    if not isinstance(said, list) or any(route not in Route.values for route in said):
        known = ", ".join(Route.values)
        return [], [
            FieldError("routes", _("Send a list of routes among: %(known)s.") % {"known": known})
        ]
    return said, []


class InChargeForm(_ActingForm):
    """An officer-in-charge: who, from when until when."""

    person = forms.CharField(max_length=150, label=_("Who"))
    from_on = Day(label=_("First day"), **DAY)
    until_on = Day(label=_("Last day"), **DAY)

"""Reading a webhook, from a page or the API."""

from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from common.errors import FieldError
from common.kept import read_aloud
from common.reading import ReadForm, is_plain
from missions.models import Mission
from missions.vocabulary import Classification
from notices.models import Webhook
from notices.vocabulary import EVENTS, STEPS_OPENED
from notices.webhooks.sight import WORDS
from notices.webhooks.wire import CannotCall, address_to_call

LEVELS = {word: level for level, word in WORDS.items()}


def asked_of(webhook: Webhook) -> dict[str, Any]:
    """Return what a webhook is told as its form reads it."""
    return {
        "name": webhook.name,
        "url": webhook.url,
        "events": webhook.events,
        "clearance": WORDS[Classification(webhook.clearance)],
        "organisation": webhook.organisation.name if webhook.organisation else "",
    }


class WebhookForm(ReadForm):
    """Another system, what it is told of, and how much it may see."""

    name = forms.CharField(
        max_length=80,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("Whose system it is, such as “Sector East dashboard”."),
    )
    url = forms.CharField(
        max_length=500,
        label=gettext_lazy("Address"),
        help_text=gettext_lazy(
            "It begins with https:// and leads to another host: nothing inside this server's own "
            "network is called. Write no key or password into it."
        ),
        widget=forms.URLInput,
    )
    clearance = forms.ChoiceField(
        label=gettext_lazy("It may see"),
        choices=[
            ("unclassified", gettext_lazy("What is unclassified")),
            ("confidential", gettext_lazy("What is confidential as well, by its reference alone")),
        ],
        initial="unclassified",
        widget=forms.RadioSelect,
    )
    organisation = forms.ChoiceField(
        label=gettext_lazy("Of whom"),
        required=False,
        help_text=gettext_lazy(
            "A partner's own system is told of that partner's own requests alone."
        ),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("It is told of"),
        choices=list(EVENTS.items()),
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, mission: Mission, data: Any = None, **more: Any) -> None:
        chosen, wrong = _several(data)
        super().__init__(
            {name: data[name] for name in data if name != "events"}
            if isinstance(data, dict) and not isinstance(data, QueryDict)
            else data,
            **more,
        )
        self.mission = mission
        self.wrongly_typed += wrong
        if self.is_bound:
            self.data = {**self.data, "events": chosen}
        names = mission.organisations.order_by("name").values_list("name", flat=True)
        own: Any = self.fields["organisation"]
        own.choices = [("", gettext_lazy("The whole mission's"))] + [(one, one) for one in names]

    def clean_url(self) -> str:
        """Refuse what would not be called, and a host that cannot be found or lies inside."""
        url = str(self.cleaned_data["url"])
        try:
            address_to_call(url)
        except CannotCall as fault:
            raise forms.ValidationError(read_aloud(str(fault))) from fault
        return url

    def clean_clearance(self) -> int:
        return int(LEVELS[self.cleaned_data["clearance"]])

    def clean_organisation(self) -> Any:
        name = self.cleaned_data["organisation"]
        return self.mission.organisations.get(name=name) if name else None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("organisation") and STEPS_OPENED in cleaned.get("events", []):
            message = _("Who must answer next is not told to a partner's system.")
            self.add_error("events", message)
        return cleaned


def _several(data: Any) -> tuple[list[str], list[FieldError]]:
    """Return the events that were sent, whichever way, and what is wrong with them."""
    if isinstance(data, QueryDict):
        return [one for one in data.getlist("events") if is_plain(one)], []
    if not isinstance(data, dict) or "events" not in data:
        return [], []
    events = data["events"]
    if not isinstance(events, list) or not all(isinstance(one, str) for one in events):
        return [], [FieldError("events", _("Send a list of events."))]
    return list(dict.fromkeys(events)), []

"""Reading what was typed or sent, for every way in: pages, API, import."""

from requests_app.forms.draft import ROW_FORMS, DraftForm, typed, unknown_names
from requests_app.forms.fields import Day, Moment, NamedThing
from requests_app.forms.short import ExtremeSituationForm, PlaceForm

__all__ = [
    "ROW_FORMS",
    "Day",
    "DraftForm",
    "ExtremeSituationForm",
    "Moment",
    "NamedThing",
    "PlaceForm",
    "typed",
    "unknown_names",
]

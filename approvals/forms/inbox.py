"""Reading what an inbox is narrowed by, and what is answered together."""

from typing import Any

from django import forms

from approvals.queries.inbox import Asked
from approvals.vocabulary import SeatKind
from common.errors import FieldError
from requests_app.vocabulary import Kind


class InboxForm(forms.Form):
    """What an inbox is narrowed by."""

    kind = forms.ChoiceField(choices=[("", ""), *Kind.choices], required=False)
    sector = forms.SlugField(max_length=20, required=False)
    seat = forms.ChoiceField(choices=[("", ""), *SeatKind.choices], required=False)
    overdue = forms.BooleanField(required=False)

    def asked(self) -> Asked:
        """Return what is asked; what cannot be read narrows nothing and stands in ``wrong``."""
        self.full_clean()
        return Asked(**self.cleaned_data)

    def wrong(self) -> list[FieldError]:
        """List what cannot be read of what was asked."""
        return [
            FieldError(name, str(message))
            for name, messages in self.errors.items()
            for message in messages
        ]


def chosen_in(texts: list[str]) -> dict[int, int]:
    """Read the steps chosen on a page, each as ``step:revision``; skip what is none."""
    found: dict[int, int] = {}
    for text in texts:
        step, _colon, revision = text.partition(":")
        if step.isdecimal() and revision.isdecimal() and len(text) < 30:
            found[int(step)] = int(revision)
    return found


def said_together(data: Any) -> dict[str, str]:
    """Return one answer for several steps, as the service takes it."""
    names = {"word": "answer", "remarks": "remarks", "verified": "verified"}
    return {name: str(data.get(box, "")).replace("\0", "").strip() for name, box in names.items()}

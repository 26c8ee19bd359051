"""What the forms of records share."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from common.errors import FieldError, Malformed
from requests_app.files import MEDIA_TYPES
from requests_app.forms import Day
from requests_app.models import AssistanceRequest

LONGEST = 20_000
YES_NO = [("yes", _("Yes")), ("no", _("No"))]


def a_day(label: Any, **more: Any) -> Day:
    return Day(
        label=label,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        **more,
    )


def a_text(label: Any, rows: int = 3, **more: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=LONGEST, widget=forms.Textarea(attrs={"rows": rows}), **more
    )


def a_count(label: Any) -> forms.IntegerField:
    return forms.IntegerField(label=label, min_value=0, max_value=2_147_483_647, required=False)


def some_money(label: Any, least: Any = 0, **more: Any) -> forms.DecimalField:
    """A box for money, in the request's currency."""
    return forms.DecimalField(label=label, min_value=least, max_digits=14, decimal_places=2, **more)


def a_line(label: Any, length: int = 160, **more: Any) -> forms.CharField:
    """A box for one line of text."""
    return forms.CharField(label=label, max_length=length, **more)


class SeveralFiles(forms.ClearableFileInput):
    """A box in which several files are chosen at once."""

    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Files, none or several; what each is, is looked at where it is kept."""

    def __init__(self, *, kinds: str = "", **more: Any) -> None:
        endings = [ending for ending, kind in MEDIA_TYPES.items() if kind.startswith(kinds)]
        widget = SeveralFiles(attrs={"accept": ",".join(endings)})
        super().__init__(widget=widget, required=False, **more)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        """Return the files that were sent, in order."""
        sent: Iterable[Any] = data if isinstance(data, list | tuple) else [data]
        return [super(FilesField, self).clean(one, initial) for one in sent if one]


class PageForm(forms.Form):
    """A form of a page about a record: gives clean values, or raises ``Malformed``."""

    def __init__(self, *args: Any, rfa: AssistanceRequest, **more: Any) -> None:
        super().__init__(*args, **more)
        self.rfa = rfa

    def values(self) -> dict[str, Any]:
        if not self.is_valid():
            raise Malformed(
                errors=[
                    FieldError(name, " ".join(str(message) for message in messages))
                    for name, messages in self.errors.items()
                ]
            )
        return self.cleaned_data

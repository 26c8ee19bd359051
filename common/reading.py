"""Reading what was sent, before any form sees it: text that can be kept, one value a field."""

import json
import math
from collections.abc import Container, Iterable
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from common.errors import FieldError, Malformed


def is_plain(text: str) -> bool:
    """Whether a text can be kept: no null character, no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _can_be_kept(value: Any) -> bool:
    if isinstance(value, str):
        return is_plain(value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, dict):
        return all(is_plain(name) and _can_be_kept(inner) for name, inner in value.items())
    if isinstance(value, list):
        return all(map(_can_be_kept, value))
    return True


class PlainJSONParser(JSONParser):
    """JSON whose texts and numbers can all be kept, nested no deeper than anybody means."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """Return what was sent; raise ``ParseError`` (400) if it is not JSON or not plain."""
        try:
            data = super().parse(stream, media_type, parser_context)
            plain = _can_be_kept(data)
        except (RecursionError, json.JSONDecodeError) as error:
            raise ParseError(_("This JSON is nested too deeply.")) from error
        if not plain:
            raise ParseError(
                _(
                    "Null characters, half surrogates and numbers without end cannot be kept: take "
                    "them out."
                )
            )
        return data


def one_value_each(
    data: dict[str, Any], names: Iterable[str], *, flags: Container[str] = ()
) -> tuple[dict[str, Any], list[FieldError]]:
    """Return the data with numbers as a form reads them, and an error for each list or object.

    True and false stay what they are in a yes-or-no field, one of ``flags``; in any other
    they are an error too.
    """
    values = data.dict() if isinstance(data, QueryDict) else dict(data)
    errors = []
    for name in names:
        value = values.get(name)
        if isinstance(value, list | dict):
            errors.append(
                FieldError(name, _("Send one value here: text, a number, true or false."))
            )
            values.pop(name)
        elif isinstance(value, bool):
            if name not in flags:
                errors.append(FieldError(name, _("Send text or a number here, not true or false.")))
                values.pop(name)
        elif isinstance(value, int | float):
            values[name] = str(value)
    return values, errors


class ReadForm(forms.Form):
    """A form read alike from a page and from the API, that tells all its errors at once."""

    def __init__(self, data: Any = None, **more: Any) -> None:
        self.wrongly_typed: list[FieldError] = []
        if data is not None and not isinstance(data, dict):
            self.wrongly_typed = [FieldError("non_field_errors", _("Send an object."))]
            data = {}
        elif data is not None:
            data, self.wrongly_typed = one_value_each(data, self.base_fields)
        super().__init__(data, **more)

    def values(self) -> dict[str, Any]:
        """Return the clean values; raise ``Malformed`` with every error."""
        wrong = {error.field for error in self.wrongly_typed}
        if not self.is_valid() or wrong:
            found = [
                FieldError(
                    "non_field_errors" if name == "__all__" else name,
                    " ".join(map(str, messages)),
                )
                for name, messages in self.errors.items()
                if name not in wrong and "non_field_errors" not in wrong
            ]
            raise Malformed(errors=self.wrongly_typed + found)
        return dict(self.cleaned_data)

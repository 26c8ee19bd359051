"""Reading what was sent, before any form sees it: text that can be kept, one value a field."""

import json
from collections.abc import Iterable
from typing import Any

from django.http import QueryDict
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

from common.errors import FieldError


def is_plain(text: str) -> bool:
    """Whether a text can be kept: no null character, no half of a surrogate pair."""
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _texts(value: Any) -> Iterable[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


class PlainJSONParser(JSONParser):
    """JSON whose texts can all be kept, nested no deeper than anybody means."""

    def parse(self, stream: Any, media_type: Any = None, parser_context: Any = None) -> Any:
        """Return what was sent; raise ``ParseError`` (400) if it is not JSON or not plain."""
        try:
            data = super().parse(stream, media_type, parser_context)
            plain = all(is_plain(text) for text in _texts(data))
        except (RecursionError, json.JSONDecodeError) as error:
            raise ParseError("This JSON is nested too deeply.") from error
        if not plain:
            raise ParseError("Null characters and half surrogates cannot be kept: take them out.")
        return data


def one_value_each(
    data: dict[str, Any], names: Iterable[str]
) -> tuple[dict[str, Any], list[FieldError]]:
    """Return the data with numbers as a form reads them, and an error for each list or object.

    True and false stay what they are: only a yes-or-no field takes them.
    """
    values = data.dict() if isinstance(data, QueryDict) else dict(data)
    errors = []
    for name in names:
        value = values.get(name)
        if isinstance(value, list | dict):
            errors.append(FieldError(name, "Send one value here: text, a number, true or false."))
            values.pop(name)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            values[name] = str(value)
    return values, errors

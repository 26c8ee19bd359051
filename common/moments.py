"""A moment in words, by the mission's clock and in the reader's language.

A list says some three moments a line, and Django puts each together anew for as long as PostgreSQL
takes to find the line. What a moment is called in a zone and a language does not change: it is
kept.
"""

import datetime as dt
from functools import lru_cache

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language

KEPT = 8192


@lru_cache(maxsize=KEPT)
def _written(at: dt.datetime, form: str, zone: dt.tzinfo, language: str | None) -> str:
    return date_format(timezone.localtime(at, zone), form)


@lru_cache(maxsize=KEPT)
def _day_written(day: dt.date, form: str, language: str | None) -> str:
    return date_format(day, form)


def written(at: dt.datetime, form: str = "SHORT_DATETIME_FORMAT") -> str:
    """Write a moment in the zone that is in force; ``form`` names one of the language's formats."""
    return _written(at, form, timezone.get_current_timezone(), get_language())


def day_written(day: dt.date, form: str = "SHORT_DATE_FORMAT") -> str:
    """Write a day as the reader's language writes it."""
    return _day_written(day, form, get_language())

"""A period cut into whole years, months and days, each kept by itself."""

import datetime as dt
from collections.abc import Iterator
from typing import NamedTuple

DAY = dt.timedelta(days=1)
# In the last weeks deeds still change much: a day is counted anew sooner than a month.
STILL_CHANGING = dt.timedelta(days=100)


class Piece(NamedTuple):
    """From a day to a day, both included."""

    since: dt.date
    until: dt.date

    @property
    def is_day(self) -> bool:
        return self.since == self.until

    @property
    def is_year(self) -> bool:
        return (self.until - self.since).days > 31

    def days(self) -> Iterator[dt.date]:
        for number in range((self.until - self.since).days + 1):
            yield self.since + number * DAY

    def months(self) -> Iterator["Piece"]:
        """Return the months of a year."""
        first = self.since
        while first <= self.until:
            yield Piece(first, _end_of_month(first))
            first = _end_of_month(first) + DAY


def _end_of_month(day: dt.date) -> dt.date:
    return (day.replace(day=1) + dt.timedelta(days=32)).replace(day=1) - DAY


def pieces(since: dt.date, until: dt.date, today: dt.date) -> Iterator[Piece]:
    """Cut a period into the largest pieces that lie in it whole and have come to rest."""
    settled, day = today - STILL_CHANGING, since
    while day <= until:
        end_of_year, end_of_month = day.replace(month=12, day=31), _end_of_month(day)
        piece = Piece(day, day)
        if day.day == 1 and end_of_month <= min(until, settled):
            piece = Piece(day, end_of_month)
        if day.month == day.day == 1 and end_of_year <= min(until, settled):
            piece = Piece(day, end_of_year)
        yield piece
        day = piece.until + DAY


def apart(piece: Piece, touched: set[dt.date]) -> Iterator[Piece]:
    """Cut a piece so that what is touched stands in days of its own."""
    if piece.is_day or not any(piece.since <= day <= piece.until for day in touched):
        yield piece
    elif piece.is_year:
        for month in piece.months():
            yield from apart(month, touched)
    else:
        yield from (Piece(day, day) for day in piece.days())

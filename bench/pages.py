"""What is measured: the addresses of the claim, each with its floor and what it may cost."""

from dataclasses import dataclass

WORDS = 3.5  # CIMIC_SEARCH_SECONDS and the page around it
FLOOR, FLOOR_LIST = "/floor/page/", "/api/v1/floor/"


@dataclass(frozen=True)
class Asked:
    """One address: whose it is, how many times the floor it may take, and of which floor.

    ``within`` are the seconds that are as good: words that many records hold may be looked for
    until the search's time is over, and the reader is then told.
    """

    name: str
    who: str
    path: str
    target: float
    floor: str = FLOOR
    within: float = 0.0


def asked(markets: list[str], place: str, cursor: str, case: str) -> list[Asked]:
    """List what is asked, with the words and the case of this database."""
    one, both = markets[0], "+".join(markets[:2])
    register = "/register/"
    filtered = f"{register}?status=closed&sector=west&search="
    return [
        Asked("inbox of the Chief UN-CIMIC", "chief.cimic", "/inbox/", 2),
        Asked("inbox of DMS", "dms", "/inbox/", 2),
        Asked("my requests, a partner", "partner.ngo", "/requests/", 2),
        Asked("my requests, all, a unit", "unit.east", "/requests/?show=all", 2),
        Asked("register, Chief", "chief.cimic", register, 2.5),
        Asked("register, sector officer", "sector.west", register, 2.5),
        Asked("register, partner", "partner.ngo", register, 2.5),
        Asked("register, page 1,000", "chief.cimic", f"{register}?cursor={cursor}", 2.5),
        Asked("register, a 1 % word", "chief.cimic", f"{register}?search={place}", 4),
        Asked("filtered, a 1 % word", "chief.cimic", f"{filtered}{place}", 4),
        Asked("two common words", "chief.cimic", f"{register}?search={both}", 4, within=WORDS),
        Asked("a 33 % word", "chief.cimic", f"{register}?search={one}", 4, within=WORDS),
        Asked("filtered, a 33 % word", "chief.cimic", f"{filtered}{one}", 4, within=WORDS),
        Asked("case, 12 steps and 40 entries", "chief.cimic", f"{register}{case}/", 3),
        Asked("map of all open", "chief.cimic", "/map/?" + OPEN, 10),
        Asked("points of all open", "chief.cimic", POINTS + OPEN, 10),
        Asked("dashboard", "cos", "/evaluation/", 10),
        Asked("compliance", "cos", "/compliance/", 10),
        Asked("API list", "chief.cimic", "/api/v1/requests/", 2, FLOOR_LIST),
        Asked("API inbox", "chief.cimic", "/api/v1/inbox/", 2, FLOOR_LIST),
    ]


OPEN = "&".join(
    f"status={status}"
    for status in (
        "under_review", "returned", "in_consultation", "awaiting_decision", "approved",
        "in_progress", "reported", "acknowledged",
    )
)  # fmt: skip
POINTS = "/map/points.json?frame=56,-14,66,-4&zoom=7&"

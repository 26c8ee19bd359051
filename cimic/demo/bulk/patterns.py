"""The cases that are copied: varied stories whose place and people bear marks to be renamed."""

import tomllib
from typing import Any

from cimic.demo.stories import Deed, Story
from cimic.demo.variations import FILE, VariedStory

# No language bends them: one word each in every vector, found and renamed wherever it stands.
PLACE, COMMON, LOCAL = "Qwplacek", "Qwcommonk", "Qwlocalk"
PATTERNS = 96
OLDEST = 80


class Pattern(VariedStory):
    """A varied story told at a place that each copy names anew."""

    def _placed(self) -> str:
        return PLACE

    def _asked(self, place: str, unit: dict[str, Any]) -> tuple[dict[str, Any], str]:
        asked, by = super()._asked(place, unit)
        asked["description"] += (
            f" Heard of through the market of {COMMON}; {LOCAL} speaks for the people there."
        )
        return asked, by

    def _tell(self, end: str, by: str, unit: dict[str, Any], asked: dict[str, Any]) -> None:
        super()._tell("refuse" if end == "refuse_settled" else end, by, unit, asked)
        if end == "refuse_settled" and self.deeds[-1].act == "not_approve":
            self.deeds.append(
                Deed(
                    self.deeds[-1].hours + 300,
                    "chief.cimic",
                    "delivered",
                    "Told by the cluster's weekly note.",
                    {
                        "delivered": True,
                        "organisation": "Water and Health International",
                        "delivered_in_days": 9,
                    },
                )
            )

    @property
    def ends(self) -> dict[str, tuple[int, float, float]]:
        """How a pattern ends: as varied stories do, or refused and met by others since.

        None began before the priorities that the demonstration sets: every copy has some too.
        """
        ends = super().ends | {"refuse_settled": (5, 40, OLDEST)}
        return {
            name: (often, least, min(most, OLDEST)) for name, (often, least, most) in ends.items()
        }


def pattern_stories(count: int, seed: int) -> list[Story]:
    """Return so many patterns, the same for the same seed."""
    sorts = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return [Pattern(number, seed, sorts).story("pattern") for number in range(1, count + 1)]

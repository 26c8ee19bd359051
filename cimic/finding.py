"""One thing that the doctor looked at."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One thing looked at: how it stands, and whether a mission can do without it."""

    subject: str
    well: bool
    told: str
    needed: bool = True

    @property
    def mark(self) -> str:
        """Return ``well``, ``ill``, or ``note`` for what one can do without."""
        return "well" if self.well else "ill" if self.needed else "note"

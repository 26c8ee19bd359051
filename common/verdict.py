"""Yes; or no, with a reason."""

from dataclasses import dataclass

from common.errors import Forbidden, NotNow


@dataclass(frozen=True)
class Verdict:
    """Yes; or no, with a reason fit to show the person refused.

    ``later`` tells *not now* (409) from *not you* (403), so that nobody is told
    to ask for rights when waiting is what helps.
    """

    refusal: str = ""
    later: bool = False
    paragraph: str = ""

    def __bool__(self) -> bool:
        return not self.refusal

    def enforce(self) -> None:
        """Raise ``Forbidden`` or ``NotNow`` with the reason; do nothing on a yes."""
        if self.refusal:
            kind = NotNow if self.later else Forbidden
            raise kind(self.refusal, paragraph=self.paragraph)


YES = Verdict()


def not_you(reason: str, paragraph: str = "") -> Verdict:
    """Refuse this person; another may."""
    return Verdict(reason, paragraph=paragraph)


def not_now(reason: str, paragraph: str = "") -> Verdict:
    """Refuse at this moment; the same person may be allowed at another."""
    return Verdict(reason, later=True, paragraph=paragraph)

"""The ways CIMIC says no. Each carries what a person needs to act on it.

A page shows them as an error summary, the API as problem details (RFC 9457);
``common.problems`` is the only place that knows how they travel.
"""

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class FieldError:
    """One thing wrong with one field, and the paragraph that asks for it, if one does."""

    field: str
    message: str
    paragraph: str = ""


class Refusal(Exception):
    """A deed that is not done, with the reason fit to show the person refused."""

    status = 400
    title = _("Not done")

    def __init__(
        self,
        detail: str = "",
        *,
        errors: list[FieldError] | None = None,
        paragraph: str = "",
    ) -> None:
        self.errors = errors or []
        self.detail = detail or " ".join(error.message for error in self.errors)
        self.paragraph = paragraph
        super().__init__(self.detail)


class Malformed(Refusal):
    """What was sent cannot be read as what the field holds."""

    status = 400
    title = _("Some answers cannot be read")


class Forbidden(Refusal):
    """Not you: somebody else may do this."""

    status = 403
    title = _("Not yours to do")


class NotNow(Refusal):
    """Not now: the record has not come to this, or is past it."""

    status = 409
    title = _("Not now")


class Stale(Refusal):
    """Somebody changed the record after you read it; both versions are still there."""

    status = 412
    title = _("Changed since you read it")

    def __init__(self, detail: str, *, yours: int | None = None, theirs: int | None = None) -> None:
        super().__init__(detail)
        self.yours, self.theirs = yours, theirs


class Incomplete(Refusal):
    """Well-formed, but something that the deed needs is missing; all of it is listed."""

    status = 422
    title = _("Something is still missing")


class VersionMissing(Refusal):
    """A change must name the version it was made on."""

    status = 428
    title = _("Name the version you read")

"""What looks like a request, to somebody, and what UN-CIMIC found of it (P30)."""

from dataclasses import dataclass

from approvals.models import LookAlikeFinding
from approvals.queries.records import SUBMITTED, visible_to
from missions.models import User
from requests_app.look_alikes import LookAlike, compared, look_alikes_of
from requests_app.models import AssistanceRequest


@dataclass(frozen=True)
class Weighed:
    """A look-alike and what was last found of it, or None."""

    alike: LookAlike
    finding: LookAlikeFinding | None


def weighed_look_alikes(person: User, rfa: AssistanceRequest) -> list[Weighed]:
    """List what looks like a request out of what a person may see, the likest first.

    What UN-CIMIC weighed is listed too, though it be less alike by now.
    """
    seen = visible_to(person).filter(SUBMITTED)
    alike = look_alikes_of(rfa, seen)
    findings = {
        finding.other_id: finding
        for finding in rfa.look_alike_findings.select_related("by", "post").order_by("at", "pk")
    }
    listed = {one.rfa.pk for one in alike}
    missing = [pk for pk in findings if pk not in listed]
    if missing:
        others = seen.filter(pk__in=missing).select_related("area", "organisation")
        alike += [compared(rfa, other) for other in others]
    return [Weighed(one, findings.get(one.rfa.pk)) for one in alike]

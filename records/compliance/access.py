"""Who reads compliance, and up to which classification."""

from django.utils.translation import gettext as _

from approvals.queries import looks_as_the_force
from common.verdict import YES, Verdict, not_you
from missions.models import User
from missions.queries import Standing, standings_of
from missions.vocabulary import Role

READERS = frozenset({Role.CHIEF_OF_STAFF, Role.CHIEF_CIMIC, Role.EVALUATOR, Role.SRSG, Role.DSRSG})


def reads_as(person: User) -> Standing | None:
    """Return the post as which a person reads compliance: of theirs, the one cleared highest.

    It is counted over the whole mission, so a post that sees less of it does not read it,
    nor does a delegation that is bounded to some routes. An officer of the force who stands in
    for such a post does not either: what is counted holds what is hidden from the force (P39).
    """
    found = [
        held
        for held in standings_of(person)
        if held.role in READERS and held.sees_the_mission and not looks_as_the_force(held)
    ]
    return max(found, key=lambda held: held.post.clearance) if found else None


def may_read_compliance(person: User) -> Verdict:
    """Let the Chief of Staff, the Chief UN-CIMIC, evaluators, the SRSG and the DSRSG read (G)."""
    if reads_as(person) is None:
        return not_you(
            _(
                "Compliance is for the Chief of Staff, the Chief UN-CIMIC, evaluators, the SRSG "
                "and the DSRSG/RC/HC."
            ),
            "G",
        )
    return YES

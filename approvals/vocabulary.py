"""The words for who decides."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from missions.vocabulary import Role


class SeatKind(models.TextChoices):
    """What a seat on a route is for."""

    REVIEW = "review", _("Review")
    ADVICE = "advice", _("Advice")
    CAPABILITY = "capability", _("Capability")
    BOARD = "board", _("Board")
    DECISION = "decision", _("Decision")
    TASKING = "tasking", _("Tasking")
    FINDING = "finding", _("Finding")


class SeatCondition(models.TextChoices):
    """When a seat is asked. A request's markers answer it at submission."""

    ALWAYS = "always", _("always")
    UNIT_ASKED = "unit_asked", _("a unit asked")
    HUMANITARIAN = "humanitarian", _("humanitarian bearing")
    COMMUNITY = "community", _("community support")
    QIP = "qip", _("a QIP")
    WORKS = "works", _("construction or engineering works")
    ASSETS = "assets", _("mission assets")
    PROTECTION = "protection", _("protection of civilians")
    PUBLIC_ORDER = "public_order", _("public order")
    SSR = "ssr", _("security sector reform")
    DDR = "ddr", _("disarmament, demobilisation, reintegration")
    DISASTER = "disaster", _("natural disaster")
    NOT_SSR = "not_ssr", _("no security sector reform")


class StepState(models.TextChoices):
    """Where a post's step on a route stands."""

    WAITING = "waiting", _("Waiting")
    OPEN = "open", _("Open")
    ANSWERED = "answered", _("Answered")
    LAPSED = "lapsed", _("Lapsed: no advice by the limit")
    SKIPPED = "skipped", _("Not asked")
    SUPERSEDED = "superseded", _("Superseded")


class Word(models.TextChoices):
    """What a step may be answered with."""

    FORWARD_RECOMMENDED = "forward_recommended", _("Forward, recommended")
    FORWARD_NOT_RECOMMENDED = "forward_not_recommended", _("Forward, not recommended")
    RETURN = "return", _("Return for information")
    SUPPORTS = "supports", _("Supports")
    CONCERNS = "concerns", _("Has concerns")
    OBJECTS = "objects", _("Objects")
    NO_VIEW = "no_view", _("No view")
    RESOURCEABLE = "resourceable", _("Can be resourced")
    RESOURCEABLE_WITH_CONDITIONS = (
        "resourceable_with_conditions",
        _("Can be resourced, with conditions"),
    )
    NOT_RESOURCEABLE = "not_resourceable", _("Cannot be resourced")
    RECOMMENDED = "recommended", _("Recommended")
    NOT_RECOMMENDED = "not_recommended", _("Not recommended")
    APPROVE = "approve", _("Approve")
    APPROVE_WITH_CONDITIONS = "approve_with_conditions", _("Approve with conditions")
    NOT_APPROVE = "not_approve", _("Do not approve")
    ACCEPT = "accept", _("Accept the task")
    CANNOT_EXECUTE = "cannot_execute", _("Cannot execute")
    ACKNOWLEDGE = "acknowledge", _("Acknowledge")
    HELD = "held", _("The exception held")
    NOT_HELD = "not_held", _("The exception did not hold")


WORDS: dict[str, tuple[Word, ...]] = {
    SeatKind.REVIEW: (Word.FORWARD_RECOMMENDED, Word.FORWARD_NOT_RECOMMENDED, Word.RETURN),
    SeatKind.ADVICE: (Word.SUPPORTS, Word.CONCERNS, Word.OBJECTS, Word.NO_VIEW),
    SeatKind.CAPABILITY: (
        Word.RESOURCEABLE,
        Word.RESOURCEABLE_WITH_CONDITIONS,
        Word.NOT_RESOURCEABLE,
    ),
    SeatKind.BOARD: (Word.RECOMMENDED, Word.NOT_RECOMMENDED),
    SeatKind.DECISION: (
        Word.APPROVE,
        Word.APPROVE_WITH_CONDITIONS,
        Word.NOT_APPROVE,
        Word.RETURN,
    ),
    SeatKind.TASKING: (Word.ACCEPT, Word.CANNOT_EXECUTE),
}
ACKNOWLEDGEMENT = (Word.ACKNOWLEDGE,)
FINDING = (Word.HELD, Word.NOT_HELD)

APPROVALS = frozenset({Word.APPROVE, Word.APPROVE_WITH_CONDITIONS})

# Words that mean nothing to whoever reads them years later without the reason.
NEEDS_REMARKS = frozenset(
    {
        Word.RETURN,
        Word.FORWARD_NOT_RECOMMENDED,
        Word.CONCERNS,
        Word.OBJECTS,
        Word.NOT_RESOURCEABLE,
        Word.NOT_RECOMMENDED,
        Word.NOT_APPROVE,
        Word.CANNOT_EXECUTE,
        Word.HELD,
        Word.NOT_HELD,
    }
)
NEEDS_CONDITIONS = frozenset({Word.APPROVE_WITH_CONDITIONS, Word.RESOURCEABLE_WITH_CONDITIONS})


class Grant(models.TextChoices):
    """What an answer opens the way to; a task's foreign keys rest on it."""

    NOTHING = "", _("nothing")
    APPROVAL = "approval", _("approval")
    CAPABILITY = "capability", _("capability answered")
    TASKING = "tasking", _("tasking accepted")


class Verified(models.TextChoices):
    """How UN-CIMIC verified the need (R22)."""

    ON_SITE = "on_site", _("On site")
    REPORTED = "reported", _("Reported only")
    NOT_VERIFIED = "not_verified", _("Not verified")


class ClusterPlan(models.TextChoices):
    """Whether the request fits the cluster's plan (P70)."""

    CONSISTENT = "consistent", _("Consistent")
    NOT_CONSISTENT = "not_consistent", _("Not consistent")
    NOT_COVERED = "not_covered", _("Not covered")


class Criterion(models.TextChoices):
    """The four criteria of the IASC guidance on armed escorts (2013), for P39."""

    NEED = "need", _("Humanitarian need and programme criticality")
    AUTHORITIES = "authorities", _("Responsible authorities unable or unwilling")
    SECURITY = "security", _("Safety and security")
    SUSTAINABILITY = "sustainability", _("Sustainability")


class ReferralOutcome(models.TextChoices):
    """How a referral ended at its level (P52)."""

    RESOLVED = "resolved", _("Resolved")
    PASSED_ON = "passed_on", _("Passed on to the SRSG")
    WITHDRAWN = "withdrawn", _("Withdrawn with the request")


class LookAlikeWord(models.TextChoices):
    """What a reviewer finds of a look-alike (P30)."""

    DUPLICATE = "duplicate", _("A duplicate")
    COMPLEMENTARY = "complementary", _("Complementary")
    DISTINCT = "distinct", _("Distinct")


class ReminderSort(models.TextChoices):
    """What a post is reminded of, and when its work goes up."""

    HALF = "half", _("Half the limit has passed")
    LIMIT = "limit", _("The limit has come")
    ESCALATED = "escalated", _("Late: the Chief of Staff is told")
    VACANT = "vacant", _("Nobody holds the post: the post above is told")


class Act(models.TextChoices):
    """What moves a record from one status to another."""

    SUBMIT = "submit", _("submit")
    CONSULT = "consult", _("put out to consultation")
    SEEK_DECISION = "seek_decision", _("put to decision")
    RETURN = "return", _("return")
    APPROVE = "approve", _("approve")
    NOT_APPROVE = "not_approve", _("refuse")
    WITHDRAW = "withdraw", _("withdraw")
    CANCEL = "cancel", _("cancel")
    START = "start", _("start")
    COMPLETE = "complete", _("complete")
    CLOSE = "close", _("close")
    ACKNOWLEDGE = "acknowledge", _("acknowledge")
    FIND_HELD = "find_held", _("find that the exception held")
    FIND_NOT_HELD = "find_not_held", _("find that the exception did not hold")


DECIDERS = frozenset({Role.DSRSG, Role.DSRSG_POLITICAL, Role.DESIGNATED_OFFICIAL})

"""Every row of the policy: its paragraph, what it says in short, what is counted, by whom.

A row counts records (``check``, over each) or something of the mission itself (``count``, over
the mission and a period). One that no record can show says why not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from approvals.invariants import answered, asked, never
from approvals.invariants.finding import Finding
from records.compliance import done, mission
from records.compliance.loading import Whole
from records.compliance.scope import Counted, Scope

Words = str | Promise


@dataclass(frozen=True)
class Row:
    """One row of the policy. ``part`` says what of it cannot be assessed, where some can."""

    code: str
    paragraph: str
    says: Words
    of: Words
    check: Callable[[Any], Finding | None] | None = None
    count: Callable[[Scope], Counted] | None = None
    why_not: Words = ""
    part: Words = ""

    @property
    def assessable(self) -> bool:
        return self.check is not None or self.count is not None


RECORDS = _("records")

ROWS: tuple[Row, ...] = (
    Row(
        "P15",
        "15",
        _("Information flows openly, with care for what is confidential"),
        RECORDS,
        check=asked.classified_with_care,
        part=_("Whether information was shared outside the system is not recorded."),
    ),
    Row(
        "P16",
        "16",
        _("Two types of civil assistance, either as a QIP, within the mission's capabilities"),
        RECORDS,
        check=done.assistance_within_capability,
    ),
    Row(
        "P18-21",
        "18–21",
        _("UN-CIMIC officers at Force Headquarters, in sectors and units: posts are held"),
        _("posts"),
        count=mission.posts_are_held,
    ),
    Row(
        "P20",
        "20",
        _("The mission's own structure and liaison matrix are set"),
        _("parts of the procedure"),
        count=mission.structure_is_set,
        part=_("Chapters on training, briefings and public information lie outside the system."),
    ),
    Row(
        "P28.1",
        "28.1",
        _("The DSRSG/RC/HC's office shares priorities for tasks that suit the military"),
        RECORDS,
        check=asked.priorities_were_shared,
    ),
    Row(
        "P28.2",
        "28.2",
        _("What is shared leaves out what the reader's clearance does not cover, on record"),
        _("exports"),
        count=mission.exports_are_recorded,
        part=_("What people share by other means is not recorded."),
    ),
    Row(
        "P30",
        "30",
        _("Every activity is approved by the DSRSG/RC/HC, whatever its funding or aim"),
        RECORDS,
        check=answered.approved_before_it_started,
        part=_("An activity that nobody records cannot be counted."),
    ),
    Row(
        "P31",
        "31",
        _("The mission's own process, co-signed and promulgated, within six months"),
        _("routes"),
        count=mission.processes_are_promulgated,
    ),
    Row(
        "P32",
        "32",
        _("UN-CMCoord advises on what bears on the humanitarian response"),
        RECORDS,
        check=answered.humanitarian_advice_was_sought,
    ),
    Row(
        "P33",
        "33",
        _("What contingents propose goes first to UN-CIMIC"),
        RECORDS,
        check=answered.contingents_go_first_to_un_cimic,
    ),
    Row(
        "P34",
        "34",
        _("Support is consistent with the mission's priorities"),
        RECORDS,
        check=asked.consistent_with_priorities,
    ),
    Row(
        "P34.review",
        "34",
        _("Priorities are set and reviewed by their day"),
        _("sets of priorities"),
        count=mission.priorities_are_reviewed,
    ),
    Row(
        "P35",
        "35",
        _("Humanitarian and development requests go through the mission's mechanism"),
        RECORDS,
        check=asked.through_the_missions_mechanism,
    ),
    Row(
        "P36",
        "36",
        _("DMS/CMS is consulted before a task is implemented"),
        RECORDS,
        check=done.mission_support_before_the_task,
    ),
    Row(
        "P37",
        "37",
        _("In a natural disaster the process is the same"),
        RECORDS,
        check=asked.same_process_in_a_disaster,
    ),
    Row(
        "P38",
        "38",
        _("Mission assets: is it appropriate, and can it be resourced"),
        RECORDS,
        check=answered.assets_are_answered_twice,
    ),
    Row(
        "P38.focal",
        "38",
        _("The focal point for assets is named and in place"),
        _("focal points"),
        count=mission.focal_point_is_known,
    ),
    Row(
        "P39",
        "39",
        _("Security for humanitarian actors goes through the Designated Official"),
        RECORDS,
        check=answered.security_by_the_designated_official,
    ),
    Row(
        "P40",
        "40",
        _("Help in extreme situations is reported, and the exception held"),
        RECORDS,
        check=answered.exception_was_found_on,
        part=_("“As soon as possible” has no number: the delay is shown, unit by unit."),
    ),
    Row(
        "P41",
        "41",
        _("Records are complete: when done; or why not, and what others delivered"),
        RECORDS,
        check=done.record_is_complete,
    ),
    Row(
        "P43-46",
        "43–46",
        _("Beneficiaries by sex and age; the gender adviser is asked"),
        RECORDS,
        check=asked.people_by_sex_and_age,
        part=_("Who serves in the force and as interpreters lies outside the system."),
    ),
    Row(
        "P47-49",
        "47–49",
        _("Near a displacement site, a request says its effect on the camp"),
        RECORDS,
        check=asked.says_its_effect_on_a_camp,
    ),
    Row(
        "P49",
        "49",
        _("Whoever takes over a post acknowledges a handover with its duties to protect"),
        _("changes of holder"),
        count=mission.posts_are_handed_over,
    ),
    Row(
        "P50",
        "50",
        _("Local people's complaints are answered within their limit"),
        _("complaints"),
        count=mission.complaints_are_answered,
        part=_("Access to mission premises is not recorded."),
    ),
    Row(
        "P52",
        "52",
        _("What cannot be resolved goes to the HOMC, then the SRSG; nothing is decided meanwhile"),
        RECORDS,
        check=answered.nothing_was_decided_while_referred,
    ),
    Row(
        "P54",
        "54",
        _("Guidance to contingents says that proposals are submitted for approval"),
        "",
        why_not=_(
            "The guidelines to troop contributors and the HOMC's directives are kept outside the "
            "system; its form names the paragraph wherever it asks."
        ),
    ),
    Row(
        "P68",
        "68",
        _(
            "Implementation is monitored: conditions ticked off, progress or visits recorded; "
            "drift in place, scope or actor goes back to coordination"
        ),
        RECORDS,
        check=done.implementation_was_followed,
    ),
    Row(
        "P70",
        "70",
        _("Consistent with the cluster plan"),
        RECORDS,
        check=answered.consistent_with_the_cluster_plan,
    ),
    Row(
        "R22",
        "R22",
        _("The review says how the need was verified (2022 revision)"),
        RECORDS,
        check=answered.verification_was_said,
        part=_("How prudently people liaise is not recorded."),
    ),
    Row(
        "G",
        "G",
        _("The Chief of Staff monitors; evaluators read, until a day"),
        _("appointments"),
        count=mission.somebody_monitors,
    ),
    Row(
        "N1",
        "30, 39, 40",
        _("No task starts without the competent authority's approval"),
        RECORDS,
        check=done.approved_before_any_start,
    ),
    Row(
        "N2",
        "36",
        _("No civil assistance or QIP task starts before DMS/CMS has answered"),
        RECORDS,
        check=done.mission_support_before_any_start,
    ),
    Row(
        "N3",
        "41",
        _("A refusal has a reason; a decision is superseded, never edited, before the start"),
        RECORDS,
        check=never.decisions_stand_as_given,
    ),
    Row(
        "N4",
        "41",
        _("The history of a record is only ever added to"),
        RECORDS,
        check=never.history_is_only_added_to,
    ),
    Row(
        "N5",
        "30",
        _("Nobody decides on what they asked for, nor in two seats of one request"),
        RECORDS,
        check=never.duties_are_separate,
    ),
    Row(
        "N6",
        "39",
        _("The force has no part in a humanitarian security request before the decision"),
        RECORDS,
        check=never.force_sees_it_after_the_decision,
        part=_("Who read it is not recorded; that it was hidden, and who acted, is."),
    ),
    Row(
        "N7",
        "41",
        _("Every decision names a person, the post held and the capacity"),
        RECORDS,
        check=never.decisions_name_who_gave_them,
    ),
)

BY_CODE = {row.code: row for row in ROWS}
OVER_RECORDS = tuple(row for row in ROWS if row.check is not None)


def findings_of(record: Whole) -> dict[str, Finding]:
    """Return what every row that applies to a record says of it."""
    found = {row.code: row.check(record) for row in OVER_RECORDS if row.check is not None}
    return {code: finding for code, finding in found.items() if finding is not None}

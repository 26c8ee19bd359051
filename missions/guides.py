"""What each post does here and how: the words of the help pages.

An errand is told once and stands in the guide of every post that has it. Its picture is taken
from the running system by ``make pictures``, never drawn by hand.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from missions.vocabulary import Role

Words = str | Promise
WIDE, PHONE = "wide", "phone"
SCREENS = {WIDE: (1000, 720), PHONE: (390, 760)}


@dataclass(frozen=True)
class Errand:
    """Something a post comes to do: its steps in order, and the paragraph that asks for it.

    ``shown_on`` is the screen its picture is taken on; empty for an errand without one.
    """

    code: str
    title: Words
    steps: tuple[Words, ...]
    paragraph: str = ""
    shown_on: str = ""

    @property
    def picture(self) -> str:
        """Return the static file that shows the page; empty for none."""
        return f"cimic/help/{self.code}.jpg" if self.shown_on else ""

    @property
    def screen(self) -> tuple[int, int]:
        """Return the width and height of the picture, in pixels."""
        return SCREENS[self.shown_on]


ASK = Errand(
    "ask",
    _("Ask for something"),
    (
        _("Choose New request, then the kind. A line beside each kind says how it travels."),
        _("Answer section by section. The draft saves itself; leave it and come back to it."),
        _(
            "Check your answers. What is still missing is listed, with the paragraph that asks for it."
        ),
        _("Submit. The next page says who has it now, and by when they must answer."),
        _(
            "If it comes back with a question, it stands first under My requests: change it, submit again."
        ),
    ),
    "30",
    WIDE,
)
ASK_AS_PARTNER = Errand(
    "ask-as-partner",
    _("Ask the mission for help"),
    (
        _(
            "Choose New request, then the kind: help for people, security for your work, a small project."
        ),
        _(
            "Say what is needed, where, for whom, and why nobody else can do it: force is a last resort."
        ),
        _("A security request goes to the Designated Official; the force does not see it before."),
        _("Check your answers and submit. Under My requests you see who has it, and by when."),
        _(
            "The decision and its reason come to you. If something went wrong, complain on the request's page."
        ),
    ),
    "38",
    WIDE,
)
REPORT = Errand(
    "report",
    _("Report an extreme situation"),
    (
        _(
            "Help first. Then open Extreme situations: the form has four questions and fits a phone."
        ),
        _("Say what harm was prevented, when, where, and what you did. The rest can follow."),
        _(
            "Mission Headquarters is told at once. How late the report came is shown, and blocks nothing."
        ),
        _("The Chief UN-CIMIC acknowledges it; DSRSG/RC/HC finds whether the exception held."),
    ),
    "40",
    PHONE,
)
REVIEW = Errand(
    "review",
    _("Review and forward"),
    (
        _("Open the inbox: the most urgent stands first, and says by when."),
        _("Read what is asked, how the need was verified, and the requests that look alike."),
        _(
            "Say whether you recommend it. A return, or a forward without recommendation, has a reason."
        ),
        _(
            "It goes on to the next posts at once. To change your mind, answer anew: both answers stay."
        ),
    ),
    "33",
    WIDE,
)
ADVISE = Errand(
    "advise",
    _("Give advice"),
    (
        _("Open the inbox and read the request. Others advise at the same time as you."),
        _("Support it, raise concerns, object, or say that you have no view; say why."),
        _("Say whether it fits the cluster's plan. Not covered is an answer too."),
        _("Silence past your limit is recorded as silence. The request goes on without you."),
    ),
    "36",
    WIDE,
)
CAPABILITY = Errand(
    "capability",
    _("Say whether it can be resourced"),
    (
        _("Open the inbox. Nothing starts before this post has answered, so it never lapses."),
        _("For mission assets answer both questions: is it appropriate, and can it be resourced."),
        _(
            "If only with conditions, write each on a line of its own: the unit ticks them off later."
        ),
    ),
    "38",
    WIDE,
)
BOARD = Errand(
    "board",
    _("Answer for the project review committee"),
    (
        _("Hold the meeting. The mission's quorum is shown beside the question."),
        _(
            "Name the members present, write the minutes, say whether the committee recommends the project."
        ),
        _("The recommendation stands beside the decision. It does not replace it."),
    ),
    "31",
)
PREPARE = Errand(
    "prepare",
    _("Prepare an answer"),
    (
        _("What waits on your principal is in your inbox too."),
        _("Put an answer ready, with its reason and conditions."),
        _(
            "Your principal gives it, changed or not. Only the giving counts; the history shows both."
        ),
    ),
)
DECIDE = Errand(
    "decide",
    _("Decide"),
    (
        _("Open the inbox: what waits for a decision, the most urgent first."),
        _(
            "One page shows what, where, for whom, the advice for and against, and what mission support says."
        ),
        _(
            "Approve, approve with conditions, or do not approve. A refusal and a return have a reason."
        ),
        _(
            "A decision is never undone. Until the task starts another may supersede it; both stay on record."
        ),
        _(
            "After a refusal UN-CIMIC follows the need until it is known whether somebody else met it."
        ),
    ),
    "33",
    WIDE,
)
DECIDE_SECURITY = Errand(
    "decide-security",
    _("Decide on a humanitarian actor's security"),
    (
        _("Open the inbox. UNDSS and UN-CMCoord have advised; the force has not seen the request."),
        _("Weigh the four criteria of the guidance one by one, each with its reason."),
        _(
            "Approve with a priority from 1 to 4, or do not approve. You may cite a standing policy."
        ),
        _("On approval, and not before, the force sees it and a unit is tasked."),
    ),
    "39",
    WIDE,
)
STANDING_POLICY = Errand(
    "standing-policy",
    _("Adopt a standing policy"),
    (
        _("Open Standing policies, and write what holds, from when, until when."),
        _("A later decision can cite it. Every decision is still one of its own."),
    ),
    "39",
)
TASK = Errand(
    "task",
    _("Task a unit"),
    (
        _("Open the inbox. What comes here has been approved by the competent authority."),
        _("Name the unit and its days, and accept. The unit sees the request from then on."),
        _("If no unit can, say so and why. The request stays approved; answer anew when one can."),
    ),
    "33",
    WIDE,
)
CARRY_OUT = Errand(
    "carry-out",
    _("Carry out and report"),
    (
        _(
            "Open the case. Start the task: the page says what is still lacking before it may start."
        ),
        _(
            "Tick off each condition, or say why it was not met. Report progress and visits, with photographs."
        ),
        _(
            "Complete it: who was helped, women and girls, men and boys, what it cost, and when it ended."
        ),
    ),
    "41",
    WIDE,
)
FOLLOW_UP = Errand(
    "follow-up",
    _("Follow what was refused, and close"),
    (
        _(
            "The register shows what is open after a refusal. Ask whether somebody else met the need."
        ),
        _("Record who delivered it and when, or that it was not delivered, and how you know."),
        _("Close what is completed. What paragraph 41 still lacks is listed."),
    ),
    "41",
)
SECURITY_REGISTRY = Errand(
    "register-security",
    _("Register a security request"),
    (
        _(
            "A humanitarian actor's request comes to you alone. Register it: it goes to UNDSS and UN-CMCoord."
        ),
        _(
            "The force's posts, your staff among them, see it only when the Designated Official has approved."
        ),
    ),
    "39",
)
PROCESSES = Errand(
    "processes",
    _("Write the mission's process"),
    (
        _("Open Processes. Begin with the process in force, or with the baseline."),
        _(
            "Add and order stages and seats. What breaks the policy is shown at once, with its paragraph."
        ),
        _(
            "The components comment. DSRSG/RC/HC and the Head of the Military Component sign the same text."
        ),
        _(
            "The SRSG promulgates it from a day. Requests under way keep the process they began with."
        ),
    ),
    "31",
    WIDE,
)
SIGN = Errand(
    "sign",
    _("Sign the mission's process"),
    (
        _("Open Processes, and read what differs from the version in force."),
        _("Sign. If a word changes afterwards, the signature no longer counts and is asked again."),
    ),
    "31",
)
PROMULGATE = Errand(
    "promulgate",
    _("Promulgate a process"),
    (
        _("Open Processes. Both signatures stand over the same text, or it cannot be promulgated."),
        _("Name the day from which it is in force. Requests under way keep theirs."),
    ),
    "31",
)
RESOLVE = Errand(
    "resolve",
    _("Resolve what is referred to you"),
    (
        _(
            "A party that disagrees may refer a request. It stands in your inbox; the decision waits."
        ),
        _("Say what you find and why. The deciding post then goes on, with its own time."),
    ),
    "52",
)
PRIORITIES = Errand(
    "priorities",
    _("Set the mission's priorities"),
    (
        _("Open Priorities. Write what comes first, where, and until when it is to be reviewed."),
        _("Each request then shows which priority it serves."),
    ),
    "34",
)
COMPLIANCE = Errand(
    "compliance",
    _("See what complied and what did not"),
    (
        _(
            "Open Compliance: each row of the policy, on how many records it applied, and the exceptions."
        ),
        _(
            "Choose a period, a sector, a kind. Open a row to read the records, and the entries that prove it."
        ),
        _("Take it with you as a PDF that prints and archives well."),
    ),
    "41",
    WIDE,
)
COMPLAINTS = Errand(
    "complaints",
    _("Answer complaints"),
    (
        _("Open Complaints. Who complained is known to those who handle it alone."),
        _("Answer with what was found and what was done."),
    ),
    "50",
)
PAY = Errand(
    "pay",
    _("Pay a project's instalments"),
    (
        _("When the project is approved, note the agreement with its partner."),
        _(
            "Record each instalment. The last waits for a visit; together they stay within what was approved."
        ),
    ),
    "31",
)
READ = Errand(
    "read",
    _("Read the register"),
    (
        _(
            "Open Register. Narrow it by words, kind, status, sector and days; the address keeps your choice."
        ),
        _(
            "Open a case: what was asked, the route with each answer, the task, the history in plain words."
        ),
        _("Export what is shown. Who exported what is an entry in the mission's history."),
    ),
    "41",
    WIDE,
)
ARCHIVE = Errand(
    "archive",
    _("Archive closed records"),
    (
        _("Find the closed records in the register, and open the case."),
        _("Pack it: record, history, files and a note on how to verify them, in one folder."),
        _("The checksum of the folder goes into the record's history."),
    ),
    "41",
)
HAND_OVER = Errand(
    "hand-over",
    _("Hand over your post"),
    (
        _("Open Handover: what the post owes, has promised, runs, and must not forget."),
        _("Write what the next one must know, and hand over. Your successor acknowledges it."),
        _(
            "Away for some days? Delegate, or have an officer-in-charge named. Decisions then name both."
        ),
    ),
    "49",
    WIDE,
)
ADMINISTER = Errand(
    "administer",
    _("Keep people and posts"),
    (
        _("Open Administration. Create posts, and appoint people to them from a day to a day."),
        _(
            "Nothing is deleted: end an appointment instead. Every change is an entry in the history."
        ),
    ),
)

# What each post does here in a line, in the order in which a request meets them; its errands.
GUIDES: dict[Role, tuple[Words, tuple[Errand, ...]]] = {
    Role.UNIT_CIMIC: (
        _("Asks for its unit; carries out; reports extreme situations"),
        (ASK, REPORT, CARRY_OUT),
    ),
    Role.SECTOR_CIMIC: (
        _("Reviews what its units ask; asks; follows its sector"),
        (ASK, REVIEW, REPORT, FOLLOW_UP, HAND_OVER),
    ),
    Role.PARTNER: (_("Asks; sees its own requests"), (ASK_AS_PARTNER,)),
    Role.CHIEF_CIMIC: (
        _("Reviews and forwards; keeps the register; closes"),
        (REVIEW, SECURITY_REGISTRY, READ, FOLLOW_UP, PROCESSES, HAND_OVER),
    ),
    Role.CIMIC_STAFF: (
        _("Prepares for the Chief; keeps the register"),
        (PREPARE, READ, FOLLOW_UP, HAND_OVER),
    ),
    Role.CMCOORD: (_("Advises on what has a humanitarian bearing"), (ADVISE, ASK, HAND_OVER)),
    Role.CIVIL_AFFAIRS: (_("Advises"), (ADVISE, ASK, HAND_OVER)),
    Role.GENDER: (_("Advises on women, girls and protection"), (ADVISE, ASK, HAND_OVER)),
    Role.HUMAN_RIGHTS: (_("Advises where protection is touched"), (ADVISE, ASK, HAND_OVER)),
    Role.UNPOL: (_("Advises where public order is touched"), (ADVISE, ASK, HAND_OVER)),
    Role.UNDSS: (_("Advises on humanitarian actors' security"), (ADVISE, HAND_OVER)),
    Role.QIP_MANAGER: (
        _("Advises on projects; pays their instalments"),
        (ADVISE, PAY, CARRY_OUT, HAND_OVER),
    ),
    Role.DMS: (_("Answers whether the mission can do it"), (CAPABILITY, HAND_OVER)),
    Role.CHIEF_OF_STAFF: (
        _("Chairs the project review committee; watches compliance"),
        (COMPLIANCE, BOARD, PRIORITIES, COMPLAINTS, HAND_OVER),
    ),
    Role.DSRSG_OFFICE: (_("Prepares the DSRSG's decisions"), (PREPARE, PRIORITIES, HAND_OVER)),
    Role.DSRSG: (
        _("Decides on civil assistance and projects"),
        (DECIDE, SIGN, PRIORITIES, HAND_OVER),
    ),
    Role.DSRSG_POLITICAL: (_("Decides on security sector reform"), (DECIDE, HAND_OVER)),
    Role.DESIGNATED_OFFICIAL: (
        _("Decides on humanitarian actors' security"),
        (DECIDE_SECURITY, STANDING_POLICY, HAND_OVER),
    ),
    Role.OPS: (_("Tasks a unit"), (TASK, HAND_OVER)),
    Role.HOMC: (_("Commands the force"), (SIGN, RESOLVE, READ, HAND_OVER)),
    Role.SRSG: (_("Heads the mission"), (PROMULGATE, RESOLVE, PRIORITIES, READ)),
    Role.EVALUATOR: (_("Reads, for the mission's evaluation"), (COMPLIANCE, READ)),
    Role.RECORDS_OFFICER: (_("Archives closed records"), (ARCHIVE, READ)),
    Role.ADMINISTRATOR: (_("Keeps missions, people and posts; decides nothing"), (ADMINISTER,)),
}
DOES: dict[Role, Words] = {role: does for role, (does, _errands) in GUIDES.items()}


def errands_of(roles: Iterable[Role]) -> list[Errand]:
    """List the errands of some posts, each once, in the order of the guides."""
    found = [errand for role in roles for errand in GUIDES[role][1]]
    return list(dict.fromkeys(found))

"""Which answers may be given on several requests at once, and which never."""

from django.utils.translation import gettext as _

from approvals.models import Step
from approvals.vocabulary import SeatKind, Word
from common.verdict import YES, Verdict, not_you
from missions.vocabulary import Role
from requests_app.vocabulary import Route

# The answers that say nothing which only the one request could be told. A refusal, a return,
# conditions and every decision need a reason of their own (P41); DMS/CMS weighs each (P36).
TOGETHER: dict[str, tuple[Word, ...]] = {
    SeatKind.ADVICE: (Word.SUPPORTS, Word.NO_VIEW),
    SeatKind.REVIEW: (Word.FORWARD_RECOMMENDED,),
    SeatKind.FINDING: (Word.ACKNOWLEDGE,),
}


def words_together(step: Step) -> list[Word]:
    """List the words that a step may be answered with together with others, if any."""
    return [word for word in TOGETHER.get(step.seat_kind, ()) if may_answer_together(step, word)]


def may_answer_together(step: Step, word: str) -> Verdict:
    """Let advice, acknowledgements and a review's forward be given on several at once.

    Never what needs its own reading: any decision (P30, P41), DMS/CMS's answer (P36, P38), the
    committee's and the tasking's; support of an escort for a humanitarian actor (P39); UN-CMCoord's
    support where a cluster's plan is to be answered on (P70); what the post's office put ready.
    """
    if word not in step.words:
        said = Word(word).label if word in Word.values else word
        return not_you(_("This step is not answered with “%(said)s”.") % {"said": said})
    if word not in TOGETHER.get(step.seat_kind, ()):
        return not_you(_("This answer needs reasons of its own: open the request."), "41")
    if getattr(step, "prepared", None) is not None:
        return not_you(_("An answer was put ready here: open it, and give it as yours."))
    if word == Word.SUPPORTS and step.rfa.route == Route.SECURITY_HUMANITARIAN:
        return not_you(_("Support of an escort is weighed request by request."), "39")
    if word == Word.SUPPORTS and step.role == Role.CMCOORD and step.rfa.cluster_id is not None:
        return not_you(_("Say of this one whether it fits the cluster's plan: open it."), "70")
    return YES

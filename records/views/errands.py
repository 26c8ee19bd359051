"""The errands on a record: for each deed its question, its form, its rule and what does it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from common.verdict import Verdict
from missions.models import User
from records import forms, policy, services
from requests_app.models import AssistanceRequest

PEOPLE = ("women", "men", "girls", "boys")

Said = dict[str, Any]
Do = Callable[[AssistanceRequest, User, Said], Any]


@dataclass(frozen=True)
class Errand:
    """One deed on a record: one question alone on a page, and the doing of it.

    ``label`` is the word on its button, ``done`` what is said afterwards, ``lead`` what it does.
    """

    title: Any
    form: type[Any]
    rule: Callable[[User, AssistanceRequest], Verdict]
    do: Do
    label: Any
    done: Any
    lead: Any = ""
    paragraph: str = ""
    at: str = "task"


def _complete(rfa: AssistanceRequest, actor: User, said: Said) -> None:
    services.complete(
        rfa=rfa,
        actor=actor,
        completed_on=said["completed_on"],
        result=said["result"],
        people={name: said[name] for name in PEOPLE},
        actual_cost=said["actual_cost"],
    )


def _condition(rfa: AssistanceRequest, actor: User, said: Said) -> None:
    services.tick_condition(rfa=rfa, actor=actor, **{**said, "met": said["met"] == "yes"})


def _deliver(rfa: AssistanceRequest, actor: User, said: Said) -> None:
    delivered = said["delivered"] == "yes"
    services.record_delivery(rfa=rfa, actor=actor, **{**said, "delivered": delivered})


def _plan(rfa: AssistanceRequest, actor: User, said: Said) -> None:
    services.plan(rfa=rfa, actor=actor, values=said)


def _visit(rfa: AssistanceRequest, actor: User, said: Said) -> None:
    uploads = said.pop("photos")
    services.record_visit(rfa=rfa, actor=actor, uploads=uploads, **said)


def _report_closing(rfa: AssistanceRequest, actor: User, said: Said) -> None:
    upload = said.pop("file")
    services.report_closing(rfa=rfa, actor=actor, upload=upload, **said)


def _by(service: Callable[..., Any]) -> Do:
    """Hand what a form read to the service of the same words."""

    def do(rfa: AssistanceRequest, actor: User, said: Said) -> None:
        service(rfa=rfa, actor=actor, **said)

    return do


ERRANDS: dict[str, Errand] = {
    "plan": Errand(
        _("Plan the task"),
        forms.PlanForm,
        policy.may_plan,
        _plan,
        _("Keep the plan"),
        _("The plan is kept."),
    ),
    "start": Errand(
        _("Start the task"),
        forms.StartForm,
        policy.may_start,
        _by(services.start),
        _("Start the task"),
        _("The task has started."),
    ),
    "progress": Errand(
        _("Report progress"),
        forms.ProgressForm,
        policy.may_report,
        _by(services.report_progress),
        _("Report"),
        _("Progress is on the record."),
    ),
    "visit": Errand(
        _("Record a visit"),
        forms.VisitForm,
        policy.may_watch,
        _visit,
        _("Record the visit"),
        _("The visit is on the record."),
        paragraph="68",
    ),
    "instalment": Errand(
        _("Record a payment"),
        forms.InstalmentForm,
        policy.may_pay,
        _by(services.pay_instalment),
        _("Record it"),
        _("The payment is on the record."),
        _("Under a signed agreement; the last instalment only after a visit."),
    ),
    "complete": Errand(
        _("Complete the task"),
        forms.CompleteForm,
        policy.may_report,
        _complete,
        _("Complete"),
        _("The task is completed. UN-CIMIC closes the record."),
    ),
    "condition": Errand(
        _("Check a condition"),
        forms.ConditionForm,
        policy.may_report,
        _condition,
        _("Record it"),
        _("The condition is checked."),
        paragraph="68",
    ),
    "unit": Errand(
        _("Put a further unit to work"),
        forms.UnitForm,
        policy.may_add_unit,
        _by(services.add_unit),
        _("Put it to work"),
        _("The unit is told, and sees the record."),
    ),
    "drift": Errand(
        _("Declare a change"),
        forms.DriftForm,
        policy.may_declare,
        _by(services.declare),
        _("Declare it and suspend the task"),
        _("The task is suspended: the change went back to coordination."),
        _(
            "What is no longer as it was approved goes back to coordination. The task is suspended "
            "until UN-CIMIC, and where that changes what was approved whoever approved it, has "
            "answered."
        ),
        "68",
    ),
    "answer-change": Errand(
        _("Answer the change"),
        forms.ChangeAnswerForm,
        policy.may_answer_change,
        _by(services.answer_change),
        _("Answer"),
        _("The change is answered."),
        paragraph="68",
    ),
    "amendment": Errand(
        _("Propose an amendment"),
        forms.AmendmentForm,
        policy.may_amend,
        _by(services.amend),
        _("Put it to whoever approved it"),
        _("The amendment waits for its approval; nothing of it holds before."),
        _("Another cost or end holds only once whoever approved the project has approved it."),
    ),
    "closing-report": Errand(
        _("Record the closing report"),
        forms.ClosingReportForm,
        policy.may_report_closing,
        _report_closing,
        _("Record it"),
        _("The closing report is on the record."),
    ),
    "refund": Errand(
        _("Record a refund"),
        forms.RefundForm,
        policy.may_refund,
        _by(services.receive_refund),
        _("Record it"),
        _("The refund is on the record."),
    ),
    "run": Errand(
        _("Record a run"),
        forms.RunForm,
        policy.may_run,
        _by(services.record_run),
        _("Record the run"),
        _("The run is on the record."),
        paragraph="41",
    ),
    "incident": Errand(
        _("Record an incident"),
        forms.IncidentForm,
        policy.may_watch,
        _by(services.record_incident),
        _("Record it"),
        _("The incident is on the record, and the Chief UN-CIMIC is told."),
        paragraph="41",
    ),
    "hand-back": Errand(
        _("Record what was handed back"),
        forms.HandBackForm,
        policy.may_hand_back,
        _by(services.hand_back),
        _("Record it"),
        _("What was handed back is on the record."),
        paragraph="38",
    ),
    "delivered-by-others": Errand(
        _("What became of the need?"),
        forms.DeliveryForm,
        policy.may_record_delivery,
        _deliver,
        _("Record it and close"),
        _("The follow-up is answered and the record closed."),
        paragraph="41",
    ),
    "follow-up": Errand(
        _("Note what was asked"),
        forms.FollowUpNoteForm,
        policy.may_record_delivery,
        _by(services.note_follow_up),
        _("Keep the note"),
        _("The note is kept; the next reminder waits its time from now."),
        paragraph="41",
        at="follow-up",
    ),
    "correction": Errand(
        _("Correct the record beside it"),
        forms.CorrectionForm,
        policy.may_correct,
        _by(services.correct),
        _("Put it beside the record"),
        _("The correction stands beside the record."),
        _("The record itself stays as it was closed; the correction is dated and names you."),
        "41",
        "corrections",
    ),
}
# What the page of a case offers of them under "More", in this order.
MORE = (
    "run",
    "incident",
    "hand-back",
    "unit",
    "closing-report",
    "refund",
    "amendment",
    "drift",
)


def offered(person: User, rfa: AssistanceRequest) -> list[dict[str, str]]:
    """List the further errands open to a person on a record now."""
    return [
        {"act": act, "title": str(ERRANDS[act].title)}
        for act in MORE
        if ERRANDS[act].rule(person, rfa)
    ]

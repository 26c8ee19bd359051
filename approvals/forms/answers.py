"""Reading a post's answer from a page: the words, and what each seat asks besides."""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from approvals.answering import LONGEST, LONGEST_NAME
from approvals.models import Step
from approvals.queries import standing_policies_on
from approvals.vocabulary import ClusterPlan, Criterion, SeatKind, Verified, Word
from common.errors import FieldError
from common.pages import text_of
from missions.models import Unit
from missions.vocabulary import Role

SHORT = 30
PLAIN_DETAILS = (
    "verified",
    "verified_by",
    "verified_on",
    "cluster_plan",
    "minutes",
    "unit",
    "start_on",
    "end_on",
    "standing_policy",
)
YES_NO = [("yes", _("Yes")), ("no", _("No"))]

QUESTION_OF = {
    SeatKind.REVIEW: _("Your review"),
    SeatKind.ADVICE: _("Your advice"),
    SeatKind.CAPABILITY: _("Can the mission do it?"),
    SeatKind.BOARD: _("The committee's recommendation"),
    SeatKind.DECISION: _("Your decision"),
    SeatKind.TASKING: _("The task"),
    SeatKind.FINDING: _("Your finding"),
}

PARAGRAPHS = {
    SeatKind.REVIEW: "33",
    SeatKind.ADVICE: "32",
    SeatKind.CAPABILITY: "36",
    SeatKind.BOARD: "16",
    SeatKind.DECISION: "30",
    SeatKind.TASKING: "31",
    SeatKind.FINDING: "40",
}


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def _choice(label: Any, choices: Any, help_text: Any = "") -> forms.ChoiceField:
    field = forms.ChoiceField(
        label=label,
        choices=choices,
        required=False,
        widget=forms.RadioSelect,
        help_text=help_text,
    )
    field.across = sum(len(str(label)) for _code, label in choices) < SHORT  # type: ignore[attr-defined]
    return field


def _text(label: Any, rows: int, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label,
        required=False,
        max_length=LONGEST,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows}),
    )


def _day(label: Any) -> forms.CharField:
    return forms.CharField(
        label=label, required=False, widget=forms.DateInput(attrs={"type": "date"})
    )


class AnswerForm(forms.Form):
    """What a post says at its step. It reads; ``approvals.answering`` judges."""

    def __init__(self, step: Step, data: Any = None, **more: Any) -> None:
        self.step = step
        super().__init__(data, **more)
        fields = self.fields
        fields["revision"] = forms.CharField(
            widget=forms.HiddenInput, required=False, initial=step.rfa.revision
        )
        fields["answer"] = _choice(
            QUESTION_OF[SeatKind(step.seat_kind)], [(word.value, word.label) for word in step.words]
        )
        fields["answer"].paragraph = PARAGRAPHS[SeatKind(step.seat_kind)]  # type: ignore[attr-defined]
        self._ask_the_seat()
        fields["remarks"] = _text(
            _("Reasons and remarks"), 3, _("The requester and the other posts read them.")
        )
        if {Word.APPROVE_WITH_CONDITIONS, Word.RESOURCEABLE_WITH_CONDITIONS} & set(step.words):
            fields["conditions"] = _text(
                _("Conditions"), 2, _("One a line; each is ticked off while the task goes on.")
            )
            fields["conditions"].paragraph = "68"  # type: ignore[attr-defined]

    def _ask_the_seat(self) -> None:
        fields, step = self.fields, self.step
        match step.seat_kind:
            case SeatKind.REVIEW:
                fields["verified"] = _choice(_("How was the need verified?"), Verified.choices)
                fields["verified_by"] = forms.CharField(
                    label=_("Verified by, if known"), required=False, max_length=LONGEST_NAME
                )
                fields["verified_on"] = _day(_("Verified on, if known"))
            case SeatKind.ADVICE:
                fields["cluster_plan"] = _choice(
                    _("Does it fit the cluster's plan?"), ClusterPlan.choices
                )
                fields["cluster_plan"].paragraph = "70"  # type: ignore[attr-defined]
            case SeatKind.CAPABILITY if step.rfa.assets.exists():
                fields["appropriate"] = _choice(_("Is it appropriate to lend them?"), YES_NO)
                fields["resourceable"] = _choice(_("Can it be resourced?"), YES_NO)
                for name in ("appropriate", "resourceable"):
                    fields[name].paragraph = "38"  # type: ignore[attr-defined]
            case SeatKind.BOARD:
                quorum = step.rfa.mission.board_quorum
                fields["members"] = _text(
                    _("Members present"),
                    3,
                    format_lazy(_("One a line; at least {quorum}."), quorum=quorum),
                )
                fields["minutes"] = _text(_("Minutes: what was weighed"), 4)
            case SeatKind.DECISION if step.role == Role.DESIGNATED_OFFICIAL:
                for criterion in Criterion:
                    fields[f"{criterion}_met"] = _choice(criterion.label, YES_NO)
                    fields[f"{criterion}_met"].paragraph = "39"  # type: ignore[attr-defined]
                    fields[f"{criterion}_reason"] = forms.CharField(
                        label=format_lazy(_("{criterion}: why"), criterion=criterion.label),
                        required=False,
                        max_length=1000,
                    )
                standing = standing_policies_on(step.rfa.mission)
                fields["standing_policy"] = forms.ChoiceField(
                    label=_("Standing policy it rests on, if any"),
                    required=False,
                    choices=[("", _("None")), *((one.code, str(one)) for one in standing)],
                )
                fields["standing_policy"].paragraph = "39"  # type: ignore[attr-defined]
                fields["priority"] = _choice(
                    _("Priority"), [(str(n), str(n)) for n in range(1, 5)], _("1 goes first.")
                )
            case SeatKind.TASKING:
                units = Unit.objects.filter(mission=step.rfa.mission_id)
                fields["unit"] = forms.ChoiceField(
                    label=_("Unit"),
                    required=False,
                    choices=[("", _("Choose")), *((u.code, u.name) for u in units)],
                )
                for name, label in (("start_on", _("First day")), ("end_on", _("Last day"))):
                    fields[name] = _day(label)

    def typed(self) -> dict[str, Any]:
        """Return what was typed, as the answering services take it."""
        said = {name: text_of(self.data, name) for name in self.fields}
        details: dict[str, Any] = {name: said[name] for name in PLAIN_DETAILS if said.get(name)}
        for name in ("appropriate", "resourceable"):
            if said.get(name) in {"yes", "no"}:
                details[name] = said[name] == "yes"
        if said.get("members"):
            details["members"] = _lines(said["members"])
        if said.get("priority", "").isdigit():
            details["priority"] = int(said["priority"])
        criteria = {
            str(criterion.value): {
                "met": said[f"{criterion}_met"] == "yes",
                "reason": said[f"{criterion}_reason"],
            }
            for criterion in Criterion
            if said.get(f"{criterion}_met") in {"yes", "no"}
        }
        if criteria:
            details["criteria"] = criteria
        return {
            "word": said["answer"],
            "revision": said["revision"],
            "remarks": said["remarks"],
            "conditions": _lines(said.get("conditions", "")),
            "details": details,
        }

    def unrecorded(self) -> list[dict[str, str]]:
        """List what was typed, in the page's words, for who cannot give this answer any more."""
        told = []
        for name, field in self.fields.items():
            said = text_of(self.data, name).strip()
            if said and not isinstance(field.widget, forms.HiddenInput):
                words = dict(getattr(field, "choices", ())).get(said, said)
                told.append({"label": str(field.label), "value": str(words)})
        return told

    def show(self, errors: list[FieldError]) -> dict[str, str]:
        """Put refusals at their boxes; return the box of each error's field."""
        self.full_clean()
        ids = {}
        for error in errors:
            name = self._box_of(error.field)
            if name:
                ids[error.field] = self[name].auto_id
                self.add_error(name, error.message)
        return ids

    def _box_of(self, field: str) -> str:
        name = field.removeprefix("details.")
        if name.startswith("criteria."):
            parts = name.split(".")
            name = f"{parts[1]}_{parts[2] if len(parts) > 2 else 'met'}"
        return name if name in self.fields else ""


def initial_of(given: Any) -> dict[str, Any]:
    """Return a given or prepared answer as the form shows it again."""
    details = given.details or {}
    initial: dict[str, Any] = {
        "answer": given.answer,
        "remarks": given.remarks,
        "conditions": "\n".join(given.conditions),
        **{name: details[name] for name in PLAIN_DETAILS if name in details},
    }
    for name in ("appropriate", "resourceable"):
        if name in details:
            initial[name] = "yes" if details[name] else "no"
    if "members" in details:
        initial["members"] = "\n".join(details["members"])
    if "priority" in details:
        initial["priority"] = str(details["priority"])
    for name, weighed in (details.get("criteria") or {}).items():
        initial[f"{name}_met"] = "yes" if weighed.get("met") else "no"
        initial[f"{name}_reason"] = weighed.get("reason", "")
    return initial


class ReasonForm(forms.Form):
    """A deed's reason."""

    reason = forms.CharField(
        label=_("Reason"), max_length=LONGEST, widget=forms.Textarea(attrs={"rows": 3})
    )

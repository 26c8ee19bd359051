"""Doing one deed of a story, through the services alone."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from django.core.files.uploadedfile import SimpleUploadedFile

from approvals import services as approvals
from approvals.models import Step
from approvals.vocabulary import SeatKind, StepState, Word
from cimic.demo.papers import location_sketch, site_report
from cimic.demo.stories import Deed, Story
from cimic.demo.world import World
from common.clock import now
from missions.calendar import local_day
from missions.models import Unit, User
from missions.queries import standing_in
from records import services as records
from requests_app.forms import DraftForm, ExtremeSituationForm
from requests_app.models import AssistanceRequest
from requests_app.services import start_draft
from requests_app.vocabulary import Kind

NAMESPACE = UUID("5f2b4f06-5d0a-4d0c-9a59-1f6f0d1e7c11")
# Details that are the answer's own parts rather than what its seat asks.
APART = frozenset({"conditions", "unit", "start_in", "end_in"})


@dataclass
class Scene:
    """The mission while its past is being told: who is there and which records are open."""

    world: World
    seed: int
    ids: dict[str, UUID] = field(default_factory=dict)

    def person(self, account: str) -> User:
        return self.world.people[account]

    def record(self, story: Story) -> AssistanceRequest:
        return AssistanceRequest.objects.get(pk=self.ids[story.key])


def begin(scene: Scene, story: Story) -> None:
    """Draft a request, or report an extreme situation, as the form takes it in."""
    actor, mission = scene.person(story.by), scene.world.mission
    request_id = uuid5(NAMESPACE, f"{scene.seed}:{story.key}")
    said = story.answers(now())
    if story.kind == Kind.EXTREME_SITUATION:
        said["action_taken"] = said.pop("description")
        said["harm"] = story.harm
        said["acted_at"] = now() - dt.timedelta(hours=story.acted_before)
        rfa = approvals.report_extreme_situation(
            actor=actor, values=ExtremeSituationForm(mission, said).values(), request_id=request_id
        )
    else:
        rfa = start_draft(
            actor=actor,
            kind=story.kind,
            values=DraftForm(story.kind, mission, said).values(),
            request_id=request_id,
        )
    scene.ids[story.key] = rfa.pk


def do(scene: Scene, story: Story, deed: Deed) -> None:
    """Do one deed as its account. Whatever the services refuse is raised as it is."""
    rfa = scene.record(story)
    act = ACTS.get(deed.act, _answer if deed.act in Word.values else None)
    if act is None:
        raise ValueError(f"{story.key}: nobody knows how to {deed.act}.")
    act(scene, rfa, deed)


def _again(rfa: AssistanceRequest) -> AssistanceRequest:
    """Read a record again after a deed on it."""
    return AssistanceRequest.objects.get(pk=rfa.pk)


def _step_for(rfa: AssistanceRequest, actor: User, word: str) -> Step:
    """Return the open step that this person answers with this word."""
    steps = rfa.steps.filter(state=StepState.OPEN).select_related("rfa", "post").order_by("pk")
    for step in steps:
        if word in step.words and standing_in(actor, step.post_id):
            return step
    waiting = ", ".join(step.seat for step in steps) or "nothing"
    raise ValueError(f"{rfa.title}: {actor.username} cannot say {word}; {waiting} is open.")


def _details(rfa: AssistanceRequest, step: Step, said: dict[str, Any]) -> dict[str, Any]:
    """Return what the seat asks for besides words: days counted from today, criteria by name."""
    details = {name: value for name, value in said.items() if name not in APART}
    if step.seat_kind == SeatKind.TASKING and "unit" in said:
        details["unit"] = said["unit"]
        for name, question in (("start_in", "start_on"), ("end_in", "end_on")):
            details[question] = (local_day(rfa.mission) + dt.timedelta(days=said[name])).isoformat()
    if step.seat_kind == SeatKind.CAPABILITY and rfa.assets.exists():
        details.setdefault("appropriate", True)
        details.setdefault("resourceable", True)
    if "criteria" in details:
        details["criteria"] = {
            name: {"met": met, "reason": reason}
            for name, (met, reason) in details["criteria"].items()
        }
    return details


def _answer(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    actor = scene.person(deed.account)
    step = _step_for(rfa, actor, deed.act)
    approvals.answer(
        step=step,
        actor=actor,
        word=deed.act,
        revision=rfa.revision,
        remarks=deed.words,
        conditions=deed.details.get("conditions"),
        details=_details(rfa, step, deed.details),
    )


def _prepare(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    actor = scene.person(deed.account)
    post = scene.world.posts[deed.account].office_of
    step = rfa.steps.select_related("rfa", "post").get(state=StepState.OPEN, post=post)
    approvals.prepare(
        step=step,
        actor=actor,
        word=deed.details["answer"],
        remarks=deed.words,
        conditions=deed.details.get("conditions"),
        details={},
    )


def _submit(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    approvals.submit(rfa=rfa, actor=scene.person(deed.account))


def _change(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    form = DraftForm(rfa.kind, scene.world.mission, deed.details)
    approvals.change(
        rfa=rfa, actor=scene.person(deed.account), values=form.values(), version=rfa.version
    )


def _withdraw(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    approvals.withdraw(rfa=rfa, actor=scene.person(deed.account), reason=deed.words)


def _cancel(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    approvals.cancel(rfa=rfa, actor=scene.person(deed.account), reason=deed.words)


def _message(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    approvals.say(rfa=rfa, actor=scene.person(deed.account), text=deed.words)


def _note(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    approvals.say(rfa=rfa, actor=scene.person(deed.account), text=deed.words, internal=True)


def _attach(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    actor = scene.person(deed.account)
    if deed.details["paper"] == "sketch" and rfa.area and rfa.longitude and rfa.latitude:
        name, content = (
            f"{rfa.reference}-sketch.png",
            location_sketch(rfa.area, rfa.longitude, rfa.latitude),
        )
    else:
        name, content = (
            f"{rfa.reference}-report.txt",
            site_report(rfa.title, rfa.place, actor.name, rfa.description),
        )
    approvals.attach(
        rfa=rfa, actor=actor, upload=SimpleUploadedFile(name, content), caption=deed.words
    )


def _agree(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    records.plan(
        rfa=rfa,
        actor=scene.person(deed.account),
        values={"agreement_signed_on": local_day(rfa.mission), "agreement_reference": deed.words},
    )


def _pay(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    records.pay_instalment(
        rfa=rfa,
        actor=scene.person(deed.account),
        amount=Decimal(deed.details["amount"]),
        paid_on=local_day(rfa.mission),
        evidence=deed.words,
        is_last=deed.details.get("last", False),
    )


def _start(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    actor = scene.person(deed.account)
    records.start(rfa=rfa, actor=actor)
    records.report_progress(rfa=_again(rfa), actor=actor, text=deed.words)


def _progress(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    records.report_progress(
        rfa=rfa,
        actor=scene.person(deed.account),
        text=deed.words,
        percent=deed.details.get("percent"),
    )


def _visit(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    """Record a visit; where the story says so with a picture, the sketch of the place."""
    uploads = []
    if deed.details.get("photo") and rfa.area and rfa.longitude and rfa.latitude:
        picture = location_sketch(rfa.area, rfa.longitude, rfa.latitude)
        uploads.append(SimpleUploadedFile(f"{rfa.reference}-visit.png", picture))
    records.record_visit(
        rfa=rfa,
        actor=scene.person(deed.account),
        visited_on=local_day(rfa.mission),
        findings=deed.words,
        uploads=uploads,
    )


def _put_to_work(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    unit = Unit.objects.get(mission=scene.world.mission, code__iexact=deed.details["unit"])
    records.add_unit(rfa=rfa, actor=scene.person(deed.account), unit=unit, work=deed.words)


def _drift(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    records.declare(
        rfa=rfa,
        actor=scene.person(deed.account),
        sorts=deed.details["changed"],
        what=deed.words,
        new_place=deed.details.get("place", ""),
    )


def _amend(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    cost, days = deed.details.get("cost"), deed.details.get("ends_in")
    records.amend(
        rfa=rfa,
        actor=scene.person(deed.account),
        reason=deed.words,
        new_cost=None if cost is None else Decimal(cost),
        new_end=None if days is None else local_day(rfa.mission) + dt.timedelta(days=days),
    )


def _answer_change(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    records.answer_change(
        rfa=rfa,
        actor=scene.person(deed.account),
        answer=deed.details["answer"],
        remarks=deed.words,
    )


def _closing_report(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    records.report_closing(
        rfa=rfa,
        actor=scene.person(deed.account),
        received_on=local_day(rfa.mission),
        text=deed.words,
        spent=Decimal(deed.details["spent"]),
    )


def _run(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    said = deed.details
    records.record_run(
        rfa=rfa,
        actor=scene.person(deed.account),
        ran_on=local_day(rfa.mission),
        origin=said["origin"],
        destination=said["destination"],
        vehicles=said["vehicles"],
        outcome=said.get("outcome", "arrived"),
        remarks=deed.words,
    )


def _incident(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    records.record_incident(
        rfa=rfa,
        actor=scene.person(deed.account),
        happened_on=local_day(rfa.mission),
        what=deed.words,
        action_taken=deed.details["done"],
        place=deed.details.get("place", ""),
        run=deed.details.get("run"),
    )


def _hand_back(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    records.hand_back(
        rfa=rfa,
        actor=scene.person(deed.account),
        line=deed.details.get("line", 1),
        quantity=deed.details.get("quantity", 1),
        returned_on=local_day(rfa.mission),
        condition=deed.details["condition"],
        note=deed.words,
    )


def _note_follow_up(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    records.note_follow_up(rfa=rfa, actor=scene.person(deed.account), text=deed.words)


def _correct(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    records.correct(
        rfa=rfa,
        actor=scene.person(deed.account),
        field=deed.details["field"],
        right=deed.details["right"],
        why=deed.words,
    )


def _complete(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    """Tick each condition off, or say why it was not met, then report the end (P41, P68)."""
    actor = scene.person(deed.account)
    not_met = deed.details.get("not_met", {})
    for number, condition in enumerate(records.conditions_of(rfa), start=1):
        records.tick_condition(
            rfa=rfa,
            actor=actor,
            answer=condition["answer"],
            number=condition["number"],
            met=str(number) not in not_met,
            remark=not_met.get(str(number), ""),
        )
    reached = deed.details.get("people")
    cost = deed.details.get("cost")
    records.complete(
        rfa=_again(rfa),
        actor=actor,
        result=deed.words,
        people=(
            dict(zip(("women", "men", "girls", "boys"), reached, strict=True)) if reached else None
        ),
        actual_cost=None if cost is None else Decimal(str(cost)),
    )


def _delivered(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    said = deed.details
    delivered_on = None
    if said["delivered"] and rfa.decided_at:
        days = dt.timedelta(days=said["delivered_in_days"])
        delivered_on = local_day(rfa.mission, rfa.decided_at) + days
    records.record_delivery(
        rfa=rfa,
        actor=scene.person(deed.account),
        delivered=said["delivered"],
        organisation=said.get("organisation", ""),
        delivered_on=delivered_on,
        source=deed.words,
    )


def _close(scene: Scene, rfa: AssistanceRequest, deed: Deed) -> None:
    """Say what is to be remembered, then close: nothing is added to a closed record."""
    _message(scene, rfa, deed)
    records.close(rfa=_again(rfa), actor=scene.person(deed.account))


ACTS: dict[str, Callable[[Scene, AssistanceRequest, Deed], None]] = {
    "submit": _submit,
    "change": _change,
    "withdraw": _withdraw,
    "cancel": _cancel,
    "message": _message,
    "note": _note,
    "attach": _attach,
    "prepare": _prepare,
    "agree": _agree,
    "pay": _pay,
    "start": _start,
    "progress": _progress,
    "visit": _visit,
    "unit": _put_to_work,
    "drift": _drift,
    "amend": _amend,
    "answer_change": _answer_change,
    "closing_report": _closing_report,
    "run": _run,
    "incident": _incident,
    "hand_back": _hand_back,
    "ask_about": _note_follow_up,
    "correct": _correct,
    "complete": _complete,
    "delivered": _delivered,
    "close": _close,
}

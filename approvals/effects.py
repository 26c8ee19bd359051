"""What an answer does to the record: one small function for each effect."""

from approvals.models import Step
from approvals.moves import after
from approvals.routing import ask_again, next_stage, reopen_after, rest
from approvals.vocabulary import Act, Grant, StepState, Word
from common.clock import now
from missions.models import Unit
from requests_app.models import AssistanceRequest
from requests_app.vocabulary import Route, Status


def _return(rfa: AssistanceRequest, step: Step) -> list[Step]:
    rfa.status = after(rfa.status, Act.RETURN)
    paused = rest(rfa, step.stage)
    ask_again(step)
    return paused


def _approve(rfa: AssistanceRequest, step: Step) -> list[Step]:
    was_refused = rfa.status == Status.NOT_APPROVED
    rfa.status = after(rfa.status, Act.APPROVE)
    rfa.decided_at = now()
    rfa.hidden_from_force = False
    if was_refused:
        reopen_after(step)
    return next_stage(rfa)


def _refuse(rfa: AssistanceRequest, step: Step) -> list[Step]:
    rfa.status = after(rfa.status, Act.NOT_APPROVE)
    rfa.decided_at = now()
    rfa.tasked_unit = None
    rfa.hidden_from_force = rfa.route == Route.SECURITY_HUMANITARIAN
    rfa.steps.filter(stage__gt=step.stage).exclude(state=StepState.SKIPPED).update(
        state=StepState.SUPERSEDED, current=None, current_grants=Grant.NOTHING
    )
    return []


def _accept_task(rfa: AssistanceRequest, step: Step) -> list[Step]:
    rfa.tasked_unit = Unit.objects.get(
        mission=rfa.mission_id,
        code=step.current.details["unit"],  # type: ignore[union-attr]
    )
    if rfa.route == Route.SECURITY_MISSION:
        rfa.status = after(rfa.status, Act.APPROVE)
        rfa.decided_at = now()
    return []


def _cannot_execute(rfa: AssistanceRequest, step: Step) -> list[Step]:
    """For a mission component that is the refusal; otherwise UN-CIMIC finds another unit."""
    rfa.tasked_unit = None
    return _refuse(rfa, step) if rfa.route == Route.SECURITY_MISSION else []


def _find(rfa: AssistanceRequest, act: Act) -> list[Step]:
    rfa.status = after(rfa.status, act)
    if act != Act.ACKNOWLEDGE:
        rfa.decided_at = now()
    return next_stage(rfa)


def carry_on(rfa: AssistanceRequest, step: Step, word: Word) -> list[Step]:
    """Let an answer take effect on the record; return the steps it opened or paused."""
    match word:
        case Word.RETURN:
            return _return(rfa, step)
        case Word.APPROVE | Word.APPROVE_WITH_CONDITIONS:
            return _approve(rfa, step)
        case Word.NOT_APPROVE:
            return _refuse(rfa, step)
        case Word.ACCEPT:
            return _accept_task(rfa, step)
        case Word.CANNOT_EXECUTE:
            return _cannot_execute(rfa, step)
        case Word.ACKNOWLEDGE:
            return _find(rfa, Act.ACKNOWLEDGE)
        case Word.HELD:
            return _find(rfa, Act.FIND_HELD)
        case Word.NOT_HELD:
            return _find(rfa, Act.FIND_NOT_HELD)
    return next_stage(rfa)

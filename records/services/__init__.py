"""What happens together when a request is carried out, followed up, closed and corrected."""

from records.queries import conditions_of
from records.services.changes import amend, answer_change, declare
from records.services.closing import close, correct
from records.services.follow_up import note_follow_up, record_delivery, remind_of_follow_ups
from records.services.ground import hand_back, record_incident, record_run
from records.services.money import pay_instalment, receive_refund, report_closing
from records.services.recording import task_of
from records.services.tasks import (
    add_unit,
    complete,
    plan,
    record_visit,
    report_progress,
    start,
    tick_condition,
)

__all__ = [
    "add_unit",
    "amend",
    "answer_change",
    "close",
    "complete",
    "conditions_of",
    "correct",
    "declare",
    "hand_back",
    "note_follow_up",
    "pay_instalment",
    "plan",
    "receive_refund",
    "record_delivery",
    "record_incident",
    "record_run",
    "record_visit",
    "remind_of_follow_ups",
    "report_closing",
    "report_progress",
    "start",
    "task_of",
    "tick_condition",
]

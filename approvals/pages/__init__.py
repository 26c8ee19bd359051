"""What the pages of whoever decides show, made ready for their templates."""

from approvals.pages.beside import files_for_page, thread_for_page
from approvals.pages.records import (
    SAID,
    answers_for_page,
    capacity_label,
    extreme_facts_of,
    line_of,
    page_of_record,
    route_for_page,
    vacancies_of,
    waiting_for_page,
)

__all__ = [
    "SAID",
    "answers_for_page",
    "capacity_label",
    "extreme_facts_of",
    "files_for_page",
    "line_of",
    "page_of_record",
    "route_for_page",
    "thread_for_page",
    "vacancies_of",
    "waiting_for_page",
]

"""The form as pages draw it and read it back, and the answers as pages show them."""

from requests_app.pages.boxes import (
    differences,
    ids_of,
    named,
    organisations_of,
    page_form,
    places_of,
    read_post,
)
from requests_app.pages.reading import LABELS, PEOPLE, answers_of, details_of, people, where
from requests_app.pages.sections import progress_of, sections_of
from requests_app.pages.starting import LEADS, initial_for

__all__ = [
    "LABELS",
    "LEADS",
    "PEOPLE",
    "answers_of",
    "details_of",
    "differences",
    "ids_of",
    "initial_for",
    "named",
    "organisations_of",
    "page_form",
    "people",
    "places_of",
    "progress_of",
    "read_post",
    "sections_of",
    "where",
]

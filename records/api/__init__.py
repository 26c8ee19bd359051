"""The API of records: what is asked, done and kept."""

from records.api.requests import (
    ACTS,
    ActView,
    AttachmentsView,
    ExtremeSituationsView,
    HistoryView,
    MessagesView,
    RequestsView,
    RequestView,
)

__all__ = [
    "ACTS",
    "ActView",
    "AttachmentsView",
    "ExtremeSituationsView",
    "HistoryView",
    "MessagesView",
    "RequestView",
    "RequestsView",
]

"""The API of records: what is asked, done and kept."""

from records.api.beside import AttachmentsView, AttachmentView, MessagesView
from records.api.requests import (
    ACTS,
    ActView,
    ExtremeSituationsView,
    HistoryView,
    RequestsView,
    RequestView,
)

__all__ = [
    "ACTS",
    "ActView",
    "AttachmentView",
    "AttachmentsView",
    "ExtremeSituationsView",
    "HistoryView",
    "MessagesView",
    "RequestView",
    "RequestsView",
]

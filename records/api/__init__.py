"""The API of records: what is asked, done and kept."""

from records.api.acts import ACTS, ActView
from records.api.beside import AttachmentsView, AttachmentView, MessagesView
from records.api.doing import DOING_VIEWS
from records.api.requests import (
    ExtremeSituationsView,
    HistoryView,
    RequestsView,
    RequestView,
)

__all__ = [
    "ACTS",
    "ActView",
    "AttachmentView",
    "DOING_VIEWS",
    "AttachmentsView",
    "ExtremeSituationsView",
    "HistoryView",
    "MessagesView",
    "RequestView",
    "RequestsView",
]

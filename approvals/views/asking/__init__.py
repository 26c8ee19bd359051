"""The requester's pages: my requests, the form, check your answers, submit, withdraw."""

from approvals.views.asking.autosave import AutosaveView, StartAutosaveView
from approvals.views.asking.beside import KeepFilesView, LooksLikeView, PlaceView
from approvals.views.asking.check import CheckView, SentView
from approvals.views.asking.ending import ReasonView
from approvals.views.asking.finding import found
from approvals.views.asking.form import EditView, StartView
from approvals.views.asking.mine import MineView

__all__ = [
    "AutosaveView",
    "CheckView",
    "EditView",
    "KeepFilesView",
    "LooksLikeView",
    "MineView",
    "PlaceView",
    "ReasonView",
    "SentView",
    "StartAutosaveView",
    "StartView",
    "found",
]

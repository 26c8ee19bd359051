"""A file is what its address says: what a client would rather have changes nothing."""

from typing import Any

from rest_framework.negotiation import BaseContentNegotiation


class WhateverIsAccepted(BaseContentNegotiation):
    """Answer with the one form there is, whatever is asked for."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        return renderers[0], renderers[0].media_type

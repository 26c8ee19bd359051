"""Room for calls, so that none has to ask the kernel for it (decision 57).

CPython lays the frames of nested calls into pieces of 16 KB. A call that does not fit into the
last piece gets a new one from the kernel and gives it back as it returns: where the templates of
a page come to lie at such an edge, each of their thousands of small calls costs two calls of the
kernel and the fault of a fresh page, ten times the call itself. A frame that claims to be large
is laid into a piece of its own, twice its size, and what is called from it into the rest of
that piece. What is claimed and not touched takes no memory.
"""

from collections.abc import Callable
from types import FunctionType
from typing import Any, cast

SLOTS = 65_000  # half a megabyte, so that as much is left: a thousand calls deep


def _called(function: Callable[..., Any], *given: Any) -> Any:
    return function(*given)


with_room = cast(
    "Callable[..., Any]",
    FunctionType(_called.__code__.replace(co_stacksize=SLOTS), globals(), "with_room"),
)
"""Call a function with what is given, with room for all that it calls; return what it returns."""

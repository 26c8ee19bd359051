"""CIMIC's own settings, with the floor's addresses beside its own and statements counted."""

from cimic.settings import *  # noqa: F403
from cimic.settings import MIDDLEWARE

ROOT_URLCONF = "bench.floor"
MIDDLEWARE = [*MIDDLEWARE, "bench.counting.CountingMiddleware"]

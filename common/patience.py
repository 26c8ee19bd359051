"""How long a list may take: a question that is too wide is refused, it does not hold a worker."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext as _

from common.errors import FieldError, Malformed

CANCELED = "57014"  # PostgreSQL's query_canceled


@contextmanager
def looking_up(words: str) -> Iterator[None]:
    """Read a list, within the seconds a search may take where words are looked up.

    ``CIMIC_SEARCH_SECONDS``; it holds for this transaction alone, so that a shared connection
    keeps nothing of it. Raises ``Malformed`` naming ``search`` when the time is over.
    """
    if not words:
        yield
        return
    most = int(settings.SEARCH_SECONDS * 1000)
    try:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SELECT set_config('statement_timeout', %s, true)", [str(most)])
            yield
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL statement_timeout TO DEFAULT")
    except OperationalError as error:
        if getattr(error.__cause__, "pgcode", None) != CANCELED:
            raise
        message = _(
            "These words take too long to look up: add a word, or a sector, a status or a day."
        )
        raise Malformed(errors=[FieldError("search", message)]) from error

"""What taking everything out as CSV costs beside PostgreSQL's own ``COPY``, in one run.

The ``COPY`` is of the very query that the export asks: the same columns, joins, masks, sight and
order, without guards against formulas, digest and records of it. Beside it the file streamed by
the web processes (``wait=1``), and the same as a job. Processor time of all who take part
together, since a busy machine does not bend it; and by the clock.
"""

import http.client
import time
from collections.abc import Callable
from statistics import median
from typing import Any

from django.db import connection
from django.http import QueryDict

from missions.models import User
from records.exports import jobs
from records.exports.asking import rows_to_leave
from records.exports.files import asked_of

WHO = "cos"
CSV = "/register.csv?wait=1"
RUNS = 3
PIECE = 1 << 18


class _Nowhere:
    """Where bytes are thrown away, counted."""

    size = 0

    def write(self, chunk: bytes) -> int:
        self.size += len(chunk)
        return len(chunk)


def _copied() -> int:
    rows, shape = rows_to_leave(User.objects.get(username=WHO), QueryDict(""), "csv")
    asked = asked_of(rows, shape, None, QueryDict(""))  # type: ignore[arg-type]
    sql, params = asked.sql(lambda column: column.expression)
    into = _Nowhere()
    with connection.cursor() as cursor:
        wrapped: Any = cursor.cursor
        query = wrapped.mogrify(sql, params).decode()
        wrapped.copy_expert(f"COPY ({query}) TO STDOUT WITH (FORMAT csv, HEADER)", into)
    return into.size


def _streamed(port: int, headers: dict[str, str]) -> tuple[int, float]:
    """Fetch all of it; return its size and how long the first byte took."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    began = time.perf_counter()
    line.request("GET", CSV, headers=headers)
    answer = line.getresponse()
    size = len(answer.read(1))
    first = time.perf_counter() - began
    if answer.status != 200:
        raise RuntimeError(f"{CSV}: {answer.status}")
    while piece := answer.read(PIECE):
        size += len(piece)
    line.close()
    return size, first


def _as_a_job() -> None:
    run = jobs.ask_for_file(actor=User.objects.get(username=WHO), form="csv", params=QueryDict(""))
    if jobs.sweep() < 1:
        raise RuntimeError("The job did not write its file.")
    jobs.file_of(run).unlink()


class _Meter:
    """The processor time and the clock that deeds took, of all who take part."""

    def __init__(self, spent: Callable[[], float]) -> None:
        self.spent = spent
        self.processor: list[float] = []
        self.clock: list[float] = []

    def __call__(self, deed: Callable[[], Any], *, ours: bool) -> Any:
        """Do it and count; ``ours`` counts this process too, where it is not merely a reader."""
        own, others, began = time.process_time(), self.spent(), time.perf_counter()
        found = deed()
        self.clock.append(time.perf_counter() - began)
        own = time.process_time() - own if ours else 0.0
        self.processor.append(self.spent() - others + own)
        return found


def left(port: int, headers: dict[str, str], spent: Callable[[], float]) -> dict[str, Any]:
    """Take everything out three times each way, in turns; return the figures."""
    copy, stream, job = _Meter(spent), _Meter(spent), _Meter(spent)
    firsts = []
    for _run in range(RUNS):
        copy(_copied, ours=True)
        size, first = stream(lambda: _streamed(port, headers), ours=False)
        firsts.append(first)
        job(_as_a_job, ours=True)
    least, clock = median(copy.processor), median(copy.clock)
    return {
        "csv_mb": round(size / 1e6, 1),
        "csv_copy_s": round(least, 2),
        "csv_times_copy": round(median(stream.processor) / least, 2),
        "csv_job_times_copy": round(median(job.processor) / least, 2),
        "csv_clock_times_copy": round(median(stream.clock) / clock, 2),
        "csv_job_clock_times_copy": round(median(job.clock) / clock, 2),
        "csv_first_byte_s": round(median(firsts), 3),
    }

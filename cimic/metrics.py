"""Figures for Prometheus: what the web processes counted, and what the database says is waiting.

Requests are counted by each process and added up (``PROMETHEUS_MULTIPROC_DIR``, which
``cimic/serving.py`` sets). What waits is asked of the database when it is scraped, so that it is
true whichever process answers.
"""

import os
import secrets
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector

REQUESTS = Counter("cimic_requests", "Requests answered.", ["method", "view", "status"])
SECONDS = Histogram(
    "cimic_request_seconds",
    "How long requests took.",
    ["view"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
METHODS = frozenset({"GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"})

# name: what it is, and the SQL that says it, with a label where it has one
FIGURES: dict[str, tuple[str, str, str]] = {
    "cimic_open_steps": (
        "Steps that wait for an answer, by kind of seat.",
        "seat_kind",
        "SELECT seat_kind, count(*) FROM approvals_step WHERE state = 'open' GROUP BY 1",
    ),
    "cimic_overdue_steps": (
        "Steps that wait past their limit.",
        "",
        "SELECT '', count(*) FROM approvals_step"
        " WHERE state = 'open' AND due_at < clock_timestamp()",
    ),
    "cimic_outbox_rows": (
        "Entries of the ledger that a listener was not told of yet.",
        "listener",
        "SELECT listener, count(*) FROM ledger_outboxrow WHERE done_at IS NULL GROUP BY 1",
    ),
    "cimic_outbox_age_seconds": (
        "The age of the oldest of them.",
        "listener",
        "SELECT row.listener, extract(epoch FROM clock_timestamp() - min(entry.recorded_at))"
        " FROM ledger_outboxrow row JOIN ledger_entry entry ON entry.id = row.entry_id"
        " WHERE row.done_at IS NULL GROUP BY 1",
    ),
    "cimic_letters_waiting": (
        "Letters that the mail server has not accepted yet.",
        "",
        "SELECT '', count(*) FROM notices_letter WHERE sent_at IS NULL",
    ),
    "cimic_letters_failing": (
        "Those of them that it refused at least once.",
        "",
        "SELECT '', count(*) FROM notices_letter WHERE sent_at IS NULL AND attempts > 0",
    ),
    "cimic_webhook_messages_waiting": (
        "Messages that webhooks have not accepted yet.",
        "",
        "SELECT '', count(*) FROM notices_webhookdelivery WHERE state = 'owed'",
    ),
    "cimic_webhooks_failing": (
        "Webhooks that fail now, or were stopped.",
        "",
        "SELECT '', count(*) FROM notices_webhook WHERE state = 'stopped'"
        " OR (state = 'active' AND failing_since IS NOT NULL)",
    ),
    "cimic_checkpoint_age_seconds": (
        "How long ago the ledger was last signed.",
        "",
        "SELECT '', extract(epoch FROM clock_timestamp() - max(made_at)) FROM ledger_checkpoint",
    ),
    "cimic_receipts_waiting": (
        "Receipts of the ledger that have not left the server.",
        "",
        "SELECT '', count(*) FROM ledger_witnessreceipt WHERE left_at IS NULL",
    ),
    "cimic_heartbeat_age_seconds": (
        "How long ago beat last had a worker say that both live.",
        "",
        "SELECT '', extract(epoch FROM clock_timestamp() - max(at)) FROM common_heartbeat",
    ),
}


def count_request(method: str, view: str, status: int, seconds: float) -> None:
    """Count an answer; by the view's name, since addresses are without number."""
    REQUESTS.labels(method if method in METHODS else "other", view, str(status)).inc()
    SECONDS.labels(view).observe(seconds)


class Waiting:
    """What waits, as the database says it now."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with connection.cursor() as cursor:
            for name, (told, label, sql) in FIGURES.items():
                family = GaugeMetricFamily(name, told, labels=[label] if label else [])
                cursor.execute(sql)
                for word, value in cursor.fetchall():
                    if value is not None:
                        family.add_metric([word] if label else [], float(value))
                yield family


def _counted() -> Any:
    registry = CollectorRegistry()
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry.register(REQUESTS)
        registry.register(SECONDS)
    registry.register(Waiting())
    return registry


def metrics(request: HttpRequest) -> HttpResponse:
    """Give the figures to whoever has the token; without a token set there is no such page."""
    said = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = settings.METRICS_TOKEN
    if not token or not secrets.compare_digest(said.encode(), token.encode()):
        raise Http404
    answer = HttpResponse(generate_latest(_counted()), content_type=CONTENT_TYPE_LATEST)
    answer["Cache-Control"] = "no-store"
    return answer

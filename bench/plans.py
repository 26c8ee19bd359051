"""The plans of what pages ask, kept in ``bench/plans``: the slowest statements of each."""

import re
from pathlib import Path
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

PLANS = Path(__file__).resolve().parent / "plans"
MOST = 2
DIGEST = re.compile(r"\b[0-9a-f]{64}\b")  # of a key to the API: nobody's business


def _analyzed(sql: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '60s'")
        try:
            cursor.execute("EXPLAIN (ANALYZE, BUFFERS, SETTINGS) " + sql)
            return "\n".join(line for (line,) in cursor.fetchall())
        finally:
            cursor.execute("RESET statement_timeout")


def keep_plans(name: str, client: Client, path: str, **headers: Any) -> str:
    """Ask a page in this process and keep the plans of its slowest statements; return these."""
    client.get(path, **headers)
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(path, **headers)
    reading = [one for one in asked.captured_queries if one["sql"].startswith("SELECT")]
    slowest = sorted(reading, key=lambda one: -float(one["time"]))[:MOST]
    parts = [f"{name}: {path} ({answer.status_code}, {len(asked)} statements)"]
    parts += [f"-- {one['time']} s\n{one['sql']};\n\n{_analyzed(one['sql'])}" for one in slowest]
    text = DIGEST.sub("…", "\n\n".join(parts)) + "\n"
    PLANS.mkdir(exist_ok=True)
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    (PLANS / f"{slug}.txt").write_text(text)
    return text

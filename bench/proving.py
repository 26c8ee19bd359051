"""How fast the ledger is proved: entries a second a core, and by the clock with every core.

What ``manage.py verify_ledger`` does, in this process: first alone, its processor time and that
of PostgreSQL's process for it together, since "a core" means both; then with a process a core.
"""

import os
import resource
import time
from typing import Any

from django.db import connection

from ledger.verification import Finding, verify


def _spent(backend: int) -> float:
    """Return the processor seconds of this process and of PostgreSQL's for it."""
    with open(f"/proc/{backend}/stat") as stat:
        theirs = stat.read().rsplit(")", 1)[1].split()
    return time.process_time() + (int(theirs[11]) + int(theirs[12])) / os.sysconf("SC_CLK_TCK")


def _holding(finding: Finding) -> Finding:
    if not finding.holds:
        raise RuntimeError("The ledger does not hold: nothing is measured on it.")
    return finding


def proved() -> dict[str, Any]:
    """Prove the whole ledger twice; return the figures."""
    connection.ensure_connection()
    raw: Any = connection.connection
    backend = raw.get_backend_pid()
    before = _spent(backend)
    finding = _holding(verify())
    alone = _spent(backend) - before
    processes = os.cpu_count() or 1
    began = time.perf_counter()
    _holding(verify(processes=processes))
    together = time.perf_counter() - began
    return {
        "proved_a_second_a_core": round(finding.entries / alone),
        "proved_a_second": round(finding.entries / together),
        "proving_processes": processes,
        "proving_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }

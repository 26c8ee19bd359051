"""How gunicorn serves: ``gunicorn -c python:cimic.serving cimic.wsgi``.

Processes for cores, threads for what waits on the database; each process is let go after some
thousand requests. A slow client holds none of them (``cimic/gathering.py``). Its own lines
have the form of all others, and it writes none per request: ``cimic/requests.py`` does,
without addresses.
"""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from cimic.logs import logging_for

bind = os.environ.get("CIMIC_BIND") or "127.0.0.1:8000"
workers = int(os.environ.get("CIMIC_WEB_PROCESSES") or 3)
threads = int(os.environ.get("CIMIC_WEB_THREADS") or 4)
preload_app = True  # the code is read once and shared; it changes with a new container alone
worker_class = "cimic.gathering.Worker"
timeout = 60
graceful_timeout = 20
max_requests, max_requests_jitter = 5000, 500
control_socket_disable = True
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108 - no disk
logconfig_dict: dict[str, Any] = {
    **logging_for(os.environ.get("CIMIC_LOG_FORMAT") or "json"),
    "loggers": {
        "gunicorn.error": {"level": "INFO", "handlers": ["console"], "propagate": False},
        "gunicorn.access": {"level": "CRITICAL", "propagate": False},
    },
}
# The counts of all processes, in memory where there is any; set before their library is read.
COUNTS = Path(tempfile.mkdtemp(prefix="cimic-counts-", dir=worker_tmp_dir))
os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(COUNTS)


def on_exit(server: Any) -> None:
    """Leave nothing behind."""
    shutil.rmtree(COUNTS, ignore_errors=True)

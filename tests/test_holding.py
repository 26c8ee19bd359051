"""A web process holds little: what only some deeds need is read by those (decision 56)."""

import json
import os
import subprocess
import sys

LARGEST_AT_START = 130  # MiB; pages add some 25, and 150 is what is claimed of it
SELDOM = {"typst", "openpyxl", "PIL", "faker", "pytest", "hypothesis", "schemathesis"}
LOOK = """
import gc, json, pathlib, sys
import cimic.wsgi
from django.db import connection
held = pathlib.Path("/proc/self/statm").read_text().split()[1]
print(json.dumps({
    "modules": sorted(sys.modules),
    "resident": int(held) * 4096 / 2**20,
    "frozen": gc.get_freeze_count(),
    "connected": connection.connection is not None,
}))
"""


def test_all_that_pages_need_is_read_before_gunicorn_parts_and_no_more(tmp_path):
    environment = os.environ | {
        "CIMIC_SECRET_KEY": "for this test alone",
        "CIMIC_DATA": str(tmp_path),
    }
    environment.pop("COVERAGE_PROCESS_START", None)
    said = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOOK],
        env=environment,
        capture_output=True,
        check=True,
        text=True,
    )
    found = json.loads(said.stdout)
    assert SELDOM.isdisjoint(found["modules"])
    assert "cimic.page_urls" in found["modules"]
    assert found["frozen"] > 100_000
    assert found["resident"] < LARGEST_AT_START
    assert not found["connected"], "a connection must not be shared by processes"

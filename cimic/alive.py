"""Whether the worker or beat of this container lives: ``python -m cimic.alive worker``.

Each touches a file as it goes round; one that hangs or lost its carrier does not. Without
Django, so that asking costs nothing.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

WORKER, BEAT = "worker", "beat"
LONGEST_SILENCE = 60.0


def _file(name: str) -> Path:
    folder = os.environ.get("CIMIC_ALIVE") or tempfile.gettempdir()
    return Path(folder) / f"cimic-{name}-alive"


def say(name: str) -> None:
    """Say that one lives now; a full disk stops nothing."""
    try:
        _file(name).touch()
    except OSError:
        return


def lives(name: str) -> bool:
    """Whether one has said so within the last minute."""
    try:
        return time.time() - _file(name).stat().st_mtime < LONGEST_SILENCE
    except OSError:
        return False


if __name__ == "__main__":
    raise SystemExit(0 if lives(sys.argv[1]) else 1)

"""PostgreSQL's own programs for dumping and restoring, of the server's own version."""

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from psycopg2.extensions import make_dsn

from cimic.backup.sealing import Unusable
from cimic.embedded.postgres import binary_folders
from cimic.embedded.processes import last_line

# pg_restore of these sets what older servers do not know (transaction_timeout).
NEEDS_ITS_OWN = 17


def _version(program: Path) -> int:
    """Return the major version of a program, or 0 where it does not run."""
    try:
        told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    except OSError:
        return 0
    found = re.search(r"(\d+)", told.stdout)
    return int(found[1]) if told.returncode == 0 and found else 0


def find_tool(name: str, server: int) -> Path:
    """Return a program fit for a server's major version: its own, or else the next newer one.

    Raises ``Unusable`` where none is fit.
    """
    folders = binary_folders()
    if shutil.which(name):
        folders.append(Path(str(shutil.which(name))).parent)
    found = {_version(folder / name): folder / name for folder in reversed(folders)}
    fit = [version for version in found if version >= server]
    if name == "pg_restore" and server < NEEDS_ITS_OWN:
        fit = [version for version in fit if version < NEEDS_ITS_OWN]
    if not fit:
        raise Unusable(
            f"The server is PostgreSQL {server} and no {name} here fits it: install "
            f"postgresql-client-{server}, or name a folder of its programs in CIMIC_PG_BIN."
        )
    return found[min(fit)]


def address_of(parameters: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """Return a database's address without its password, and an environment that has it.

    A password in an argument could be read by everybody on the machine.
    """
    known = {
        name: value
        for name, value in parameters.items()
        if name in {"host", "port", "user", "dbname", "connect_timeout"} or name.startswith("ssl")
    }
    environment = {**os.environ, "LC_ALL": "C"}
    if parameters.get("password"):
        environment["PGPASSWORD"] = str(parameters["password"])
    return make_dsn(**known), environment


@contextmanager
def running(
    words: list[str], environment: dict[str, str], **streams: Any
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a program; raise ``Unusable`` with what it said if it fails, end it if we fail."""
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(words, env=environment, stderr=said, cwd="/", **streams)
        ended_early = False
        try:
            yield process
            _close(process)
        except BrokenPipeError:
            ended_early = True
            _close(process)
        except BaseException:
            process.kill()
            _close(process)
            process.wait()
            raise
        if process.wait() or ended_early:
            raise Unusable(f"{Path(words[0]).name} failed: {_told(said)}")


def _close(process: "subprocess.Popen[bytes]") -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(BrokenPipeError):
                stream.close()


def _told(said: IO[bytes]) -> str:
    """Return the line that says what went wrong, of all that a program said."""
    said.seek(0)
    lines = said.read().decode(errors="replace").splitlines()
    errors = [line for line in lines if "error" in line.lower()]
    return errors[0].strip() if errors else last_line("\n".join(lines))

"""The services that a fresh machine lacks, private to the data folder."""

import atexit
import os
import signal
import sys

from cimic.embedded.folder import (
    Using,
    data_folder,
    load_env,
    secret_key,
    tell_signing_key,
)
from cimic.embedded.postgres import OWNER, SERVING, Server
from cimic.embedded.processes import Failed
from cimic.embedded.valkey import Carrier

__all__ = [
    "Carrier",
    "Failed",
    "Server",
    "Using",
    "data_folder",
    "ensure_services",
    "load_env",
    "secret_key",
    "tell_signing_key",
]


def ensure_services(*, owner: bool = False) -> None:
    """Have a command find its database: the one configured, or the folder's own.

    Without ``CIMIC_DATABASE_URL`` the embedded PostgreSQL is started unless it runs, and
    stopped when the last command that uses it ends. ``owner`` gives the command the
    owner's address too, as migrating needs. Raises ``SystemExit`` with one line if
    something is missing.
    """
    load_env()
    try:
        folder = data_folder()
        os.environ["CIMIC_DATA"] = str(folder)
        if os.environ.get("CIMIC_DATABASE_URL"):
            return
        os.environ.setdefault("CIMIC_SECRET_KEY", secret_key(folder))
        tell_signing_key(folder)
        server = Server(folder / "postgres")
        using = Using(folder)
        using.hold()
        atexit.register(_let_go, server, using)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        server.ensure()
    except Failed as failure:
        raise SystemExit(str(failure)) from failure
    os.environ["CIMIC_DATABASE_URL"] = server.url(SERVING)
    if owner:
        os.environ["CIMIC_OWNER_DATABASE_URL"] = server.url(OWNER)
    carrier = Carrier(folder / "valkey")
    if carrier.pid():
        os.environ.setdefault("CIMIC_REDIS_URL", carrier.url())


def _let_go(server: Server, using: Using) -> None:
    """Stop the server if nobody else uses it."""
    if using.is_last():
        server.stop()
    using.close()

"""The data folder: where it is, its lock, its secret."""

import contextlib
import fcntl
import os
import secrets
from pathlib import Path
from typing import IO

import environ

from cimic.embedded.processes import Failed

CHECKOUT = Path(__file__).resolve().parent.parent.parent


def data_folder() -> Path:
    """Return the data folder (``CIMIC_DATA``, or ``var/``), made and writable.

    Raises ``Failed`` with what is wrong with it.
    """
    folder = Path(os.environ.get("CIMIC_DATA") or CHECKOUT / "var").resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".writable-{os.getpid()}"
        probe.write_bytes(b"0" * 4096)
        probe.unlink()
    except OSError as error:
        raise Failed(
            f"The data folder {folder} cannot be written ({error.strerror}): free some space, "
            "change its rights, or name another with DATA=."
        ) from error
    return folder


def secret_key(folder: Path) -> str:
    """Return the folder's own secret key, made on its first use and kept to its owner."""
    kept = folder / "secret-key"
    if not kept.exists():
        write_secret(kept, secrets.token_urlsafe(64))
    return kept.read_text()


def signing_key_file(folder: Path) -> Path:
    """Return the file of the folder's own signing key, made on its first use."""
    kept = folder / "signing-key"
    if not kept.exists():
        write_secret(kept, secrets.token_hex(32))
    return kept


def tell_signing_key(folder: Path) -> None:
    """Have checkpoints signed with the folder's own key and their receipts kept beside it.

    Where either is configured, that stands. A folder on the same disk is no witness: it is
    there so that a demonstration shows what leaves.
    """
    if not os.environ.get("CIMIC_SIGNING_KEY") and not os.environ.get("CIMIC_SIGNING_KEY_FILE"):
        os.environ["CIMIC_SIGNING_KEY_FILE"] = str(signing_key_file(folder))
    if not os.environ.get("CIMIC_RECEIPT_EMAILS") and not os.environ.get("CIMIC_RECEIPT_FOLDER"):
        receipts = folder / "receipts"
        receipts.mkdir(exist_ok=True)
        os.environ["CIMIC_RECEIPT_FOLDER"] = str(receipts)


def write_secret(path: Path, secret: str) -> None:
    """Write a secret that its owner alone can read; whole or not at all.

    Of two who write it at once, the first one's stays.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secret)
        file.flush()
        os.fsync(handle)
    with contextlib.suppress(FileExistsError):
        os.link(part, path)
    part.unlink()


def load_env() -> None:
    """Read the checkout's ``.env``; what the environment says already, stands."""
    settings = CHECKOUT / ".env"
    if settings.exists():
        environ.Env.read_env(settings)


class Using:
    """A command's hold on the folder's database: shared, so that the last one may stop it."""

    def __init__(self, folder: Path) -> None:
        self.file: IO[str] = open(folder / "in-use.lock", "w")  # noqa: SIM115 - held open

    def hold(self) -> None:
        """Hold the database with whoever else uses it."""
        fcntl.flock(self.file, fcntl.LOCK_SH)

    def is_last(self) -> bool:
        """Whether nobody else holds it; from then on nobody can, until this one is closed."""
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Let go."""
        self.file.close()

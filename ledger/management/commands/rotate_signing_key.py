"""``manage.py rotate_signing_key``: a new key for checkpoints, announced by the old one."""

import os
import secrets
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from common.errors import NotNow
from ledger.signing import read_secret, rotate


def write_new(path: Path, secret: str) -> None:
    """Write a secret into a new file that its owner alone can read."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(secret)
        file.flush()
        os.fsync(handle)


class Command(BaseCommand):
    """Put a new key in force; the file of the old one is replaced, or a new one named by --to."""

    help = "Change the key that checkpoints are signed with; the old key announces the new one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", metavar="FILE", help="where the new key goes")
        parser.add_argument(
            "--old-key-lost",
            metavar="WHY",
            default="",
            help="the old key cannot announce the new one; whoever verifies is told why",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        kept = Path(settings.SIGNING_KEY_FILE) if settings.SIGNING_KEY_FILE else None
        replaces = not options["to"] and kept is not None and not settings.SIGNING_KEY
        if not options["to"] and not replaces:
            raise CommandError("Name a file for the new key with --to.", returncode=2)
        target = kept.with_name(f"{kept.name}.new") if replaces and kept else Path(options["to"])
        secret = secrets.token_hex(32)
        try:
            write_new(target, secret)
        except OSError as error:
            raise CommandError(f"{target}: {error.strerror}.", returncode=2) from error
        try:
            key = rotate(new=read_secret(secret), old_key_lost=options["old_key_lost"])
        except NotNow as refusal:
            target.unlink()
            raise CommandError(refusal.detail, returncode=1) from refusal
        if replaces and kept:
            os.replace(target, kept)
        self.stdout.write(f"Key {key.key_id} is in force; its public key is {key.public_key}.")
        if not replaces:
            self.stdout.write(f"Set CIMIC_SIGNING_KEY_FILE={target} wherever CIMIC runs.")
        self.stdout.write("Tell the witnesses its public key, by another way than a receipt.")

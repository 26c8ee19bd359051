"""Where letters go without a mail server: one file each under DATA/mail."""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend


class FolderBackend(BaseEmailBackend):
    """Write each message to a file named by its Message-ID: the same message, the same file."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        folder = Path(settings.DATA) / "mail"
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            written = message.message()
            name = hashlib.sha256(str(written["Message-ID"]).encode()).hexdigest()[:24]
            part = folder / f".{name}.part"
            part.write_bytes(written.as_bytes())
            os.replace(part, folder / f"{name}.eml")
        return len(email_messages)

"""A mail server as a process of its own: ``python -m tests.mail_server PORT FILE CERTIFICATE``.

It takes letters over STARTTLS alone, from who signs in as ``cimic`` with ``letters``. An address
that begins with ``refused`` does not exist (550), one with ``later`` is greylisted the first time
(451), one with ``full`` is refused after the letter was read (552). What it takes becomes JSON.
"""

import json
import ssl
import sys
import time
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

REFUSALS = {"refused": "550 5.1.1 No such mailbox", "later": "451 4.7.1 Greylisted, come again"}


class Keeper:
    """Keep what is taken, refuse what is to be refused."""

    def __init__(self, file: str) -> None:
        self.file, self.seen = file, set[str]()

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, server: SMTP, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        word = address.split("@")[0].split(".")[0]
        if word == "refused" or (word == "later" and address not in self.seen):
            self.seen.add(address)
            return REFUSALS[word]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        if any(one.startswith("full") for one in envelope.rcpt_tos):
            return "552 5.2.2 Mailbox full"
        line = {
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "letter": envelope.content.decode("latin-1"),
            "encrypted": session.ssl is not None,
            "signed_in": session.authenticated,
        }
        with open(self.file, "a", encoding="utf-8") as kept:
            kept.write(json.dumps(line) + "\n")
        return "250 OK"


def _knows(server: SMTP, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
    known = isinstance(data, LoginPassword) and (data.login, data.password) == (
        b"cimic",
        b"letters",
    )
    return AuthResult(success=known, handled=False)


if __name__ == "__main__":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[3])
    Controller(
        Keeper(sys.argv[2]),
        hostname="127.0.0.1",
        port=int(sys.argv[1]),
        tls_context=context,
        require_starttls=True,
        authenticator=_knows,
        auth_required=True,
    ).start()
    while True:
        time.sleep(1)

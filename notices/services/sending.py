"""Sending letters: at least once, under one Message-ID."""

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import transaction
from django.urls import reverse

from common.clock import now
from common.due import is_due
from common.tracing import HEADER, request_id, traced
from ledger.models import OutboxRow
from missions.languages import language_of
from notices.letters import Written, written_letter
from notices.models import Letter
from notices.services.owing import LISTENER, LONGEST_PAUSE, MOST_A_SWEEP, pause

log = structlog.stdlib.get_logger(__name__)


def _message(letter: Letter, words: Written) -> EmailMultiAlternatives:
    """Make the message; what can be chosen otherwise says where (List-Unsubscribe)."""
    headers = {
        "Message-ID": letter.message_id,
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
        "List-Id": f"CIMIC {letter.mission.code} <notices.{letter.mission.mail_domain}>",
        "Content-Language": language_of(letter.person),
    }
    if request_id():
        headers[HEADER] = request_id()
    if not words.duty:
        page = f"{settings.SITE_URL}{reverse('notices:preferences')}"
        headers["List-Unsubscribe"] = f"<{page}>"
    message = EmailMultiAlternatives(
        subject=letter.subject,
        body=letter.body,
        from_email=settings.DEFAULT_FROM_EMAIL,
        to=[letter.to],
        headers=headers,
    )
    message.attach_alternative(words.html, "text/html")
    return message


def _left_by(letter: Letter) -> str:
    """Return the id of the request whose deed a letter tells of; a digest is of none."""
    if letter.digest_of is not None:
        return ""
    rows = OutboxRow.objects.filter(listener=LISTENER, entry__notices__letter=letter)
    return rows.values_list("request_id", flat=True).first() or ""


def send(letter_id: int) -> bool:
    """Send one letter and mark it sent; say whether it was sent now.

    Its row is locked while the mail server is asked, so no two workers send it at once. A
    refusal by the server is kept with the letter, which is tried again later.
    """
    with transaction.atomic():
        letter = (
            Letter.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("person", "mission")
            .filter(pk=letter_id, sent_at=None)
            .first()
        )
        if letter is None:
            return False
        with traced(_left_by(letter)):
            return _send(letter)


def _send(letter: Letter) -> bool:
    words = written_letter(letter)
    letter.subject, letter.body = words.subject, words.text
    letter.attempts += 1
    line = get_connection()
    try:
        message = _message(letter, words)
        message.connection = line
        message.send()
    except OSError as error:
        put_off(letter, error)
        return False
    finally:
        line.close()  # also where it broke half-way
    letter.sent_at, letter.last_error = now(), ""
    letter.save(update_fields=["subject", "body", "attempts", "sent_at", "last_error"])
    log.info("letter sent", message_id=letter.message_id)
    return True


def put_off(letter: Letter, error: Exception) -> None:
    """Keep why a letter could not be sent, and when it is tried again."""
    letter.last_error = f"{type(error).__name__}: {error}"[:500]
    letter.next_try_at = now() + pause(letter.attempts)
    letter.save(update_fields=["attempts", "last_error", "next_try_at"])
    log.warning("letter not sent", message_id=letter.message_id, error=letter.last_error)


def owed_letters() -> list[int]:
    """List the letters that wait to be sent and may be tried now."""
    return list(
        Letter.objects.filter(is_due("next_try_at", LONGEST_PAUSE), sent_at=None)
        .order_by("pk")
        .values_list("pk", flat=True)[:MOST_A_SWEEP]
    )

"""Telling people: from the outbox to a notice, from a notice to a letter that is sent.

Two marks, each in one transaction with what it marks. An outbox row is taken with
``SKIP LOCKED`` and turned into notices and letters exactly once. A letter is sent while its
row is locked and marked afterwards: at least once, under one Message-ID.
"""

import datetime as dt
import json
import logging
from email.utils import make_msgid

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import override

from common.clock import now
from ledger.models import OutboxRow
from notices.models import Letter, Notice
from notices.texts import Telling, tellings_of
from requests_app.models import AssistanceRequest

LISTENER = "notices"
MOST_A_SWEEP = 500
LONGEST_PAUSE = dt.timedelta(hours=1)

log = logging.getLogger(__name__)


def _pause(attempts: int) -> dt.timedelta:
    """Wait twice as long after each failure, from 10 seconds to an hour."""
    return min(dt.timedelta(seconds=10 * 2 ** min(attempts, 12)), LONGEST_PAUSE)


def _write_letter(notice: Notice, rfa: AssistanceRequest) -> None:
    person = notice.person
    if not person.email:
        return
    link = f"{settings.SITE_URL}{notice.link}"
    with override(person.language):
        body = _(
            "%(name)s,\n\n%(text)s.\n\nRead and act on it here: %(link)s\n\n"
            "You get this because of the post you hold in %(mission)s."
        ) % {"name": person.name, "text": notice.text, "link": link, "mission": rfa.mission.code}
    Letter.objects.create(
        notice=notice,
        message_id=make_msgid(idstring=f"notice-{notice.pk}", domain=rfa.mission.mail_domain),
        to=person.email,
        subject=f"[{rfa.mission.code}] {notice.text}"[:200],
        body=body,
        next_try_at=now(),
    )


def _tell(row: OutboxRow, rfa: AssistanceRequest, telling: Telling) -> None:
    notice = Notice.objects.create(
        entry=row.entry,
        person=telling.person,
        text=telling.text,
        link=f"/register/{rfa.reference}/",
        duty=telling.duty,
        made_at=now(),
    )
    _write_letter(notice, rfa)


def take_from_outbox(row_id: int) -> bool:
    """Turn one outbox row into notices and letters, exactly once; say whether it was done now.

    The row, the notices and the mark are one transaction: a process killed anywhere leaves
    all of them or none. A row another worker holds is passed over.
    """
    with transaction.atomic():
        row = (
            OutboxRow.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("entry__payload", "entry__chain")
            .filter(pk=row_id, listener=LISTENER, done_at=None)
            .first()
        )
        if row is None:
            return False
        rfa = (
            AssistanceRequest.objects.select_related("mission", "requested_by")
            .filter(pk=row.entry.chain_id)
            .first()
        )
        if rfa is not None:
            said = json.loads(row.entry.payload.text)
            for telling in tellings_of(row.entry, rfa, said):
                _tell(row, rfa, telling)
        row.done_at = now()
        row.save(update_fields=["done_at"])
    return True


def send(letter_id: int) -> bool:
    """Send one letter and mark it sent; say whether it was sent now.

    Its row is locked while the mail server is asked, so no two workers send it at once. A
    refusal by the server is kept with the letter, which is tried again later.
    """
    with transaction.atomic():
        letter = (
            Letter.objects.select_for_update(skip_locked=True)
            .filter(pk=letter_id, sent_at=None)
            .first()
        )
        if letter is None:
            return False
        message = EmailMessage(
            subject=letter.subject,
            body=letter.body,
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[letter.to],
            headers={"Message-ID": letter.message_id, "Auto-Submitted": "auto-generated"},
        )
        letter.attempts += 1
        try:
            message.send()
        except OSError as error:
            letter.last_error = f"{type(error).__name__}: {error}"[:500]
            letter.next_try_at = now() + _pause(letter.attempts)
            letter.save(update_fields=["attempts", "last_error", "next_try_at"])
            log.warning("letter %s not sent: %s", letter.message_id, letter.last_error)
            return False
        letter.sent_at, letter.last_error = now(), ""
        letter.save(update_fields=["attempts", "sent_at", "last_error"])
    return True


def owed_rows() -> list[int]:
    """List the outbox rows still owed to notices, oldest first."""
    return list(
        OutboxRow.objects.filter(listener=LISTENER, done_at=None, next_try_at__lte=now())
        .order_by("pk")
        .values_list("pk", flat=True)[:MOST_A_SWEEP]
    )


def owed_letters() -> list[int]:
    """List the letters that wait to be sent and may be tried now."""
    return list(
        Letter.objects.filter(sent_at=None, next_try_at__lte=now())
        .order_by("pk")
        .values_list("pk", flat=True)[:MOST_A_SWEEP]
    )


def _put_off(row_id: int, error: Exception) -> None:
    """Keep why a row could not be turned into notices, and when it is tried again."""
    row = OutboxRow.objects.filter(pk=row_id, done_at=None).first()
    if row is not None:
        row.attempts += 1
        row.last_error = f"{type(error).__name__}: {error}"[:500]
        row.next_try_at = now() + _pause(row.attempts)
        row.save(update_fields=["attempts", "last_error", "next_try_at"])


def sweep() -> int:
    """Deliver everything that is owed; return how many notices' rows and letters were done.

    What a killed worker left is found here: the database remembers. One row that cannot be
    done does not hold up the others.
    """
    done = 0
    for row_id in owed_rows():
        try:
            done += take_from_outbox(row_id)
        except Exception as error:
            log.exception("outbox row %s", row_id)
            _put_off(row_id, error)
    for letter_id in owed_letters():
        done += send(letter_id)
    return done


@transaction.atomic
def mark_read(*, person_id: int, notice_ids: list[int]) -> int:
    """Mark a person's own notices read; return how many were new."""
    return Notice.objects.filter(person=person_id, pk__in=notice_ids, read_at=None).update(
        read_at=now()
    )

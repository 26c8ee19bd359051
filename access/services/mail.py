"""Letters about accounts: owed in the database, made and sent by the worker.

A link is made in the moment its letter is sent, and only its digest or nothing at all is
kept; so no way in lies in the database, in the carrier or in a log. Asking for a link does
the same whether anybody has the address or not: who it is, the worker looks up.
"""

import datetime as dt
import logging
import secrets
from email.utils import make_msgid

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from access.models import Invitation, Mail
from access.vocabulary import MailKind
from common.canonical import sha256
from common.clock import now
from missions.languages import language_of
from missions.models import User

log = logging.getLogger(__name__)

LINK_LASTS = dt.timedelta(days=3)
FIRST_PAUSE = dt.timedelta(seconds=20)
LONGEST_PAUSE = dt.timedelta(hours=1)
MOST_A_SWEEP = 50
KEPT = dt.timedelta(days=30)
MAILBOX_RESTS = dt.timedelta(hours=1)
MOST_A_MAILBOX = 10


def _domain() -> str:
    return settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"


def owe(
    kind: str, to: str, *, invitation: Invitation | None = None, subject: str = "", body: str = ""
) -> Mail:
    """Owe somebody a letter about an account."""
    return Mail.objects.create(
        kind=kind,
        to=to,
        invitation=invitation,
        subject=subject[:200],
        body=body,
        message_id=make_msgid("access", domain=_domain()),
        made_at=now(),
        next_try_at=now(),
    )


def ask_new_password(email: str) -> None:
    """Owe whoever has this address a link to a new password; nobody learns who has one.

    Ten an hour are enough for one mailbox: each link holds for two hours, so whoever asks in
    somebody else's name keeps nobody out, and fills no mailbox.
    """
    lately = Mail.objects.filter(
        kind=MailKind.NEW_PASSWORD, to__iexact=email, made_at__gt=now() - MAILBOX_RESTS
    )
    if lately.count() < MOST_A_MAILBOX:
        owe(MailKind.NEW_PASSWORD, email)


def warn(person: User, what: str) -> None:
    """Tell a person what changed in the account, so that a change by another is noticed.

    ``what`` names a template in ``access/mail``.
    """
    if not person.email:
        return
    subject, body = _words(what, language_of(person), {"person": person})
    owe(MailKind.WARNING, person.email, subject=subject, body=body)


def _words(name: str, language: str, said: dict[str, object]) -> tuple[str, str]:
    """Write a letter in a language: its first line is the subject."""
    with translation.override(language):
        text = render_to_string(f"access/mail/{name}.txt", {**said, "site": settings.SITE_URL})
    subject, _line, body = text.strip().partition("\n")
    return " ".join(subject.split()), body.strip() + "\n"


def _invitation(letter: Mail) -> tuple[str, str] | None:
    """Write an invitation with a new link, of which the database keeps the digest."""
    invitation = (
        Invitation.objects.select_for_update(of=("self",))
        .select_related("post__mission", "invited_by")
        .filter(pk=letter.invitation_id, accepted_at=None, withdrawn_at=None)
        .first()
    )
    if invitation is None:
        return None
    secret = secrets.token_urlsafe(32)
    invitation.digest, invitation.sent_at = sha256(secret), now()
    invitation.expires_at = now() + LINK_LASTS
    invitation.save(update_fields=["digest", "sent_at", "expires_at"])
    url = settings.SITE_URL + reverse("access:invited", args=[invitation.pk, secret])
    said = {"invitation": invitation, "url": url, "days": LINK_LASTS.days}
    return _words("invitation", invitation.language, said)


def _new_password(letter: Mail) -> tuple[str, str] | None:
    """Write the link to a new password; None for an address that nobody has.

    And for whoever comes by single sign-on and has no password here: it opens no second way in.
    """
    person = User.objects.filter(email__iexact=letter.to, is_active=True).first()
    if person is None:
        return None
    if not person.has_usable_password() and person.outside_identities.exists():
        return None
    key = default_token_generator.make_token(person)
    path = reverse("account_reset_password_from_key", args=[user_pk_to_url_str(person), key])
    said = {"person": person, "url": settings.SITE_URL + path}
    return _words("new_password", language_of(person), said)


def _written(letter: Mail) -> tuple[str, str] | None:
    if letter.kind == MailKind.INVITATION:
        return _invitation(letter)
    if letter.kind == MailKind.NEW_PASSWORD:
        return _new_password(letter)
    return letter.subject, letter.body


def send(mail_id: int) -> bool:
    """Send one letter and mark it; say whether one left now.

    Its row is locked meanwhile, so no two workers send it. One that the mail server refuses
    is tried again later, its link made anew.
    """
    with transaction.atomic():
        letter = (
            Mail.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk=mail_id, sent_at=None)
            .first()
        )
        if letter is None:
            return False
        written = _written(letter)
        letter.attempts += 1
        if written is None:
            letter.sent_at = now()
            letter.save(update_fields=["attempts", "sent_at"])
            return False
        subject, body = written
        message = EmailMessage(
            subject=subject,
            body=body,
            from_email=settings.DEFAULT_FROM_EMAIL,
            to=[letter.to],
            headers={"Message-ID": letter.message_id, "Auto-Submitted": "auto-generated"},
        )
        try:
            message.send()
        except OSError as error:
            pause = min(FIRST_PAUSE * 2 ** min(letter.attempts, 12), LONGEST_PAUSE)
            letter.next_try_at = now() + pause
            letter.last_error = f"{type(error).__name__}: {error}"[:500]
            letter.save(update_fields=["attempts", "next_try_at", "last_error"])
            log.warning("letter %s not sent: %s", letter.message_id, letter.last_error)
            return False
        letter.sent_at, letter.last_error = now(), ""
        letter.save(update_fields=["attempts", "sent_at", "last_error"])
    return True


def send_owed() -> int:
    """Send the letters that wait; return how many left."""
    owed = Mail.objects.filter(sent_at=None, next_try_at__lte=now()).order_by("pk")
    return sum(send(pk) for pk in list(owed.values_list("pk", flat=True)[:MOST_A_SWEEP]))


def forget_sent() -> int:
    """Delete the letters that were sent a month ago; return how many."""
    return Mail.objects.filter(sent_at__lt=now() - KEPT).delete()[0]

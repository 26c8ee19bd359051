"""Who was told, of what, and by which message."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.models import NeverDeleted
from ledger.models import Entry


class Notice(NeverDeleted):
    """A line for one person about one entry: what happened and where to look.

    Written once, with the mark on the outbox row, whatever dies in between.
    """

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="notices")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notices"
    )
    text = models.CharField(max_length=300)
    link = models.CharField(max_length=200)
    duty = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["entry", "person"], name="person_is_told_once_an_entry")
        ]
        indexes = [
            models.Index(
                fields=["person", "-made_at"], condition=Q(read_at__isnull=True), name="notices_new"
            )
        ]

    def __str__(self) -> str:
        return self.text


class Letter(NeverDeleted):
    """An e-mail owed to one person: sent at least once, under one Message-ID for ever.

    The mark is set after the mail server has accepted it, so a crash between the two sends
    it again as the same message, which mail programs show once.
    """

    notice = models.OneToOneField(Notice, on_delete=models.PROTECT, related_name="letter")
    message_id = models.CharField(max_length=200, unique=True)
    to = models.EmailField()
    subject = models.CharField(max_length=200)
    body = models.TextField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(sent_at__isnull=True), name="letters_owed"
            )
        ]

    def __str__(self) -> str:
        return self.message_id

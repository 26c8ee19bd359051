"""Who was told, of what, how they choose to be told, and by which letter."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from common.models import NeverDeleted
from ledger.models import Entry
from notices import wording
from notices.vocabulary import USUAL_DELIVERY, Delivery, DigestDays, Group

LISTED = ["person", "-made_at", "-id"]
DUTY = Q(group=Group.DUTIES)
UNREAD = Q(read_at__isnull=True)


class Letter(NeverDeleted):
    """An e-mail owed to one person, of one notice or a digest of many.

    Sent at least once, under one Message-ID for ever: the mark is set after the mail server
    has accepted it, so a crash between the two sends it again as the same message, which
    mail programs show once. Its words are made when it is sent, so that what was classified
    meanwhile does not leave, and kept with it. ``digest_of`` is the mission's own day.
    """

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="letters"
    )
    mission = models.ForeignKey("missions.Mission", on_delete=models.PROTECT, related_name="+")
    digest_of = models.DateField(null=True)
    message_id = models.CharField(max_length=200, unique=True)
    to = models.EmailField()
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "mission", "digest_of"], name="person_has_one_digest_a_day"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(sent_at__isnull=True), name="letters_owed"
            )
        ]

    def __str__(self) -> str:
        return self.message_id


class Notice(NeverDeleted):
    """A line for one person about one entry: what happened, to which record, where to look.

    Written once, with the mark on the outbox row, whatever dies in between. ``sort`` and
    ``values`` say what happened; the sentence is made when it is read. ``post`` is the post
    it came to, none where it came to the person. ``delivery`` is what the person had chosen
    when it was made; a duty is always told at once.
    """

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="notices")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notices"
    )
    mission = models.ForeignKey("missions.Mission", on_delete=models.PROTECT, related_name="+")
    rfa = models.ForeignKey(
        "requests_app.AssistanceRequest",
        null=True,
        on_delete=models.PROTECT,
        related_name="notices",
    )
    post = models.ForeignKey("missions.Post", null=True, on_delete=models.PROTECT, related_name="+")
    sort = models.CharField(max_length=30)  # of ``Sort``, which grows without a migration
    values = models.JSONField(default=dict)
    group = models.CharField(max_length=12, choices=Group)
    delivery = models.CharField(max_length=8, choices=Delivery)
    link = models.CharField(max_length=200)
    letter = models.ForeignKey(Letter, null=True, on_delete=models.PROTECT, related_name="notices")
    made_at = models.DateTimeField()
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "person"], name="person_is_told_once_an_entry"
            ),
            models.CheckConstraint(
                name="duty_is_told_at_once", condition=~DUTY | Q(delivery=Delivery.AT_ONCE)
            ),
            models.CheckConstraint(
                name="what_stays_in_the_centre_has_no_letter",
                condition=~Q(delivery=Delivery.CENTRE) | Q(letter__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=LISTED, name="notices_of_a_person"),
            models.Index(fields=LISTED, condition=UNREAD, name="notices_new"),
            models.Index(fields=LISTED, condition=DUTY, name="notices_of_duties"),
            models.Index(
                fields=["person", "mission", "made_at"],
                condition=UNREAD & Q(delivery=Delivery.DIGEST, letter__isnull=True),
                name="notices_for_a_digest",
            ),
        ]

    @property
    def duty(self) -> bool:
        """Whether it is the person's to act on."""
        return self.group == Group.DUTIES

    @property
    def what(self) -> str:
        """What it is about, as far as a notice may name it, in the language of the moment."""
        if self.rfa is not None:
            return wording.at_most_the_title(self.rfa)
        return wording.process_named(self.values) if "route" in self.values else ""

    @property
    def text(self) -> str:
        """What happened, in the person's language, by the mission's clock."""
        with wording.as_read_by(self.person, self.mission):
            return wording.sentence(self.sort, self.values, self.what)

    def __str__(self) -> str:
        return f"{self.sort} to {self.person_id}"


def _column(group: Group) -> Any:
    return models.CharField(max_length=8, choices=Delivery, default=USUAL_DELIVERY[group])


class Preferences(NeverDeleted):
    """How a person wants to be told of each group of notices; who has no row has the usual.

    Duties cannot be muted nor put off: the database refuses it too.
    """

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        primary_key=True,
        on_delete=models.PROTECT,
        related_name="notice_preferences",
    )
    duties = _column(Group.DUTIES)
    requests = _column(Group.REQUESTS)
    mentions = _column(Group.MENTIONS)
    follow_ups = _column(Group.FOLLOW_UPS)
    mission = _column(Group.MISSION)
    digest_days = models.CharField(
        max_length=12, choices=DigestDays, default=DigestDays.WORKING_DAYS
    )
    version = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "preferences"
        constraints = [
            models.CheckConstraint(
                name="duties_are_never_muted", condition=Q(duties=Delivery.AT_ONCE)
            )
        ]

    def __str__(self) -> str:
        return f"preferences of {self.person_id}"

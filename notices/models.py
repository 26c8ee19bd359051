"""Who was told, of what, how they choose to be told, and by which letter."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from common.models import AppendOnly, NeverDeleted
from ledger.models import Entry
from missions.vocabulary import Classification
from notices import wording
from notices.vocabulary import (
    USUAL_DELIVERY,
    WEBHOOK_CLEARANCES,
    Delivery,
    DeliveryState,
    DigestDays,
    Group,
    WebhookState,
)

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
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="letters", db_index=False
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

    entry = models.ForeignKey(
        Entry, on_delete=models.PROTECT, related_name="notices", db_index=False
    )
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="notices", db_index=False
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


class Webhook(NeverDeleted):
    """Another system that is told of chosen events, and how much it may see.

    It has a sight of its own, a clearance and perhaps one organisation, as a reader has; what
    such a reader could not see is not sent. ``secret`` signs what is sent and is kept sealed;
    after a rotation the one before signs as well until ``previous_until``. ``rests_until`` keeps
    one that fails from holding up the others; ``failing_since`` is the first failure after the
    last success.
    """

    mission = models.ForeignKey("missions.Mission", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=80)
    url = models.CharField(max_length=500)
    events = ArrayField(models.CharField(max_length=40))
    clearance = models.PositiveSmallIntegerField(
        choices=WEBHOOK_CLEARANCES, default=Classification.UNCLASSIFIED
    )
    organisation = models.ForeignKey(
        "missions.Organisation", null=True, on_delete=models.PROTECT, related_name="+"
    )
    secret = models.TextField()
    previous_secret = models.TextField(blank=True)
    previous_until = models.DateTimeField(null=True)
    state = models.CharField(max_length=8, choices=WebhookState, default=WebhookState.ACTIVE)
    failing_since = models.DateTimeField(null=True)
    rests_until = models.DateTimeField(null=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField()
    version = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["mission", "name"],
                condition=~Q(state=WebhookState.ENDED),
                name="webhook_name_is_one_a_mission",
            ),
            models.CheckConstraint(
                name="webhook_reads_nothing_strictly_confidential",
                condition=Q(clearance__lte=Classification.CONFIDENTIAL),
                violation_error_message=_("What is strictly confidential is read by name alone."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class WebhookDelivery(NeverDeleted):
    """One message owed to a webhook, under one id for ever; ``entry`` is none for a trial.

    At least once: the mark is set after the other side has accepted it, so a crash between
    the two sends the same id again. Its words are made when it is sent and are not kept.
    """

    webhook = models.ForeignKey(Webhook, on_delete=models.PROTECT, related_name="deliveries")
    entry = models.ForeignKey(Entry, null=True, on_delete=models.PROTECT, related_name="+")
    event = models.CharField(max_length=40)
    public_id = models.UUIDField(unique=True, default=uuid.uuid4)
    state = models.CharField(max_length=9, choices=DeliveryState, default=DeliveryState.OWED)
    made_at = models.DateTimeField()
    retried_from = models.DateTimeField()
    next_try_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["webhook", "entry", "event"], name="webhook_is_owed_an_event_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=Q(state=DeliveryState.OWED),
                name="webhook_deliveries_owed",
            ),
            models.Index(fields=["webhook", "-made_at", "-id"], name="deliveries_of_a_webhook"),
        ]

    @property
    def message_id(self) -> str:
        """What the other side tells one message from another by (``webhook-id``)."""
        return f"msg_{self.public_id.hex}"

    def __str__(self) -> str:
        return self.message_id


class WebhookAttempt(AppendOnly):
    """One try to deliver: when, what the other side answered, what went wrong, how long it took."""

    delivery = models.ForeignKey(WebhookDelivery, on_delete=models.PROTECT, related_name="tries")
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.CharField(max_length=200, blank=True)
    milliseconds = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.delivery_id}: {self.status or self.error}"

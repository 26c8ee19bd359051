"""What happened: entries in chains, their payloads, and what is owed to those who listen."""

from django.conf import settings
from django.db import models

from common.models import AppendOnly, NeverDeleted, ServingMayUpdate

GENESIS = "0" * 64


class Chain(ServingMayUpdate):
    """The line of one subject's entries: its head and its length. Writers lock this row.

    Its ``id`` is the subject's own (a request's UUID).
    """

    serving_may_update = ("head", "length")

    id = models.UUIDField(primary_key=True)
    mission = models.ForeignKey("missions.Mission", on_delete=models.PROTECT, related_name="chains")
    subject = models.CharField(max_length=30)
    reference = models.CharField(max_length=60)
    head = models.CharField(max_length=64, default=GENESIS)
    length = models.PositiveIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["mission", "id"], name="chain_by_mission")]

    def __str__(self) -> str:
        return self.reference


class Entry(AppendOnly):
    """One deed: who did it, in what capacity, when it happened and when it was recorded.

    ``hash`` is the SHA-256 of the canonical text of every other column and of the digest
    of the payload (``ledger.hashing``); ``previous`` is the hash of the entry before.
    ``told_clock`` marks entries whose time was told by demonstration data.
    """

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="entries")
    number = models.PositiveIntegerField()
    act = models.CharField(max_length=60)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    actor_name = models.CharField(max_length=200)
    post = models.ForeignKey("missions.Post", null=True, on_delete=models.PROTECT, related_name="+")
    post_title = models.CharField(max_length=120, blank=True)
    capacity = models.CharField(max_length=20, blank=True)
    happened_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    told_clock = models.BooleanField(default=False)
    previous = models.CharField(max_length=64)
    payload_digest = models.CharField(max_length=64)
    hash = models.CharField(max_length=64, unique=True)

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(fields=["chain", "number"], name="chain_has_no_forks")
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.act}"


class Payload(AppendOnly):
    """What an entry says, as canonical JSON, salted so that its digest gives nothing away.

    It lies beside the entry so that it can be withheld from a reader, and one day disposed
    of, while the chain still verifies.
    """

    entry = models.OneToOneField(
        Entry, primary_key=True, on_delete=models.PROTECT, related_name="payload"
    )
    salt = models.CharField(max_length=32)
    text = models.TextField()

    def __str__(self) -> str:
        return f"payload of {self.entry_id}"


class OutboxRow(NeverDeleted):
    """What one listener is owed of one entry; written with the entry, done once.

    Taken with ``FOR UPDATE SKIP LOCKED``; the database remembers, Celery only carries.
    """

    entry = models.ForeignKey(Entry, on_delete=models.PROTECT, related_name="outbox")
    listener = models.CharField(max_length=30)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["entry", "listener"], name="entry_is_owed_once_to_a_listener"
            )
        ]
        indexes = [
            models.Index(
                fields=["listener", "next_try_at"],
                condition=models.Q(done_at__isnull=True),
                name="outbox_owed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.entry_id} to {self.listener}"

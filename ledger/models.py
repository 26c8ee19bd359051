"""What happened: entries in chains, their payloads, what is owed to those who listen, and proof."""

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
    mission = models.ForeignKey(
        "missions.Mission", on_delete=models.PROTECT, related_name="chains", db_index=False
    )
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

    chain = models.ForeignKey(
        Chain, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
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

    It lies beside the entry so that it can be withheld from a reader, or erased by two
    people, while the chain still verifies. One that was erased has no salt, says ``{}`` and
    names its ``Erasure``; the database lets exactly that change pass, and no other.
    """

    serving_may_call = ("erase_payloads(bigint)",)

    entry = models.OneToOneField(
        Entry, primary_key=True, on_delete=models.PROTECT, related_name="payload"
    )
    salt = models.CharField(max_length=32)
    text = models.TextField()
    erasure = models.ForeignKey(
        "ledger.Erasure",
        null=True,
        on_delete=models.PROTECT,
        related_name="payloads",
        db_index=False,
    )

    def __str__(self) -> str:
        return f"payload of {self.entry_id}"


class OutboxRow(NeverDeleted):
    """What one listener is owed of one entry; written with the entry, done once.

    Taken with ``FOR UPDATE SKIP LOCKED``; the database remembers, Celery only carries.
    ``request_id`` names the request that did the deed, for the logs of what follows from it.
    """

    entry = models.ForeignKey(
        Entry, on_delete=models.PROTECT, related_name="outbox", db_index=False
    )
    listener = models.CharField(max_length=30)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True, default="", db_default="")

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


class Erasure(AppendOnly):
    """What was said in some entries, erased for good: asked by one person, confirmed by another.

    ``entry`` is the deed's own entry, which names the erased entries and their digests; the
    hashes stand, so the chain verifies, and a verifier says by whom and why it was erased.
    """

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="erasures")
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="erases")
    reason = models.TextField()
    authority = models.CharField(max_length=200, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    asked_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="erasure_takes_two_people",
                condition=~models.Q(asked_by=models.F("confirmed_by")),
                violation_error_message="Whoever asked for an erasure cannot confirm it.",
            ),
            models.CheckConstraint(name="erasure_has_a_reason", condition=~models.Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"erasure in {self.chain_id}"


class ErasedPayload(AppendOnly):
    """The stub of an erased payload: which entry's, and the digest it had."""

    erasure = models.ForeignKey(Erasure, on_delete=models.PROTECT, related_name="stubs")
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="stub")
    digest = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"stub of {self.entry_id}"


class ErasureRequest(ServingMayUpdate):
    """One person's wish to erase what some entries say, until another confirms or refuses it."""

    serving_may_update = ("answered_at", "answered_by", "erasure", "remarks")

    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="erasure_requests")
    numbers = models.JSONField()
    reason = models.TextField()
    authority = models.CharField(max_length=200, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey("missions.Post", on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    erasure = models.OneToOneField(
        Erasure, null=True, on_delete=models.PROTECT, related_name="request"
    )
    remarks = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["chain"],
                condition=models.Q(answered_at__isnull=True),
                name="chain_has_one_open_erasure_request",
            ),
            models.CheckConstraint(
                name="erasure_is_answered_by_another",
                condition=models.Q(answered_by__isnull=True)
                | models.Q(erasure__isnull=True)
                | ~models.Q(by=models.F("answered_by")),
                violation_error_message="Whoever asked for an erasure cannot confirm it.",
            ),
        ]

    def __str__(self) -> str:
        return f"erasure asked in {self.chain_id}"


class SigningKey(AppendOnly):
    """A public key that checkpoints are signed with, from a moment until the next key's.

    ``announcement`` is the signature of the key before under the announcement's text
    (``ledger.signing``); the first key announces itself. It is empty where the key before
    was lost, and ``reason`` then says how.
    """

    number = models.PositiveIntegerField(unique=True)
    key_id = models.CharField(max_length=16, unique=True)
    public_key = models.CharField(max_length=64, unique=True)
    previous = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="next"
    )
    from_at = models.DateTimeField()
    announcement = models.CharField(max_length=128, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="first_signing_key_alone_follows_none",
                condition=models.Q(number=1, previous__isnull=True)
                | models.Q(number__gt=1, previous__isnull=False),
            ),
            models.CheckConstraint(
                name="unannounced_signing_key_says_why",
                condition=~models.Q(announcement="") | ~models.Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return self.key_id


class Checkpoint(AppendOnly):
    """The heads of all chains at a moment, as one Merkle root, signed and bound to the last.

    ``hash`` is the SHA-256 of the canonical text of the columns before it (``ledger.merkle``);
    the signature is over that text. With its receipt outside the server, no earlier entry
    can be changed unseen, whoever has the database.
    """

    number = models.PositiveIntegerField(unique=True)
    made_at = models.DateTimeField()
    root = models.CharField(max_length=64)
    chains = models.PositiveIntegerField()
    entries = models.PositiveBigIntegerField()
    previous = models.CharField(max_length=64)
    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="checkpoints")
    hash = models.CharField(max_length=64, unique=True)
    signature = models.CharField(max_length=128)

    def __str__(self) -> str:
        return f"checkpoint {self.number}"


class CheckpointLeaf(AppendOnly):
    """The head of a chain that had grown since the checkpoint before: its leaf from then on."""

    checkpoint = models.ForeignKey(
        Checkpoint, on_delete=models.PROTECT, related_name="leaves", db_index=False
    )
    chain = models.ForeignKey(
        Chain, on_delete=models.PROTECT, related_name="leaves", db_index=False
    )
    length = models.PositiveIntegerField()
    head = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["chain", "checkpoint"], name="chain_has_one_leaf_at_a_checkpoint"
            )
        ]

    def __str__(self) -> str:
        return f"{self.chain_id} at {self.checkpoint_id}"


class CheckpointBucket(AppendOnly):
    """The root over the leaves of a bucket, where one had changed since the checkpoint before.

    A bucket holds the chains whose ids begin with the same twelve bits, so that a path is
    found among a few hundred leaves and not among a million.
    """

    checkpoint = models.ForeignKey(
        Checkpoint, on_delete=models.PROTECT, related_name="buckets", db_index=False
    )
    number = models.PositiveSmallIntegerField()
    chains = models.PositiveIntegerField()
    root = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["number", "checkpoint"], name="bucket_has_one_root_at_a_checkpoint"
            ),
            models.CheckConstraint(
                name="bucket_is_one_of_4096", condition=models.Q(number__lt=4096)
            ),
        ]

    def __str__(self) -> str:
        return f"bucket {self.number} at {self.checkpoint_id}"


class WitnessReceipt(ServingMayUpdate):
    """What a witness outside the server is owed of a checkpoint, until it has left.

    ``digest`` is the SHA-256 of the receipt's bytes. It has left when the mail server took it,
    or when the file was read back as it was written; somebody may acknowledge it.
    """

    serving_may_update = (
        "attempts",
        "next_try_at",
        "left_at",
        "last_error",
        "acknowledged_at",
        "acknowledged_by",
    )

    checkpoint = models.ForeignKey(Checkpoint, on_delete=models.PROTECT, related_name="receipts")
    destination = models.CharField(max_length=300)
    digest = models.CharField(max_length=64)
    owed_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)
    acknowledged_at = models.DateTimeField(null=True)
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["checkpoint", "destination"], name="witness_is_owed_a_checkpoint_once"
            ),
            models.CheckConstraint(
                name="receipt_acknowledged_has_left",
                condition=models.Q(acknowledged_at__isnull=True) | models.Q(left_at__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"],
                condition=models.Q(left_at__isnull=True),
                name="receipts_owed",
            )
        ]

    def __str__(self) -> str:
        return f"checkpoint {self.checkpoint_id} to {self.destination}"


class AccessLog(AppendOnly):
    """That somebody read a confidential record: who, as what, which, when, and by which door.

    Written before the answer is sent. Once a day a mission's readings are bound by an entry
    of its chain of readings, and so by the checkpoint (``ledger.readings``).
    """

    mission = models.ForeignKey("missions.Mission", on_delete=models.PROTECT, related_name="+")
    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, related_name="readings")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    person_name = models.CharField(max_length=200)
    post_title = models.CharField(max_length=120, blank=True)
    door = models.CharField(max_length=10)
    at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "readings"
        indexes = [
            models.Index(fields=["mission", "id"], name="readings_of_a_mission"),
            models.Index(fields=["chain", "id"], name="readings_of_a_record"),
        ]

    def __str__(self) -> str:
        return f"{self.person_name} read {self.chain_id}"

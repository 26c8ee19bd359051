"""Who gets in: sessions, tries, invitations, and letters about accounts."""

from django.conf import settings
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from access.vocabulary import MailKind
from common.models import ServingMayUpdate
from missions.vocabulary import Capacity


class Session(AbstractBaseSession):
    """One browser in which a person works. What the browser holds is not in the row.

    The row's key is the digest of what is in the cookie, so whoever reads the table enters
    as nobody. ``device`` is what the browser says of itself; where it is, is not kept.
    """

    session_key = models.CharField(max_length=64, primary_key=True)
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="sessions"
    )
    device = models.CharField(max_length=200, blank=True)
    began_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["expire_date"], name="sessions_by_their_end")]

    def __str__(self) -> str:
        return f"session of {self.person_id}"


class Tries(models.Model):
    """How often somebody was wrong at one door, and until when that door waits.

    ``key`` is a keyed digest of what the door is (an address with an account, a known
    device…), so the table names nobody. It is shared by all processes, with the accounts.
    """

    key = models.CharField(max_length=64, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()
    wait_until = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["last_at"], name="tries_by_age")]

    def __str__(self) -> str:
        return self.key


class OutsideIdentity(models.Model):
    """Who a person is at the provider of single sign-on: the issuer's own word for them."""

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="outside_identities"
    )
    issuer = models.CharField(max_length=300)
    subject = models.CharField(max_length=255)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "subject"], name="outside_identity_is_one_person"
            ),
            models.UniqueConstraint(
                fields=["person", "issuer"], name="person_is_one_identity_an_issuer"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} at {self.issuer}"


class Invitation(ServingMayUpdate):
    """Somebody is asked into a post: the only way to an account besides the administration.

    The link is made when its letter is sent; the row keeps its digest alone. It opens once,
    until ``expires_at``. The account and the tenure begin when it is accepted.
    """

    serving_may_update = (
        "digest",
        "expires_at",
        "sent_at",
        "accepted_at",
        "accepted_by",
        "withdrawn_at",
        "withdrawn_by",
    )

    post = models.ForeignKey("missions.Post", on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField()
    rank = models.CharField(max_length=40, blank=True)
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    language = models.CharField(max_length=10, default="en")
    capacity = models.CharField(max_length=20, choices=Capacity, default=Capacity.HOLDER)
    from_on = models.DateField()
    until_on = models.DateField(null=True, blank=True)
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="invitations_made"
    )
    made_at = models.DateTimeField()
    digest = models.CharField(max_length=64, blank=True)
    expires_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="invitations"
    )
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["post", "email"],
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="invitation_is_open_once",
            ),
            models.CheckConstraint(
                name="invitation_is_accepted_or_withdrawn",
                condition=Q(accepted_at__isnull=True) | Q(withdrawn_at__isnull=True),
            ),
            models.CheckConstraint(
                name="invitation_ends_after_it_begins",
                condition=Q(until_on__isnull=True) | Q(until_on__gte=F("from_on")),
                violation_error_message=_("The last day cannot be before the first."),
            ),
        ]

    def __str__(self) -> str:
        return f"invitation of {self.email}"


class Mail(models.Model):
    """A letter about an account, owed by the worker: sent at least once, under one Message-ID.

    One that leads in says who and what for, never the link: that is made when it is sent, so
    that no way in lies in the database. One that warns has its words.
    """

    kind = models.CharField(max_length=20, choices=MailKind)
    to = models.EmailField()
    invitation = models.ForeignKey(
        Invitation, null=True, on_delete=models.CASCADE, related_name="letters"
    )
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    message_id = models.CharField(max_length=200, unique=True)
    made_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    last_error = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="mail_of_an_invitation_names_it",
                condition=~Q(kind=MailKind.INVITATION) | Q(invitation__isnull=False),
            )
        ]
        indexes = [
            models.Index(
                fields=["next_try_at"], condition=Q(sent_at__isnull=True), name="account_mail_owed"
            )
        ]

    def __str__(self) -> str:
        return self.message_id

"""What the API remembers of a person's repeated calls."""

from django.conf import settings
from django.db import models

from common.append_only import (
    AppendOnly,
    KeptByTheDatabase,
    NeverDeleted,
    ServingMayUpdate,
)

__all__ = [
    "AppendOnly",
    "Heartbeat",
    "IdempotentAnswer",
    "KeptByTheDatabase",
    "NeverDeleted",
    "ServingMayUpdate",
]


class IdempotentAnswer(models.Model):
    """The first answer to a call that carried an ``Idempotency-Key``.

    The same key by the same person on the same path gets this answer again, so that a
    line which drops after the deed cannot double it. Kept for seven days.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    path = models.CharField(max_length=300)
    key = models.CharField(max_length=200)
    body_digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    answer = models.JSONField(null=True)
    headers = models.JSONField(default=dict)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "path", "key"], name="idempotency_key_is_used_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key} on {self.path}"


class Heartbeat(models.Model):
    """When beat last had a worker say that both live; one row."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at}"

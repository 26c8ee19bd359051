"""Questions of the register that somebody keeps, and may share with the mission."""

from django.conf import settings
from django.db import models
from django.db.models import F
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _


class SavedView(models.Model):
    """A question of the register under a name: its filters, columns and order, as an address.

    It holds no record and gives nobody sight: whoever opens a shared one reads it by their
    own. ``query`` is the address's query string, without the page one was on.
    """

    mission = models.ForeignKey(
        "missions.Mission", on_delete=models.PROTECT, related_name="saved_views"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="saved_views"
    )
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=2000, blank=True)
    shared = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                F("owner"),
                Lower("name"),
                name="saved_view_name_is_one_an_owner",
                violation_error_message=_("You have a view of this name already."),
            ),
            models.CheckConstraint(name="saved_view_has_a_name", condition=~models.Q(name="")),
        ]
        indexes = [
            models.Index(
                fields=["mission"], condition=models.Q(shared=True), name="saved_view_shared"
            )
        ]

    def __str__(self) -> str:
        return self.name

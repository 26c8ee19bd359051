"""The words for getting in."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class MailKind(models.TextChoices):
    """What a letter about an account is."""

    INVITATION = "invitation", _("invitation")
    NEW_PASSWORD = "new_password", _("link to a new password")
    WARNING = "warning", _("what changed in an account")

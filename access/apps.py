"""Who gets in, and by what proof."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccessConfig(AppConfig):
    """Who gets in, and by what proof."""

    name = "access"
    verbose_name = _("Getting in")
    default_auto_field = "django.db.models.BigAutoField"

"""When something is due, as people say it: overdue by 2 days, due today 16:00."""

import datetime as dt

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common import clock

register = template.Library()


def _overdue(late: dt.timedelta) -> str:
    minutes = int(late.total_seconds() // 60)
    if minutes < 60:
        return ngettext("overdue by %(count)s minute", "overdue by %(count)s minutes", minutes) % {
            "count": minutes
        }
    if minutes < 48 * 60:
        hours = minutes // 60
        return ngettext("overdue by %(count)s hour", "overdue by %(count)s hours", hours) % {
            "count": hours
        }
    days = minutes // (24 * 60)
    return ngettext("overdue by %(count)s day", "overdue by %(count)s days", days) % {"count": days}


@register.filter
def due_words(at: dt.datetime | None) -> str:
    """Say when something is due, by the mission's clock: soon to the minute, then in days."""
    if at is None:
        return ""
    now = clock.now()
    if at <= now:
        return _overdue(now - at)
    local = timezone.localtime(at)
    days = (local.date() - timezone.localtime(now).date()).days
    hour = date_format(local, "TIME_FORMAT")
    if days == 0:
        return _("due today %(hour)s") % {"hour": hour}
    if days == 1:
        return _("due tomorrow %(hour)s") % {"hour": hour}
    if days < 7:
        return _("due %(weekday)s %(hour)s") % {"weekday": date_format(local, "l"), "hour": hour}
    return ngettext("due in %(count)s day", "due in %(count)s days", days) % {"count": days}


@register.filter
def exactly(at: dt.datetime | None) -> str:
    """Write a moment to the minute, by the mission's clock."""
    return date_format(timezone.localtime(at), "SHORT_DATETIME_FORMAT") if at else ""

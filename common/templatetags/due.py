"""When something is due, as people say it: overdue by 2 days, due today 16:00.

It stands in every line of every list, so it is written in one go and not by a template.
"""

import datetime as dt

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from common import clock
from common.moments import written
from common.templatetags.cimic import icon

register = template.Library()

SOON = dt.timedelta(hours=24)


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


def due_words(at: dt.datetime, now: dt.datetime) -> str:
    """Say when something is due, by the mission's clock: soon to the minute, then in days."""
    if at <= now:
        return _overdue(now - at)
    days = (timezone.localtime(at).date() - timezone.localtime(now).date()).days
    if days >= 7:
        return ngettext("due in %(count)s day", "due in %(count)s days", days) % {"count": days}
    hour = written(at, "TIME_FORMAT")
    if days == 0:
        return _("due today %(hour)s") % {"hour": hour}
    if days == 1:
        return _("due tomorrow %(hour)s") % {"hour": hour}
    return _("due %(weekday)s %(hour)s") % {"weekday": written(at, "l"), "hour": hour}


def _look(at: dt.datetime, now: dt.datetime) -> tuple[str, str]:
    if at <= now:
        return " over", "alarm-clock"
    return (" soon", "clock-alert") if at - now <= SOON else ("", "clock")


@register.simple_tag
def due(at: dt.datetime | None, paused: bool = False) -> SafeString | str:
    """Write when something is due, in words, with a sign and in colour; or that its clock stands.

    The title tells the moment to the minute, by the mission's clock. Nothing where nothing is due.
    """
    if paused:
        return format_html('<span class="due">{}{}</span>', icon("circle-pause"), _("clock paused"))
    if not at:
        return ""
    now = clock.now()
    tone, sign = _look(at, now)
    return format_html(
        '<span class="due{}">{}<time datetime="{}" title="{}">{}</time></span>',
        tone,
        icon(sign),
        at.isoformat(),
        written(at),
        due_words(at, now),
    )

"""The words and signs that every page shares: icons, spans of time, tones of a status."""

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any

import lucide
from babel import Locale, UnknownLocaleError
from babel.dates import get_timezone_name
from babel.numbers import format_currency
from django import template
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from common import clock
from common.kept import read_aloud
from common.moments import day_written, written

register = template.Library()

# Code of a status, a step's state or an answer: the tone and the icon beside its word.
LOOKS = {
    "draft": ("", "pencil"),
    "under_review": ("live", "eye"),
    "returned": ("wait", "corner-up-left"),
    "in_consultation": ("live", "messages-square"),
    "awaiting_decision": ("plum", "scale"),
    "approved": ("good", "check"),
    "in_progress": ("live", "play"),
    "completed": ("good", "check-check"),
    "not_approved": ("bad", "x"),
    "closed": ("", "archive"),
    "withdrawn": ("", "undo-2"),
    "cancelled": ("", "ban"),
    "reported": ("bad", "siren"),
    "acknowledged": ("wait", "eye"),
    "held": ("good", "shield-check"),
    "not_held": ("bad", "shield-x"),
    "forward_recommended": ("good", "check"),
    "forward_not_recommended": ("bad", "x"),
    "return": ("wait", "corner-up-left"),
    "supports": ("good", "check"),
    "concerns": ("wait", "triangle-alert"),
    "objects": ("bad", "x"),
    "no_view": ("", "circle-minus"),
    "resourceable": ("good", "check"),
    "resourceable_with_conditions": ("wait", "list-checks"),
    "not_resourceable": ("bad", "x"),
    "recommended": ("good", "check"),
    "not_recommended": ("bad", "x"),
    "approve": ("good", "check"),
    "approve_with_conditions": ("good", "list-checks"),
    "not_approve": ("bad", "x"),
    "accept": ("good", "check"),
    "cannot_execute": ("bad", "x"),
    "acknowledge": ("good", "check"),
    "waiting": ("", "circle-dashed"),
    "open": ("live", "hourglass"),
    "answered": ("good", "check"),
    "lapsed": ("wait", "clock"),
    "skipped": ("", "circle-minus"),
    "superseded": ("", "history"),
    "baseline": ("", "milestone"),
    "promulgated": ("live", "stamp"),
    "in_force": ("good", "shield-check"),
    "discarded": ("", "trash-2"),
    "civil_assistance": ("", "hand-helping"),
    "security_assistance": ("", "shield"),
    "qip": ("", "hammer"),
    "extreme_situation": ("bad", "siren"),
    "success": ("good", "circle-check"),
    "warning": ("wait", "triangle-alert"),
    "error": ("bad", "circle-alert"),
    "info": ("", "info"),
}


@lru_cache(maxsize=256)
def _drawn(name: str) -> SafeString:
    svg = lucide._render_icon(name, None, **{"class": "icon", "aria-hidden": "true"})
    return mark_safe(" ".join(svg.split()).replace("> <", "><"))  # noqa: S308


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon, hidden from screen readers: the word beside it says the same."""
    return _drawn(name)


@register.filter
def tone(code: str) -> str:
    """Return the tone of a status, state or answer; empty for a neutral one."""
    return LOOKS.get(code, ("", ""))[0]


@register.filter
def sign(code: str) -> SafeString:
    """Draw the icon of a status, state, answer or kind; nothing for one without."""
    name = LOOKS.get(code, ("", ""))[1]
    return _drawn(name) if name else mark_safe("")


@register.filter
def marked(parts: Iterable[Any]) -> SafeString:
    """Write runs of text, those that were searched for marked."""
    runs = (
        f"<mark>{escape(part.text)}</mark>" if part.found else escape(part.text) for part in parts
    )
    return mark_safe("".join(runs))  # noqa: S308 - each run was escaped


def span(seconds: float) -> str:
    """Say a length of time in its largest fitting unit: 12 s, 40 min, 5 h, 2 d."""
    minutes = int(abs(seconds) // 60)
    if minutes < 1:
        return _("%(count)s s") % {"count": int(abs(seconds))}
    if minutes < 60:
        return _("%(count)s min") % {"count": minutes}
    if minutes < 48 * 60:
        return _("%(count)s h") % {"count": minutes // 60}
    return _("%(count)s d") % {"count": minutes // (24 * 60)}


@register.filter
def span_from_now(at: dt.datetime | None) -> str:
    """Say how far a moment is from now, either way, without saying which."""
    return span((at - clock.now()).total_seconds()) if at else ""


@register.simple_tag
def moment(
    at: dt.datetime | dt.date | None, form: str = "SHORT_DATETIME_FORMAT"
) -> SafeString | str:
    """Write a moment in the mission's time zone, as the reader's language writes it.

    ``form`` names one of the language's formats. A day is written as a day.
    """
    if at is None:
        return ""
    if not isinstance(at, dt.datetime):
        return format_html('<time datetime="{}">{}</time>', at.isoformat(), day_written(at))
    return format_html('<time datetime="{}">{}</time>', at.isoformat(), written(at, form))


@register.simple_tag
def ago(at: dt.datetime | None) -> SafeString | str:
    """Write how long ago a moment was; the page keeps it counting."""
    if at is None:
        return ""
    return format_html(
        '<time datetime="{}" title="{}" data-elapsed>{}</time>',
        at.isoformat(),
        f"{written(at)} ({time_zone()})",
        _("%(span)s ago") % {"span": span((clock.now() - at).total_seconds())},
    )


def _locale() -> Locale:
    """Return the reader's locale; English where none is set or it is not known."""
    try:
        return Locale.parse(get_language() or "en", sep="-")
    except (UnknownLocaleError, ValueError):
        return Locale("en")


@lru_cache(maxsize=2048)
def _component(name: str, language: str | None, values: tuple[tuple[str, Any], ...]) -> SafeString:
    return render_to_string(name, dict(values))


@register.simple_tag
def drawn(name: str, **values: Any) -> SafeString:
    """Include a small component that stands in every line, drawn once for the same values.

    For those whose look follows from their values and the language alone: a mark of a status,
    a kind, a classification. Nothing of the page or its reader is known to it.
    """
    return _component(name, get_language(), tuple(values.items()))


@lru_cache(maxsize=256)
def _zone_named(zone: dt.tzinfo, offset: dt.timedelta, language: str | None) -> str:
    """Name a clock in a language; its offset tells whether it is summer there."""
    at = timezone.localtime(clock.now(), zone)
    name = get_timezone_name(at, locale=_locale())
    away = f"{at:%z}"
    return f"{name} (UTC{away[:3]}:{away[3:]})" if offset else f"{name} (UTC)"


@register.simple_tag
def time_zone() -> str:
    """Name the clock that the page's times are told by: Central Africa Time (UTC+02:00)."""
    zone = timezone.get_current_timezone()
    offset = clock.now().astimezone(zone).utcoffset() or dt.timedelta()
    return _zone_named(zone, offset, get_language())


@register.filter
def number(value: Decimal | float | str | None) -> str:
    """Write a number as the reader's language groups it; whole ones without decimals."""
    if value is None or isinstance(value, str):
        return value or ""
    whole = value == int(value)
    return number_format(value, decimal_pos=0 if whole else None, force_grouping=True)


@register.filter
def money(amount: Decimal | float | str | None, currency: str) -> str:
    """Write an amount with its currency's code: USD 12,500 or 12 500 USD; cents if there are."""
    if amount is None or isinstance(amount, str):
        return amount or ""
    locale = _locale()
    pattern = locale.currency_formats["standard"].pattern.split(";")[0].replace("\u200f", "")
    pattern = pattern.replace("¤", "¤¤\xa0" if pattern.startswith("¤") else "¤¤")
    if amount == int(amount):
        pattern = pattern.replace(".00", "")
    return format_currency(amount, currency or "USD", pattern, locale=locale, currency_digits=False)


register.filter("read_aloud", read_aloud)


@register.filter
def initials(name: str) -> str:
    """Return the first letters of the last two words of a name."""
    words = [word for word in name.split() if word[:1].isalpha()]
    return "".join(word[0] for word in words[-2:]).upper()


DRAWN_AS = {"radio": "choices", "checkbox": "tick", "file": "file"}


@register.filter
def drawn_as(field) -> str:
    """Name how a form field is drawn: choices, tick, file, hidden or box."""
    widget = field.field.widget
    if widget.is_hidden:
        return "hidden"
    if getattr(widget, "allow_multiple_selected", False) and widget.input_type == "checkbox":
        return "choices"
    return DRAWN_AS.get(getattr(widget, "input_type", ""), "box")


@register.filter
def as_paragraph(number: str) -> str:
    """Name a paragraph of the policy: ``36`` and ``P36`` are both ``para 36``."""
    bare = str(number).removeprefix("para ").removeprefix("P")
    return _("para %(number)s") % {"number": bare} if bare[:1].isdigit() else bare

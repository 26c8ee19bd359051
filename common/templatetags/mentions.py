"""Marking the posts that a text names."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

# ``@post-code``; an address of e-mail names nobody.
NAMED = re.compile(r"(?<![\w@.])@([A-Za-z][\w.\-]*\w|[A-Za-z])")


@register.filter
def mark_mentions(text: str) -> SafeString:
    """Write a text safely, with each post that it names marked."""
    return mark_safe(NAMED.sub(r'<span class="mention">\g<0></span>', escape(text)))  # noqa: S308

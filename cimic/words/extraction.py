"""Every word that is marked for translation: in the code, the templates, the baselines.

A template is not read as text but compiled as Django compiles it, and its nodes are walked:
so a sentence has here the very form in which it is looked up when the page is drawn.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages import Catalog
from babel.messages.extract import extract_from_file
from django.conf import settings
from django.contrib import admin
from django.template import Context
from django.template.base import FilterExpression, Node, Template, Variable
from django.template.loader import get_template
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.utils.functional import Promise

from cimic.naming import names_of

ROOMS = (
    "common",
    "missions",
    "ledger",
    "access",
    "requests_app",
    "approvals",
    "records",
    "notices",
    "cimic",
)
MARKS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
BASELINES = Path("approvals") / "baselines.json"
SAID_IN_BASELINES = frozenset({"label", "title", "name"})

# A word, or its singular and plural; its context or None; the file it stands in.
Found = tuple[str | tuple[str, ...], str | None, str]


def words_of_code() -> Iterator[Found]:
    """Find what the rooms' modules mark with gettext and its kin."""
    for room in ROOMS:
        for path in sorted((settings.BASE_DIR / room).rglob("*.py")):
            name = str(path.relative_to(settings.BASE_DIR))
            for _, said, _, context in extract_from_file("python", path, keywords=MARKS):
                yield said, context, name


def words_of_baselines() -> Iterator[Found]:
    """Find the names of stages and seats in the baselines that are shipped."""

    def walk(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key in SAID_IN_BASELINES and isinstance(inner, str):
                    yield inner
                else:
                    yield from walk(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from walk(inner)

    for said in walk(json.loads((settings.BASE_DIR / BASELINES).read_text())):
        yield said, None, str(BASELINES)


def words_of_templates() -> Iterator[Found]:
    """Find what the templates mark, by the nodes that they compile to."""
    folders: Any = settings.TEMPLATES[0]["DIRS"]
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if path.suffix not in {".html", ".txt"}:
                continue
            template: Template = get_template(str(path.relative_to(folder))).template  # type: ignore[attr-defined]
            name = str(path.relative_to(settings.BASE_DIR))
            for said, context in words_of_nodes(template.nodelist):
                yield said, context, name


def words_of_nodes(value: Any) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    """Walk nodes, and the expressions in them, to the words they mark."""
    if isinstance(value, BlockTranslateNode):
        yield _words_of_block(value)
    elif isinstance(value, TranslateNode):
        yield from _words_of_translate(value)
        return
    elif isinstance(value, FilterExpression):
        yield from _words_of_expression(value)
        return
    if isinstance(value, dict):
        held = list(value.values())
    elif isinstance(value, list | tuple):
        held = list(value)
    elif isinstance(value, Node) or type(value).__module__.startswith("django.template."):
        held = [inner for name, inner in vars(value).items() if name not in {"origin", "token"}]
    else:
        return
    for inner in held:
        yield from words_of_nodes(inner)


def _words_of_block(node: BlockTranslateNode) -> tuple[str | tuple[str, ...], str | None]:
    said = node.render_token_list(node.singular)[0]
    context = node.message_context.resolve(Context()) if node.message_context else None
    if node.plural:
        return (said, node.render_token_list(node.plural)[0]), context
    return said, context


def _words_of_translate(node: TranslateNode) -> Iterator[tuple[str, str | None]]:
    """Find the text of ``{% translate "…" %}``, and what its filters' arguments mark."""
    expression = node.filter_expression
    context = node.message_context.resolve(Context()) if node.message_context else None
    if isinstance(expression.var, Variable) and isinstance(expression.var.literal, str):
        yield expression.var.literal.replace("%", "%%"), context
    yield from _words_of_expression(expression)


def _words_of_expression(expression: FilterExpression) -> Iterator[tuple[str, str | None]]:
    """Find ``_("…")`` as a value or as a filter's argument."""
    arguments = [value for _, given in expression.filters for _, value in given]
    for value in [expression.var, *arguments]:
        if isinstance(value, Variable) and value.translate and isinstance(value.literal, str):
            yield value.literal.replace("%", "%%"), value.message_context
        elif isinstance(value, Promise):
            yield value._args[0], None  # type: ignore[attr-defined]


def words_of_administration() -> Iterator[Found]:
    """Find what the administrator's pages call our models and their fields."""
    for model in admin.site._registry:
        if model.__module__.split(".")[0] in ROOMS:
            for said in names_of(model):
                yield said, None, "cimic/admin.py"


def all_words(language: str) -> Catalog:
    """Gather every word that is marked, each with the files it stands in."""
    catalogue = Catalog(locale=language, project="CIMIC", fuzzy=False)
    sources = (words_of_code, words_of_templates, words_of_baselines, words_of_administration)
    for source in sources:
        for said, context, name in source():
            if said and said != ("", ""):
                catalogue.add(said, locations=[(name, 0)], context=context)
    return catalogue

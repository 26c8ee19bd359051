"""The names of models and of their fields on the administrator's pages, in the reader's language.

They are put beside the models here, so that no migration holds words and the models stay as
plain as their code.
"""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models
from django.utils.functional import Promise
from django.utils.text import camel_case_to_spaces
from django.utils.translation import gettext_lazy

Named = type[models.Model]


def _given_name(field: Any) -> Any:
    """Return the name that a field was given, or none."""
    return field._verbose_name


def _own_fields(model: Named) -> Iterator[Any]:
    """Walk the fields that people fill in and that Django does not name itself."""
    for field in model._meta.fields:
        if field.editable and not isinstance(_given_name(field), Promise):
            yield field


def names_of(model: Named) -> Iterator[str]:
    """List what a model and its fields are called in English."""
    given = model._meta.original_attrs
    name = camel_case_to_spaces(model.__name__)
    if not isinstance(given.get("verbose_name"), Promise):
        yield given.get("verbose_name", name)
        yield given.get("verbose_name_plural", f"{given.get('verbose_name', name)}s")
    for field in _own_fields(model):
        yield _given_name(field) or field.name.replace("_", " ")


def speak_of(registered: Iterable[Named]) -> None:
    """Have the models of the administrator's pages named in the reader's language."""
    for model in registered:
        for field in _own_fields(model):
            name = _given_name(field) or field.name.replace("_", " ")
            field.verbose_name = gettext_lazy(name)
        meta = model._meta
        if not isinstance(meta.verbose_name, Promise):
            meta.verbose_name = gettext_lazy(str(meta.verbose_name))
            meta.verbose_name_plural = gettext_lazy(str(meta.verbose_name_plural))

"""How a person wants to be told."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from common.clock import now
from common.errors import FieldError, Malformed, Stale
from missions.models import User
from notices.models import Notice, Preferences
from notices.queries import preferences_of
from notices.vocabulary import Delivery, DigestDays, Group

CHOICES: dict[str, list[str]] = {
    **{group.value: Delivery.values for group in Group},
    "digest_days": DigestDays.values,
}


def _read(values: dict[str, Any]) -> dict[str, str]:
    wrong = []
    for name, value in values.items():
        if name not in CHOICES:
            wrong.append(FieldError(name, _("There is no such choice.")))
        elif value not in CHOICES[name]:
            words = ", ".join(CHOICES[name])
            wrong.append(FieldError(name, _("Choose one of: %(words)s.") % {"words": words}))
        elif name == Group.DUTIES and value != Delivery.AT_ONCE:
            message = _("What waits on your post is told at once: it cannot be put off or muted.")
            wrong.append(FieldError(name, message))
    if wrong:
        raise Malformed(errors=wrong)
    return values


@transaction.atomic
def change_preferences(*, actor: User, version: int, values: dict[str, Any]) -> Preferences:
    """Keep how a person wants to be told, by group, and on which days digests are sent.

    What already waits for a digest in a group that is now for the centre alone stays in the
    centre. Raises ``Malformed`` for what is no choice, and for a duty that would be muted;
    ``Stale`` if they were changed since ``version``.
    """
    values = _read(values)
    # Locked as a digest in the making locks it, so that one waits for the other.
    User.objects.select_for_update(no_key=True).get(pk=actor.pk)
    kept = preferences_of(actor)
    if version != kept.version:
        raise Stale(
            _("Your choices were changed elsewhere meanwhile: read them again."),
            yours=version,
            theirs=kept.version,
        )
    for name, value in values.items():
        setattr(kept, name, value)
    kept.version, kept.changed_at = kept.version + 1, now()
    kept.save()
    silent = [group for group in Group if getattr(kept, group.value) == Delivery.CENTRE]
    Notice.objects.filter(
        person=actor, group__in=silent, delivery=Delivery.DIGEST, letter=None
    ).update(delivery=Delivery.CENTRE)
    return kept

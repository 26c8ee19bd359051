"""Who must prove twice who they are."""

from django.conf import settings

from missions.models import User
from missions.queries import is_among
from missions.vocabulary import PROVES_TWICE


def must_prove_twice(person: User) -> bool:
    """Whether a person needs a second factor: whoever acts for a post that decides (P41).

    As its holder, in charge or as a delegate, and whoever administers people. Setting
    ``SECOND_FACTOR_FOR_ALL`` asks it of everybody. The demonstration, which serves this
    machine alone, asks it of nobody.
    """
    if settings.DEMO:
        return False
    if settings.SECOND_FACTOR_FOR_ALL or person.is_staff or person.is_superuser:
        return True
    return is_among(person, *PROVES_TWICE)

"""What no password is made of: the words that everybody in the mission would try first."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from missions.models import Mission

ALWAYS = ("cimic", "peacekeeping", "peacekeeper", "mission", "unitednations", "password")
LEFT = 8


class OwnWordsValidator:
    """Refuse a password of which little is left without the mission's own words.

    Its code, name, country and mail domain, and a few that fit every mission (ASVS 6.1.2).
    """

    def validate(self, password: str, user: Any = None) -> None:
        said = "".join(sign for sign in password.lower() if sign.isalnum())
        for word in sorted(self._words(), key=len, reverse=True):
            said = said.replace(word, "")
        if len(said) < LEFT:
            raise ValidationError(
                _("Take other words: these are the mission's own, which everybody tries first."),
                code="own_words",
            )

    def _words(self) -> set[str]:
        found = set(ALWAYS)
        for row in Mission.objects.values_list("code", "name", "country", "mail_domain"):
            for text in row:
                found |= {
                    "".join(sign for sign in word if sign.isalnum())
                    for word in text.lower().replace(".", " ").split()
                    if len(word) > 2
                }
        return found - {""}

    def get_help_text(self) -> str:
        return _("Not the names of the mission, its country or its mail.")

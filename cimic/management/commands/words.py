"""``manage.py words``: the catalogues refreshed from the code, checked, compiled."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from cimic.words.catalogue import compile_words, languages, read, refresh
from cimic.words.checks import faults
from cimic.words.extraction import all_words


class Command(BaseCommand):
    help = "Compiles the catalogues of words; refreshes or checks them first if asked to."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--update", action="store_true", help="take in what is newly marked, let go the rest"
        )
        parser.add_argument(
            "--check", action="store_true", help="fail if a word is not translated, or wrongly"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for language in languages():
            found = all_words(language)
            if options["update"]:
                came, went = refresh(language, found)
                self.stdout.write(f"{language}: {came} new, {went} no longer said.")
            if options["check"]:
                wrong = faults(read(language), found)
                for line in wrong:
                    self.stderr.write(f"{language}: {line}")
                if wrong:
                    raise CommandError(f"{language}: {len(wrong)} words are not as they should be.")
                self.stdout.write(f"{language}: {len(found)} words, all translated.")
        for path in compile_words():
            self.stdout.write(f"Compiled {path}.")

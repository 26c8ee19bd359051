"""``manage.py doctor``: what is configured, reachable and healthy."""

from typing import Any

from django.core.management.base import BaseCommand

from cimic.checkup import findings


class Command(BaseCommand):
    """Tell how the server stands; exit with 1 if something that a mission needs does not."""

    help = "Tell what is configured, reachable and healthy; exit 1 if something needed is not."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        ill = 0
        styles = {
            "well": self.style.SUCCESS,
            "ill": self.style.ERROR,
            "note": self.style.WARNING,
        }
        for finding in findings():
            ill += finding.mark == "ill"
            self.stdout.write(
                f"{styles[finding.mark](f'{finding.mark:<4}')} {finding.subject}: {finding.told}"
            )
        if ill:
            raise SystemExit(1)

"""``manage.py record_schema``: write out the published form of a record."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from records.archive.shape import as_text

PUBLISHED = Path(settings.BASE_DIR) / "static" / "schemas" / "record-1.json"


class Command(BaseCommand):
    """Write the JSON Schema of a record where it is published."""

    help = "Write the JSON Schema of archived records to static/schemas/."

    def handle(self, *args: Any, **options: Any) -> None:
        PUBLISHED.parent.mkdir(parents=True, exist_ok=True)
        PUBLISHED.write_text(as_text(), encoding="utf-8")
        self.stdout.write(str(PUBLISHED))

"""``manage.py migrate``: run by the owner of the database; the serving role gets its rights."""

from typing import Any
from urllib.parse import unquote

from django.core.management.commands.migrate import Command as MigrateCommand
from django.db import connections

from common.append_only import grant_serving_role


class Command(MigrateCommand):
    """Migrate as the owner where one is configured, then grant the serving role what it may do."""

    def handle(self, *args: Any, **options: Any) -> None:
        if options["database"] == "default" and "owner" in connections.databases:
            options["database"] = "owner"
        super().handle(*args, **options)
        connection = connections[options["database"]]
        role = unquote(connections.databases["default"].get("USER") or "")
        owner = connection.settings_dict.get("USER")
        if role and role != owner and not options["check_unapplied"] and not options["plan"]:
            grant_serving_role(connection, role)

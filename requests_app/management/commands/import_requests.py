"""``manage.py import_requests``: bring a mission's old spreadsheet in, all of it or nothing."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from common.errors import Refusal
from missions.models import Mission, User
from missions.queries import holders_of
from missions.vocabulary import Role
from requests_app.importing.answers import KINDS, ORDERS
from requests_app.importing.bringing import Preview, bring_in, match, preview, upload
from requests_app.importing.matching import COLUMNS
from requests_app.models import ImportRun


class Command(BaseCommand):
    """Say every bad cell with its reason; add the rows that are new, or none."""

    help = "Bring a mission's spreadsheet of requests in: XLSX or CSV, all of it or nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE.xlsx")
        parser.add_argument("--mission", required=True, metavar="CODE")
        parser.add_argument("--dry-run", action="store_true", help="say what would come in")
        parser.add_argument(
            "--by", metavar="USERNAME", help="who brings it in; the Chief UN-CIMIC without"
        )
        parser.add_argument("--sheet", default="", help="which sheet; the first that is shown")
        parser.add_argument("--kind", default="", choices=["", *KINDS], help="of rows without one")
        parser.add_argument("--dates", default="", choices=["", *ORDERS], help="day or month first")
        parser.add_argument(
            "--match",
            action="append",
            default=[],
            metavar="HEADING=QUESTION",
            help="what a heading answers; = and nothing leaves it out",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        actor = self._actor(options)
        path = Path(options["file"])
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        try:
            with transaction.atomic():
                run = upload(actor=actor, name=path.name, content=content)
                run = self._matched(run, actor, options)
                found = preview(run)
                self._tell(found)
                if options["dry_run"]:
                    transaction.set_rollback(True)
                    self._end(found, "Nothing was changed: a dry run.")
                    return
                if found.problems:
                    raise CommandError(f"{len(found.problems)} problems: nothing came in.")
                bring_in(run=run, actor=actor)
        except Refusal as refusal:
            raise CommandError(self._said(refusal)) from refusal
        self.stdout.write(f"{run.name}: {len(found.new)} added, {len(found.there)} there already.")

    def _actor(self, options: dict[str, Any]) -> User:
        mission = Mission.objects.filter(code__iexact=options["mission"]).first()
        if mission is None:
            raise CommandError(f"There is no mission {options['mission']}.")
        if options["by"]:
            actor = User.objects.filter(username=options["by"]).first()
            if actor is None:
                raise CommandError(f"There is no account {options['by']}.")
            return actor
        for post in mission.posts.filter(role=Role.CHIEF_CIMIC).order_by("pk"):
            for holder in holders_of(post):
                return holder
        raise CommandError("Nobody acts for the Chief UN-CIMIC today: say who, with --by.")

    def _matched(self, run: ImportRun, actor: User, options: dict[str, Any]) -> ImportRun:
        matching = {}
        for one in options["match"]:
            heading, parted, name = one.rpartition("=")
            if not parted or (name and name not in COLUMNS):
                raise CommandError(
                    f"--match {one}: HEADING=QUESTION; questions: {', '.join(COLUMNS)}."
                )
            matching[heading] = name
        return match(
            run=run,
            actor=actor,
            matching=matching,
            sheet=options["sheet"],
            kind=options["kind"],
            day_order=options["dates"],
        )

    def _tell(self, found: Preview) -> None:
        for heading, name in found.matching.items():
            self.stdout.write(f"  {heading} -> {name or 'left out'}")
        for note in found.table.notes:
            self.stdout.write(str(note))
        for row in found.there:
            where = row.there_as or f"row {row.same_as} of this file"
            self.stdout.write(f"row {row.number}: there already, as {where}")
        for problem in found.problems:
            self.stderr.write(f"{problem.at}: {problem.message}")

    def _end(self, found: Preview, words: str) -> None:
        self.stdout.write(
            f"{found.drafts} drafts and {found.history} records of history would come in, "
            f"{len(found.there)} are there. {words}"
        )
        if found.problems:
            raise CommandError(f"{len(found.problems)} problems: nothing would come in.")

    def _said(self, refusal: Refusal) -> str:
        lines = [f"{error.field}: {error.message}" for error in refusal.errors]
        return "\n".join(lines) or json.dumps(str(refusal.detail))

"""``manage.py create_mission``: a mission with its posts and its administrator."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import translation

from cimic.founding import found
from common.clock import now


class Command(BaseCommand):
    """Set a mission up on this installation, beside others if there are any."""

    help = (
        "Make a mission, the posts its processes need, and its administrator; print the link by "
        "which a new administrator chooses a password."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("code", help="in every reference, such as UNAC")
        parser.add_argument("--name", required=True)
        parser.add_argument("--country", required=True)
        parser.add_argument("--country-code", default="", help="three letters (ISO 3166)")
        parser.add_argument("--time-zone", default="UTC", help="such as Africa/Bangui")
        parser.add_argument("--currency", default="USD")
        parser.add_argument("--mail-domain", required=True, help="in the ids of its letters")
        parser.add_argument("--administrator", required=True, help="a user name, new or known")
        parser.add_argument("--email", default="", help="a new administrator's address")

    def handle(self, *args: Any, **options: Any) -> None:
        today = now().date()
        names = ("code", "name", "country", "country_code", "time_zone", "currency", "mail_domain")
        try:
            with translation.override("en"):
                made = found(
                    values={name: options[name] for name in names} | {"established_on": today},
                    username=options["administrator"],
                    email=options["email"],
                    today=today,
                )
        except ValidationError as error:
            raise CommandError("\n".join(error.messages)) from error
        self.stdout.write(
            f"{made.mission.code} is there, with {made.mission.posts.count()} posts; "
            f"{made.administrator.username} administers it."
        )
        if made.link:
            self.stdout.write(f"To choose a password, once and within two hours: {made.link}")
        self.stdout.write("Next: sectors, units, areas, people and who holds each post, /admin/.")

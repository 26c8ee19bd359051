"""What each post finds in the frame of its pages."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from missions.models import User
from missions.queries import Standing
from missions.vocabulary import NEVER_ASKS, Role

NO_INBOX = frozenset(
    {Role.PARTNER, Role.EVALUATOR, Role.RECORDS_OFFICER, Role.ADMINISTRATOR, Role.UNIT_CIMIC}
)
OPENS_WITH_REGISTER = frozenset(
    {Role.CHIEF_CIMIC, Role.CHIEF_OF_STAFF, Role.EVALUATOR, Role.RECORDS_OFFICER}
)
OPENS_WITH_COMPLIANCE = frozenset({Role.CHIEF_OF_STAFF, Role.EVALUATOR})
READS_COMPLIANCE = OPENS_WITH_COMPLIANCE | {Role.CHIEF_CIMIC, Role.SRSG, Role.DSRSG}
READS_LEDGER = frozenset(
    {Role.CHIEF_OF_STAFF, Role.EVALUATOR, Role.RECORDS_OFFICER, Role.ADMINISTRATOR}
)
# Who the pictures are laid out for; everybody else finds them by their address.
READS_PICTURES = frozenset(
    {
        Role.CHIEF_CIMIC,
        Role.CIMIC_STAFF,
        Role.DSRSG,
        Role.DSRSG_OFFICE,
        Role.DSRSG_POLITICAL,
        Role.SRSG,
        Role.HOMC,
        Role.CHIEF_OF_STAFF,
        Role.EVALUATOR,
    }
)
READS_ARCHIVE = frozenset(
    {Role.RECORDS_OFFICER, Role.CHIEF_CIMIC, Role.CIMIC_STAFF, Role.CHIEF_OF_STAFF}
)
ASKS_MOST = frozenset({Role.UNIT_CIMIC, Role.SECTOR_CIMIC, Role.PARTNER})
SEES_EXTREME = frozenset(
    {
        Role.UNIT_CIMIC,
        Role.SECTOR_CIMIC,
        Role.CHIEF_CIMIC,
        Role.CIMIC_STAFF,
        Role.OPS,
        Role.HOMC,
        Role.DSRSG,
        Role.DSRSG_OFFICE,
        Role.SRSG,
        Role.CHIEF_OF_STAFF,
    }
)


# The mission's components write, comment on and sign its processes (P31).
READS_PROCESSES = frozenset(Role) - {
    Role.PARTNER,
    Role.EVALUATOR,
    Role.RECORDS_OFFICER,
    Role.ADMINISTRATOR,
}


# What the next pages need, fetched by an idle line while the first page is read.
ASKING = tuple(
    f"cimic/{name}"
    for name in (
        "css/asking.css",
        "js/autosave.js",
        "js/asking.js",
        "js/place.js",
        "js/ground.js",
        "js/rows.js",
        "js/files.js",
    )
)
READING = tuple(
    f"cimic/{name}"
    for name in (
        "css/register.css",
        "css/map.css",
        "js/questions.js",
        "js/map.js",
        "js/ground.js",
    )
)


def fetched_ahead(*, asks: bool, standings: list[Standing]) -> list[str]:
    """List the files to fetch before the pages that need them, by what a person's posts open."""
    reads = {standing.role for standing in standings} - {Role.PARTNER, Role.ADMINISTRATOR}
    return list(dict.fromkeys([*(READING if reads else ()), *(ASKING if asks else ())]))


@dataclass(frozen=True)
class Link:
    """A way to a page: its word, its sign, and how much waits there."""

    label: str
    icon: str
    url: str
    current: bool = False
    count: int = 0
    late: bool = False
    short: str = ""


def navigation_for(
    person: User, standings: list[Standing], path: str, *, waiting: int, late: bool
) -> list[Link]:
    """List the ways that a person's posts use, most used first."""
    roles = {standing.role for standing in standings}

    def link(label: str, icon: str, name: str, **more: Any) -> Link:
        url = reverse(name)
        return Link(label, icon, url, current=path.startswith(url), **more)

    register = link(_("Register"), "table-2", "records:register")
    compliance = link(_("Compliance"), "clipboard-check", "records:compliance")
    reads = {standing.role for standing in standings if standing.sees_the_mission}
    links = [compliance] if reads & OPENS_WITH_COMPLIANCE else []
    links += [register] if roles & OPENS_WITH_REGISTER else []
    if roles - NO_INBOX or waiting:
        links.append(link(_("Inbox"), "inbox", "approvals:inbox", count=waiting, late=late))
    mine = link(_("My requests"), "files", "approvals:mine", short=_("Mine"))
    if roles & ASKS_MOST:
        links.append(mine)
    if register not in links and roles - {Role.PARTNER, Role.ADMINISTRATOR}:
        links.append(register)
    if roles - NEVER_ASKS and mine not in links:
        links.append(mine)
    if reads & READS_COMPLIANCE and compliance not in links:
        links.append(compliance)
    if reads & READS_PICTURES:
        links.append(link(_("Evaluation"), "chart-column", "records:evaluation"))
    archive = link(_("Archive"), "archive", "records:archives")
    if Role.RECORDS_OFFICER in roles:
        links.insert(0, archive)
    if roles & SEES_EXTREME:
        links.append(
            link(_("Extreme situations"), "siren", "approvals:extreme", short=_("Extreme"))
        )
    if roles & READS_PROCESSES:
        links.append(link(_("Processes"), "route", "approvals:processes"))
    if roles - {Role.ADMINISTRATOR, Role.PARTNER}:
        links.append(link(_("Map"), "map", "records:map"))
        links.append(link(_("Unmet needs"), "hand-helping", "records:follow-ups", short=_("Unmet")))
        links.append(link(_("Priorities"), "flag", "approvals:priorities"))
    if roles - {Role.ADMINISTRATOR, Role.PARTNER, Role.EVALUATOR, Role.RECORDS_OFFICER}:
        links.append(link(_("Complaints"), "message-circle", "records:complaints"))
    if roles - NO_INBOX or Role.UNIT_CIMIC in roles:
        links.append(link(_("Handover"), "arrow-right-left", "records:handover"))
    if roles & {Role.DESIGNATED_OFFICIAL, Role.UNDSS}:
        links.append(
            link(
                _("Standing policies"),
                "shield",
                "approvals:standing-policies",
                short=_("Policies"),
            )
        )
    if roles & READS_ARCHIVE and archive not in links:
        links.append(archive)
    if roles & READS_LEDGER:
        links.append(link(_("Ledger"), "stamp", "records:ledger"))
    if Role.ADMINISTRATOR in roles:
        links.append(link(_("Webhooks"), "webhook", "notices:webhooks"))
    links.append(link(_("Help"), "circle-question-mark", "missions:help"))
    if person.is_superuser or Role.ADMINISTRATOR in roles:
        links.append(link(_("Who is let in"), "user-plus", "access:people", short=_("People")))
    if person.is_staff:
        links.append(link(_("Administration"), "users", "admin:index"))
    return links


def own_links(path: str) -> list[Link]:
    """List what is a person's own, whatever the post: the notices and how one is told."""
    centre, choices = reverse("notices:centre"), reverse("notices:preferences")
    account = reverse("access:account")
    return [
        Link(_("Your account"), "user-round", account, current=path.startswith(account)),
        Link(_("Notices"), "bell", centre, current=path == centre),
        Link(_("How you are told"), "settings-2", choices, current=path == choices),
    ]

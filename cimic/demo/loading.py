"""Telling the mission's past: each deed through the services, at its own moment."""

import datetime as dt
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import itemgetter
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction

from approvals.services import lapse_overdue_advice
from cimic.demo.acting import Scene, begin, do
from cimic.demo.archive import archive_deeds
from cimic.demo.beside import beside_deeds
from cimic.demo.processes import process_deeds
from cimic.demo.rotation import rotation_deeds
from cimic.demo.stories import Moment, Story, moments_of, told_stories
from cimic.demo.variations import varied_stories
from cimic.demo.world import make_world, told
from common import clock
from ledger.models import OutboxRow
from missions.models import Mission
from notices.models import Letter, Notice
from notices.services import LISTENER, owed_rows, take_from_outbox
from notices.webhooks.delivering import LISTENER as WEBHOOKS
from records.compliance import summary
from records.services import remind_of_follow_ups
from requests_app.models import AssistanceRequest

# What is told is told of the last days; before, it counts as told long ago.
NOTICES_KEPT = dt.timedelta(days=7)
# Every deed goes through the services; more than this are told once and copied (``bulk``).
MOST_RECORDS = 2_000
# Letters younger than this are sent for real; notices younger than that are still unread.
LETTERS_OWED = dt.timedelta(hours=12)
NOTICES_UNREAD = dt.timedelta(days=2)
LOCK = 706_014


@dataclass(frozen=True)
class Loaded:
    """What was made: how many records of each status; none if the mission was there."""

    made: bool
    statuses: Counter[str]


def stories_for(records: int | None, seed: int) -> list[Story]:
    """Return the demonstration's own stories, and varied ones up to the number asked for."""
    stories = told_stories()
    wanted = len(stories) if records is None else records
    return stories[:wanted] + varied_stories(wanted - len(stories), seed)


@transaction.atomic
def load(
    *,
    records: int | None = None,
    seed: int = 1,
    now: dt.datetime | None = None,
    besides: Sequence[Story] = (),
) -> Loaded:
    """Make the demonstration mission with its records, whole or not at all.

    Does nothing where the mission exists. The same seed gives the same people, references
    and words; ``besides`` are further stories to tell. The clock is told each deed's moment,
    and the ledger's entries say so.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    if Mission.objects.filter(code=told()["mission"]["code"]).exists():
        return Loaded(made=False, statuses=Counter())
    now = (now or clock.now()).replace(second=0, microsecond=0)
    stories = {story.key: story for story in [*stories_for(records, seed), *besides]}
    scene = Scene(world=make_world(today=now.date(), password=settings.DEMO_PASSWORD), seed=seed)
    zone = ZoneInfo(scene.world.mission.time_zone)
    moments = sorted(
        moment for story in stories.values() for moment in moments_of(story, now, zone, seed)
    )
    deeds: list[tuple[dt.datetime, Callable[[], None]]] = [
        *((moment.at, partial(_play, scene, stories[moment.key], moment)) for moment in moments),
        *process_deeds(scene.world, now),
        *rotation_deeds(scene.world, now),
        *beside_deeds(scene.world, now),
        *archive_deeds(scene.world, now),
    ]
    for at, deed in sorted(deeds, key=itemgetter(0)):
        with clock.telling(at):
            lapse_overdue_advice()
            deed()
            _tell_whom_it_concerns(lately=now - at < NOTICES_KEPT)
    with clock.telling(now):
        remind_of_follow_ups()
        _tell_whom_it_concerns(lately=True)
    _forget_what_was_read(now)
    summary.catch_up(scene.world.mission)
    statuses = AssistanceRequest.objects.filter(mission=scene.world.mission).values_list(
        "status", flat=True
    )
    return Loaded(made=True, statuses=Counter(statuses))


def _play(scene: Scene, story: Story, moment: Moment) -> None:
    if moment.number == 0:
        begin(scene, story)
    else:
        do(scene, story, story.deeds[moment.number - 1])


def _tell_whom_it_concerns(*, lately: bool) -> None:
    """Turn what is owed into notices now, so that each bears its own day."""
    if not lately:
        owed = OutboxRow.objects.filter(listener__in=[LISTENER, WEBHOOKS], done_at=None)
        owed.update(done_at=clock.now())
        return
    for row in owed_rows():
        take_from_outbox(row)
    OutboxRow.objects.filter(listener=WEBHOOKS, done_at=None).update(done_at=clock.now())


def _forget_what_was_read(now: dt.datetime) -> None:
    """Let old letters count as sent and old notices as read, as three months on they are."""
    old_letters = Letter.objects.filter(sent_at=None, next_try_at__lt=now - LETTERS_OWED)
    old_letters.update(sent_at=now, attempts=1)
    Notice.objects.filter(read_at=None, made_at__lt=now - NOTICES_UNREAD).update(read_at=now)

"""How people rotate in the demonstration: leave, delegations, handovers, duties (P49)."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from approvals import services
from cimic.demo.world import World
from records import handing_over
from records.models import Handover
from requests_app.vocabulary import Route

Deed = tuple[dt.datetime, Callable[[], None]]


@dataclass(frozen=True)
class Rotation:
    """The deeds by account; days are counted back from today, in mission time."""

    world: World
    today: dt.date
    zone: ZoneInfo

    def day(self, ago: int) -> dt.date:
        return self.today - dt.timedelta(days=ago)

    def at(self, ago: int, hour: int, minute: int) -> dt.datetime:
        moment = dt.datetime.combine(self.day(ago), dt.time(hour, minute), self.zone)
        return moment.astimezone(dt.UTC)

    def in_charge(self, post: str, person: str, begins: int, ends: int) -> None:
        services.put_in_charge(
            actor=self.world.people[post],
            post=self.world.posts[post],
            person=self.world.people[person],
            from_on=self.day(begins),
            until_on=self.day(ends),
        )

    def hand_over(self, post: str, by: str, note: str) -> None:
        handing_over.hand_over(actor=self.world.people[by], post=self.world.posts[post], note=note)

    def take_over(self, post: str) -> None:
        handing_over.acknowledge(
            actor=self.world.people[post],
            handover=Handover.objects.select_related("post", "by").get(post=self.world.posts[post]),
            duties_read=True,
        )

    def delegate(
        self, post: str, to: str, begins: int, ends: int, scope: str, routes: list[str]
    ) -> None:
        services.delegate(
            actor=self.world.people[post],
            post=self.world.posts[post],
            delegate=self.world.people[to],
            from_on=self.day(begins),
            until_on=self.day(ends),
            scope=scope,
            routes=routes,
        )

    def lay_duty(self, post: str, by: str, duty: str) -> None:
        handing_over.open_duty(actor=self.world.people[by], post=self.world.posts[post], duty=duty)

    def close_first_duty(self, post: str, outcome: str) -> None:
        duty = handing_over.open_duties_of(self.world.posts[post]).earliest("opened_at")
        handing_over.close_duty(actor=self.world.people[post], duty=duty, outcome=outcome)


def rotation_deeds(world: World, now: dt.datetime) -> Iterator[Deed]:
    """Tell who was away, who acted for them, and what was handed over: each deed, its moment."""
    zone = ZoneInfo(world.mission.time_zone)
    told = Rotation(world, now.astimezone(zone).date(), zone)
    yield from _sector_east(told)
    yield from _chief(told)
    yield (
        told.at(1, 15, 5),
        lambda: told.delegate(
            "civil.affairs",
            "civil.affairs.officer",
            0,
            -6,
            "Field visit to Sector South with the DSRSG (Political)",
            [Route.CIVIL_ASSISTANCE, Route.QIP],
        ),
    )


def _sector_east(told: Rotation) -> Iterator[Deed]:
    """Leave handed back and acknowledged; a duty that stays; a delegation open today."""
    yield (
        told.at(61, 10, 20),
        lambda: told.lay_duty(
            "sector.east",
            "gender",
            "Women and girls fetch water at the Sureen crossing before dawn and were followed "
            "there twice. A joint foot patrol with UNPOL at 05:00 until the second tap stand "
            "of the reception centre works.",
        ),
    )
    yield (
        told.at(58, 14, 45),
        lambda: told.lay_duty(
            "sector.east",
            "human.rights",
            "The families received at Dunai are of one community and their hosts of another. "
            "Night patrols between the two, none inside the site; the elders of both have the "
            "duty telephone. Tell Human Rights before the number of patrols is changed.",
        ),
    )
    yield told.at(53, 9, 40), lambda: told.in_charge("sector.east", "unit.ghana", 50, 40)
    yield (
        told.at(40, 16, 30),
        lambda: told.hand_over(
            "sector.east",
            "unit.ghana",
            "The bridge at Sureen bears eight tonnes again since the engineers' visit. WFP asks "
            "for the convoy times a day earlier than before.",
        ),
    )
    yield told.at(39, 8, 25), lambda: told.take_over("sector.east")
    yield (
        told.at(22, 11, 10),
        lambda: told.close_first_duty(
            "sector.east",
            "The second tap stand has run since Monday and the women's committee asked for the "
            "patrol to end. UNPOL visits once a week.",
        ),
    )
    yield (
        told.at(4, 9, 15),
        lambda: told.delegate(
            "sector.east",
            "unit.ghana",
            3,
            -10,
            "Quick Impact Projects in Barin, while I plan the convoys",
            [Route.QIP],
        ),
    )


def _chief(told: Rotation) -> Iterator[Deed]:
    """Leave just over: what the officer-in-charge handed back is not acknowledged yet."""
    yield (
        told.at(47, 15, 30),
        lambda: told.lay_duty(
            "chief.cimic",
            "human.rights",
            "Two health partners were threatened in Haduk after they were seen with an escort. "
            "No vehicle of the force within sight of their clinics; meet them in Galasi only.",
        ),
    )
    yield told.at(18, 10, 0), lambda: told.in_charge("chief.cimic", "cimic.staff", 16, 2)
    yield (
        told.at(2, 17, 20),
        lambda: told.hand_over(
            "chief.cimic",
            "cimic.staff",
            "UN-CMCoord will ask about the escort of the oxygen cylinders: the cluster has found "
            "a truck, so it may fall away. The draft process for QIPs waits for your comment "
            "before the Force Commander's office asks again.",
        ),
    )

"""Setting a mission up: itself, the posts that its baseline processes need, and its administrator.

Several missions may live on one installation; nothing of one is seen in another. Who belongs to
which follows from the posts people hold, so a mission begins with its posts and one person.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from ledger.services import append, chain_of_mission
from missions.models import Appointment, Mission, Post, User
from missions.vocabulary import Classification, Reach, Role

OPEN, CONFIDENTIAL, STRICT = Classification

# The posts that every mission has, with their reach, their clearance and the post above.
POSTS: list[tuple[Role, Reach, Classification, Role | None]] = [
    (Role.SRSG, Reach.MISSION, STRICT, None),
    (Role.DSRSG, Reach.MISSION, STRICT, Role.SRSG),
    (Role.DSRSG_OFFICE, Reach.MISSION, STRICT, Role.DSRSG),
    (Role.DSRSG_POLITICAL, Reach.MISSION, CONFIDENTIAL, Role.SRSG),
    (Role.DESIGNATED_OFFICIAL, Reach.MISSION, STRICT, Role.SRSG),
    (Role.HOMC, Reach.MISSION, STRICT, Role.SRSG),
    (Role.CHIEF_OF_STAFF, Reach.MISSION, STRICT, Role.SRSG),
    (Role.CHIEF_CIMIC, Reach.MISSION, STRICT, Role.HOMC),
    (Role.CIMIC_STAFF, Reach.MISSION, CONFIDENTIAL, Role.CHIEF_CIMIC),
    (Role.OPS, Reach.MISSION, CONFIDENTIAL, Role.HOMC),
    (Role.DMS, Reach.MISSION, OPEN, Role.SRSG),
    (Role.CMCOORD, Reach.MISSION, CONFIDENTIAL, Role.DSRSG),
    (Role.CIVIL_AFFAIRS, Reach.MISSION, CONFIDENTIAL, Role.CHIEF_OF_STAFF),
    (Role.GENDER, Reach.OWN, OPEN, Role.CHIEF_OF_STAFF),
    (Role.HUMAN_RIGHTS, Reach.OWN, OPEN, Role.CHIEF_OF_STAFF),
    (Role.UNPOL, Reach.OWN, OPEN, Role.CHIEF_OF_STAFF),
    (Role.QIP_MANAGER, Reach.MISSION, OPEN, Role.CHIEF_OF_STAFF),
    (Role.UNDSS, Reach.MISSION, CONFIDENTIAL, Role.DESIGNATED_OFFICIAL),
    (Role.EVALUATOR, Reach.MISSION, CONFIDENTIAL, None),
    (Role.RECORDS_OFFICER, Reach.MISSION, STRICT, None),
    (Role.ADMINISTRATOR, Reach.OWN, OPEN, None),
]
OFFICES = {Role.DSRSG_OFFICE: Role.DSRSG, Role.CIMIC_STAFF: Role.CHIEF_CIMIC}


@dataclass(frozen=True)
class Founded:
    """What was made, and the one link by which a new administrator chooses a password."""

    mission: Mission
    administrator: User
    link: str


def let_administer(person: User) -> None:
    """Let a person keep their missions' people and posts; nothing of any request."""
    kept = Permission.objects.filter(content_type__app_label="missions").exclude(
        content_type__model="accesstoken"
    )
    person.is_staff = True
    person.save(update_fields=["is_staff"])
    person.user_permissions.add(*kept.exclude(codename__startswith="delete_"))


def link_to_choose_a_password(person: User) -> str:
    """Return an address that is good for the hours of a forgotten password's, once."""
    path = reverse(
        "account_reset_password_from_key",
        kwargs={
            "uidb36": user_pk_to_url_str(person),
            "key": default_token_generator.make_token(person),
        },
    )
    return f"{settings.SITE_URL}{path}"


def _posts_of(mission: Mission) -> dict[Role, Post]:
    posts = {
        role: Post.objects.create(
            mission=mission,
            code=role.value.replace("_", "."),
            title=str(role.label),
            role=role,
            reach=reach,
            clearance=clearance,
        )
        for role, reach, clearance, _above in POSTS
    }
    for role, _reach, _clearance, above in POSTS:
        posts[role].above = posts[above] if above else None
        posts[role].office_of = posts[OFFICES[role]] if role in OFFICES else None
        posts[role].save(update_fields=["above", "office_of"])
    return posts


@transaction.atomic
def found(*, values: dict[str, Any], username: str, email: str, today: dt.date) -> Founded:
    """Make a mission with its posts, and give the administrator's to a person, new or known.

    Raises ``ValidationError`` naming what is wrong: a code that is taken, no such time zone, an
    address that belongs to somebody else.
    """
    mission = Mission(**values)
    mission.full_clean()
    mission.save()
    posts = _posts_of(mission)
    person = User.objects.filter(username=username).first()
    link = ""
    if person is None:
        person = User(username=username, email=email)
        person.set_unusable_password()
        person.full_clean(exclude=["password"])
        person.save()
        link = link_to_choose_a_password(person)
    elif email and email != person.email:
        raise ValidationError({"administrator": "This account has another e-mail address."})
    let_administer(person)
    Appointment.objects.create(post=posts[Role.ADMINISTRATOR], person=person, from_on=today)
    append(
        chain_id=chain_of_mission(mission),
        act="mission.founded",
        actor=None,
        payload={
            "code": mission.code,
            "name": mission.name,
            "posts": sorted(post.code for post in posts.values()),
            "administrator": person.pk,
        },
    )
    return Founded(mission, person, link)

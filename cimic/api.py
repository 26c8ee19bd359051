"""The API's own doors: health, the mission's lists."""

from typing import Any

from django.db import DatabaseError, InterfaceError, connection
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from kombu.exceptions import OperationalError
from redis import RedisError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cimic.celery import app
from missions.queries import standings_of
from requests_app.vocabulary import CATEGORIES

# A carrier that takes a call and says nothing must not hold the web up.
CARRIER_PATIENCE = {"socket_timeout": 1, "socket_connect_timeout": 1}


def carrier_answers() -> bool:
    """Whether Celery's carrier answers within a second; without it letters only come later."""
    try:
        with app.connection_for_write() as connection:
            connection.transport_options = {**connection.transport_options, **CARRIER_PATIENCE}
            connection.ensure_connection(max_retries=1, timeout=1, interval_start=0)
    except (OSError, OperationalError, RedisError):
        return False
    return True


class HealthView(APIView):
    """Whether the system serves; what is down, without secrets.

    Down (503) is the database; without the carrier everything can still be asked and
    decided, and what is owed is sent once it is back.
    """

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(responses={200: OpenApiTypes.OBJECT, 503: OpenApiTypes.OBJECT}, auth=[])
    def get(self, request: Request) -> Response:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
            database = "up"
        except (DatabaseError, InterfaceError):
            database = "down"
        healthy = database == "up"
        return Response(
            {
                "status": "up" if healthy else "down",
                "database": database,
                "carrier": "up" if carrier_answers() else "down",
            },
            status=200 if healthy else 503,
        )


class LiveView(APIView):
    """Whether this process answers at all; it asks nobody else."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(responses=OpenApiTypes.OBJECT, auth=[], operation_id="live")
    def get(self, request: Request) -> Response:
        return Response({"status": "up"})


class MeView(APIView):
    """Who I am here: my posts, in what capacity, and my mission's lists to choose from."""

    @extend_schema(responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        person: Any = request.user
        standings = standings_of(person)
        mission = standings[0].post.mission if standings else None
        lists: dict[str, Any] = {}
        if mission:
            lists = {
                "areas": list(mission.areas.values("pcode", "name", "level")),
                "sectors": list(mission.sectors.values("code", "name")),
                "units": list(mission.units.values("code", "name")),
                "organisations": list(mission.organisations.values("name", "acronym", "type")),
                "displacement_sites": list(
                    mission.displacement_sites.filter(closed_on__isnull=True).values(
                        "name", "latitude", "longitude"
                    )
                ),
                "disaster_events": list(
                    mission.disaster_events.values("name", "glide", "began_on", "ended_on")
                ),
                "clusters": list(mission.clusters.values("code", "name")),
                "posts": list(mission.posts.values("code", "title", "role")),
                "categories": {
                    kind.value: [category.value for category in found]
                    for kind, found in CATEGORIES.items()
                },
            }
        return Response(
            {
                "username": person.username,
                "name": person.name,
                "mission": mission.code if mission else None,
                "posts": [
                    {
                        "post": held.post.code,
                        "title": held.post.title,
                        "role": held.post.role,
                        "capacity": held.capacity,
                    }
                    for held in standings
                ],
                **lists,
            }
        )


class NowhereView(APIView):
    """Whatever is not in the API: 404 as problem details."""

    permission_classes = [AllowAny]
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404

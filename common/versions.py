"""Which version a change was made on: ``If-Match`` with the ETag that was read."""

from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.request import Request

from common.errors import FieldError, Malformed, VersionMissing

LONGEST_VERSION = 9
VERSION_HEADER = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="The version that was read, as its ETag gave it.",
)


def asked_version(request: Request) -> int:
    """Return the version that was read; raise ``VersionMissing`` or ``Malformed``."""
    said = request.headers.get("If-Match", "").strip().removeprefix("W/").strip('"')
    if not said:
        raise VersionMissing(_("Send If-Match with the version you read, as its ETag gave it."))
    if not said.isdecimal() or len(said) > LONGEST_VERSION:
        raise Malformed(errors=[FieldError("If-Match", _("Send the version as its ETag gave it."))])
    return int(said)

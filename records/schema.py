"""What the OpenAPI document says of bodies and filters, made from the questions themselves."""

from typing import Any

from django import forms
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

from requests_app.questions import QUESTIONS
from requests_app.vocabulary import Harm, Kind

_TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "long": {"type": "string"},
    "date": {"type": "string", "format": "date"},
    "moment": {"type": "string", "format": "date-time"},
    "whole": {"type": "integer", "minimum": 0},
    "money": {"type": "string", "format": "decimal"},
    "degrees": {"type": "number"},
    "flag": {"type": "boolean"},
    "area": {"type": "string", "description": "p-code or name"},
    "sector": {"type": "string", "description": "code or name"},
    "disaster_event": {"type": "string", "description": "name of one of the mission's events"},
    "displacement_site": {"type": "string", "description": "name of one of the mission's sites"},
    "camp_effect": {"type": "string"},
    "low_profile": {"type": "boolean"},
    "cluster": {"type": "string", "description": "code or name"},
    "organisation": {"type": "string", "description": "name or acronym"},
    "assets": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["asset", "quantity"],
            "properties": {
                "asset": {"type": "string"},
                "quantity": {"type": "integer", "minimum": 1},
                "note": {"type": "string"},
            },
        },
    },
    "budget": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["item", "quantity", "unit_cost"],
            "properties": {
                "item": {"type": "string"},
                "quantity": {"type": "number", "minimum": 0},
                "unit_cost": {"type": "number", "minimum": 0},
            },
        },
    },
}


def _property(question: Any) -> dict[str, Any]:
    found = dict(_TYPES.get(question.holds, {"type": "string"}))
    kinds = ", ".join(sorted(kind.value for kind in question.kinds))
    needed = "needed before submission" if question.needed else "optional"
    paragraph = f"; para {question.paragraph}" if question.paragraph else ""
    found["description"] = f"{question.label} ({kinds}; {needed}{paragraph}). {question.help}"
    if question.choices:
        found["enum"] = sorted(
            {str(word) for kind in question.kinds for word, _ in question.choices(kind)}
        )
    if question.max_length:
        found["maxLength"] = question.max_length
    return found


def _body(required: list[str], properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", "required": required, "properties": properties}
    return {"application/json": schema}


def _of_a_field(field: forms.Field) -> dict[str, Any]:
    """Say in JSON Schema what a form's field takes."""
    found: dict[str, Any] = {"type": "string"}
    if isinstance(field, forms.IntegerField) and not isinstance(field, forms.DecimalField):
        found = {"type": "integer", "minimum": field.min_value}
    elif isinstance(field, forms.DecimalField):
        found = {"type": "string", "format": "decimal"}
    elif isinstance(field, forms.DateField):
        found = {"type": "string", "format": "date"}
    elif isinstance(field, forms.ChoiceField):
        words: Any = field.choices
        found = {"type": "string", "enum": [str(code) for code, _label in words]}
    elif isinstance(field, forms.CharField) and field.max_length:
        found = {"type": "string", "maxLength": field.max_length}
    return found | ({"description": str(field.help_text)} if field.help_text else {})


def act_body(fields: dict[str, forms.Field], lists: dict[str, list[str]]) -> dict[str, Any]:
    """Describe the body of an act by its form, and the lists of words it takes beside."""
    return _body(
        [name for name, field in fields.items() if field.required],
        {name: _of_a_field(field) for name, field in fields.items()}
        | {
            name: {"type": "array", "items": {"type": "string", "enum": words}}
            for name, words in lists.items()
        },
    )


_GRID = {
    "type": "string",
    "maxLength": 60,
    "description": "grid reference (MGRS, WGS 84, 1 to 5 digits each way) in place of latitude "
    "and longitude, or beside them if it means the same place",
}
_KINDS = [Kind.CIVIL_ASSISTANCE.value, Kind.SECURITY_ASSISTANCE.value, Kind.QIP.value]

DRAFT_BODY = _body(
    ["kind"],
    {
        "id": {"type": "string", "format": "uuid", "description": "made by the client"},
        "kind": {"type": "string", "enum": _KINDS},
        **{question.name: _property(question) for question in QUESTIONS},
        "mgrs": _GRID,
    },
)
EXTREME_BODY = _body(
    ["title", "harm", "acted_at", "action_taken"],
    {
        "id": {"type": "string", "format": "uuid"},
        "title": {"type": "string", "maxLength": 160},
        "harm": {"type": "string", "enum": [str(word) for word in Harm.values]},
        "acted_at": {"type": "string", "format": "date-time"},
        "action_taken": {"type": "string"},
        "area": {"type": "string", "description": "p-code or name"},
        "place": {"type": "string", "description": "needed where no area is given"},
        "latitude": {"type": "number"},
        "longitude": {"type": "number"},
        "mgrs": _GRID,
        **{name: {"type": "integer", "minimum": 0} for name in ("women", "men", "girls", "boys")},
    },
)

REGISTER_PARAMETERS = [
    OpenApiParameter("status", OpenApiTypes.STR, many=True, description="any of these"),
    OpenApiParameter("kind", OpenApiTypes.STR, many=True, description="any of these"),
    OpenApiParameter("category", OpenApiTypes.STR, many=True),
    OpenApiParameter("sector", OpenApiTypes.STR, description="code"),
    OpenApiParameter("area", OpenApiTypes.STR, description="p-code; its districts too"),
    OpenApiParameter("bbox", OpenApiTypes.STR, description="west,south,east,north in degrees"),
    OpenApiParameter(
        "follow_up",
        OpenApiTypes.STR,
        enum=["open", "unmet", "delivered"],
        many=True,
        description="what became of a refused need",
    ),
    OpenApiParameter("disaster_event", OpenApiTypes.STR, description="name"),
    OpenApiParameter("displacement_site", OpenApiTypes.STR, description="name"),
    OpenApiParameter("search", OpenApiTypes.STR, description="every word must be found"),
    OpenApiParameter("needed_before", OpenApiTypes.DATE),
    OpenApiParameter("needed_after", OpenApiTypes.DATE),
    OpenApiParameter("submitted_after", OpenApiTypes.DATE),
    OpenApiParameter("submitted_before", OpenApiTypes.DATE),
    OpenApiParameter("waiting_on", OpenApiTypes.STR, description="a post's code, or `me`"),
    OpenApiParameter("mine", OpenApiTypes.BOOL),
    OpenApiParameter(
        "sort",
        OpenApiTypes.STR,
        description="created, changed, needed_by, reference, title, kind or status; - before it "
        "turns it round",
    ),
    OpenApiParameter(
        "columns",
        OpenApiTypes.STR,
        many=True,
        description="the columns of an export; every one of the usual ones without",
    ),
    OpenApiParameter("cursor", OpenApiTypes.STR),
    OpenApiParameter("page_size", OpenApiTypes.INT),
]

EXPORT_PARAMETERS = [
    OpenApiParameter(
        "view",
        OpenApiTypes.STR,
        enum=["4w"],
        description="who, what, where, when, for partners: no security assistance, nothing "
        "classified, no contacts, nobody of low profile",
    ),
    OpenApiParameter(
        "hxl", OpenApiTypes.STR, enum=["0", "1"], description="a row of HXL tags (CSV, XLSX)"
    ),
    OpenApiParameter(
        "language", OpenApiTypes.STR, enum=["en", "fr"], description="of the headings"
    ),
    OpenApiParameter(
        "wait", OpenApiTypes.STR, enum=["0", "1"], description="send any number of rows at once"
    ),
]

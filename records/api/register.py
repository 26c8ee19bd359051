"""The API of saved views."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.errors import FieldError, Malformed
from common.idempotency import IdempotentPosts
from common.listing import CursorPages, asked_page, list_response
from common.paging import page_of
from common.writing import ModelBuiltOnce
from records import saved_views
from records.models import SavedView


class SavedViewSerializer(ModelBuiltOnce[SavedView]):
    """A question of the register, kept under a name."""

    mission = serializers.CharField(source="mission.code")
    owner = serializers.CharField(source="owner.name")
    mine = serializers.SerializerMethodField()

    class Meta:
        model = SavedView
        fields = ["id", "name", "query", "shared", "mission", "owner", "mine", "changed_at"]

    def get_mine(self, view: SavedView) -> bool:
        return view.owner_id == self.context["person"].pk


VIEW_BODY = {
    "application/json": {
        "type": "object",
        "required": ["name", "query"],
        "properties": {
            "name": {"type": "string", "maxLength": saved_views.LONGEST_NAME},
            "query": {
                "type": "string",
                "maxLength": saved_views.LONGEST_QUERY,
                "description": "the query string of requests/, with columns and sort",
            },
            "shared": {"type": "boolean", "default": False},
        },
    }
}


def _said(request: Request) -> dict[str, Any]:
    data = request.data if isinstance(request.data, dict) else {}
    errors = [
        FieldError(name, _("Send the view's %(name)s as text.") % {"name": name})
        for name in ("name", "query")
        if not isinstance(data.get(name), str) or "\0" in data[name]
    ]
    if not isinstance(data.get("shared", False), bool):
        errors.append(FieldError("shared", _("Answer true or false.")))
    if errors:
        raise Malformed(errors=errors)
    return {name: data[name] for name in ("name", "query")} | {"shared": data.get("shared", False)}


class SavedViewsView(IdempotentPosts, APIView):
    """One's own saved views and those shared in the mission; keep another."""

    pagination_class = CursorPages

    @extend_schema(responses=SavedViewSerializer(many=True), operation_id="views")
    def get(self, request: Request) -> Response:
        person: Any = request.user
        cursor, size = asked_page(request)
        views = saved_views.views_of(person).select_related("mission", "owner")
        page = page_of(views, ("name", "id"), cursor=cursor, size=size)
        lines = SavedViewSerializer(page.rows, many=True, context={"person": person}).data
        return list_response(request, lines, page)

    @extend_schema(request=VIEW_BODY, responses={201: SavedViewSerializer})
    def post(self, request: Request) -> Response:
        person: Any = request.user
        view = saved_views.save_view(actor=person, **_said(request))
        return Response(SavedViewSerializer(view, context={"person": person}).data, status=201)


class SavedViewView(APIView):
    """One saved view: read it; its owner changes it whole, or deletes it."""

    def _view(self, request: Request, view_id: int) -> SavedView:
        view = saved_views.views_of(request.user).filter(pk=view_id).first()
        if view is None:
            raise Http404
        return view

    @extend_schema(responses=SavedViewSerializer, operation_id="view")
    def get(self, request: Request, view_id: int) -> Response:
        view = self._view(request, view_id)
        return Response(SavedViewSerializer(view, context={"person": request.user}).data)

    @extend_schema(request=VIEW_BODY, responses=SavedViewSerializer)
    def put(self, request: Request, view_id: int) -> Response:
        person: Any = request.user
        view = self._view(request, view_id)
        view = saved_views.change_view(actor=person, view=view, **_said(request))
        return Response(SavedViewSerializer(view, context={"person": person}).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, view_id: int) -> Response:
        saved_views.delete_view(actor=request.user, view=self._view(request, view_id))
        return Response(status=204)

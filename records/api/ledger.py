"""The API of the ledger's proof: checkpoints, receipts, paths, and erasures by two people."""

from typing import Any

from django.http import Http404
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from common.errors import FieldError, Malformed, NotNow
from common.idempotency import IdempotentPosts
from common.listing import asked_page, list_response
from common.paging import page_of
from common.writing import ModelBuiltOnce
from ledger.models import AccessLog, Chain, ErasureRequest, WitnessReceipt
from ledger.policy import acknowledging_as, may_acknowledge, may_ask_erasure, may_read_ledger
from ledger.proofs import proof_of
from ledger.readings import readings_of
from ledger.receipts import acknowledge
from ledger.state import checkpoints_made, how_it_stands
from records.api.shared import body_of, record_of
from records.erasing import ask_erasure, confirm_erasure, open_requests, refuse_erasure

LARGEST = 2**31 - 1


class ReceiptSerializer(ModelBuiltOnce[WitnessReceipt]):
    """A receipt: to whom, whether it has left, and whether it was acknowledged."""

    class Meta:
        model = WitnessReceipt
        fields = ["id", "destination", "digest", "left_at", "attempts", "acknowledged_at"]


class KeySerializer(serializers.Serializer[Any]):
    """A public key that checkpoints were signed with, and from when."""

    number = serializers.IntegerField()
    key_id = serializers.CharField()
    public_key = serializers.CharField()
    from_at = serializers.DateTimeField()
    announced = serializers.BooleanField(source="announcement")


class CheckpointSerializer(serializers.Serializer[Any]):
    """A checkpoint: the signed root over the heads of all chains, and its receipts."""

    number = serializers.IntegerField()
    made_at = serializers.DateTimeField()
    root = serializers.CharField()  # type: ignore[assignment]
    chains = serializers.IntegerField()
    entries = serializers.IntegerField()
    previous = serializers.CharField()
    key_id = serializers.CharField(source="key.key_id")
    hash = serializers.CharField()
    signature = serializers.CharField()
    receipts = ReceiptSerializer(many=True)


class CheckpointsSerializer(serializers.Serializer[Any]):
    """A page of checkpoints, newest first."""

    results = CheckpointSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class StateSerializer(serializers.Serializer[Any]):
    """How the ledger stands with its witnesses."""

    entries = serializers.IntegerField()
    unwitnessed = serializers.IntegerField()
    last_checkpoint = CheckpointSerializer(source="checkpoint", allow_null=True)
    witnessed_until = serializers.IntegerField(
        source="witnessed.checkpoint.number", default=None, allow_null=True
    )
    witnessed_at = serializers.DateTimeField(
        source="witnessed.left_at", default=None, allow_null=True
    )
    receipts_waiting = serializers.IntegerField(source="waiting")
    keys = KeySerializer(many=True)


class ErasureSerializer(ModelBuiltOnce[ErasureRequest]):
    """An erasure asked for: in which record, which entries, by whom, why, and its answer."""

    reference = serializers.CharField(source="chain.reference")
    entries = serializers.ListField(source="numbers", child=serializers.IntegerField())
    by = serializers.CharField(source="by.name")
    post = serializers.CharField(source="post.title")
    erased = serializers.SerializerMethodField()

    class Meta:
        model = ErasureRequest
        fields = [
            "id", "reference", "entries", "reason", "authority", "by", "post", "at",
            "answered_at", "erased", "remarks",
        ]  # fmt: skip

    def get_erased(self, asked: ErasureRequest) -> bool:
        """Say whether it was confirmed and done."""
        return asked.erasure_id is not None


class ErasuresSerializer(serializers.Serializer[Any]):
    """A page of erasures that wait."""

    results = ErasureSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


PAGING = [
    OpenApiParameter("cursor", OpenApiTypes.STR),
    OpenApiParameter("page_size", OpenApiTypes.INT),
]
ERASURE_BODY = {
    "application/json": {
        "type": "object",
        "properties": {
            "entries": {"type": "array", "items": {"type": "integer"}},
            "reason": {"type": "string"},
            "authority": {"type": "string"},
        },
        "required": ["entries", "reason"],
    }
}
REMARKS_BODY = {
    "application/json": {
        "type": "object",
        "properties": {"remarks": {"type": "string"}},
        "required": ["remarks"],
    }
}


def _entry_asked(request: Request) -> int | None:
    said = request.query_params.get("entry", "")
    if not said:
        return None
    if not said.isdecimal() or len(said) > 9 or int(said) < 1:
        raise Malformed(errors=[FieldError("entry", _("Name an entry by its number, from 1."))])
    return int(said)


class ProofView(APIView):
    """The proof that a checkpoint covers a record's history, for who reads the record.

    The newest checkpoint's; with ``entry`` that of the first to cover it. ``entries`` is how
    many there are now, ``unwitnessed`` how many are newer than the proof. 409 while none
    covers it.
    """

    @extend_schema(
        parameters=[OpenApiParameter("entry", OpenApiTypes.INT, description="an entry's number")],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request: Request, reference: str) -> Response:
        rfa = record_of(request.user, reference)  # type: ignore[arg-type]
        number = _entry_asked(request)
        length = Chain.objects.values_list("length", flat=True).get(pk=rfa.pk)
        if number is not None and number > length:
            raise Http404
        proof = proof_of(rfa.pk, number=number)
        if proof is None:
            raise NotNow(_("No checkpoint covers this yet: the next one does."), paragraph="41")
        return Response({**proof, "entries": length, "unwitnessed": length - proof["length"]})


class ReadingSerializer(ModelBuiltOnce[AccessLog]):
    """That somebody read a confidential record: who, as what, by page or API, and when."""

    person = serializers.CharField(source="person_name")
    post = serializers.CharField(source="post_title")

    class Meta:
        model = AccessLog
        fields = ["id", "person", "post", "door", "at"]


class ReadingsSerializer(serializers.Serializer[Any]):
    """A page of readings, newest first."""

    results = ReadingSerializer(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class ReadingsView(APIView):
    """Who read a confidential record, newest first, for those who answer for records."""

    @extend_schema(parameters=PAGING, responses=ReadingsSerializer)
    def get(self, request: Request, reference: str) -> Response:
        may_read_ledger(request.user).enforce()
        rfa = record_of(request.user, reference)  # type: ignore[arg-type]
        cursor, size = asked_page(request)
        page = page_of(readings_of(rfa.pk), ("-id",), cursor=cursor, size=size)
        return list_response(request, ReadingSerializer(page.rows, many=True).data, page)


class LedgerView(APIView):
    """How the ledger stands: the last checkpoint, what is witnessed outside, and the keys."""

    @extend_schema(responses=StateSerializer)
    def get(self, request: Request) -> Response:
        may_read_ledger(request.user).enforce()
        return Response(StateSerializer(how_it_stands()).data)


class CheckpointsView(APIView):
    """The checkpoints, newest first, each with its signature and receipts."""

    @extend_schema(parameters=PAGING, responses=CheckpointsSerializer)
    def get(self, request: Request) -> Response:
        may_read_ledger(request.user).enforce()
        cursor, size = asked_page(request)
        page = page_of(checkpoints_made(), ("-number",), cursor=cursor, size=size)
        return list_response(request, CheckpointSerializer(page.rows, many=True).data, page)


class AcknowledgeReceiptView(IdempotentPosts, APIView):
    """Record that a witness has said that a receipt arrived."""

    @extend_schema(request=None, responses=ReceiptSerializer)
    def post(self, request: Request, receipt_id: int) -> Response:
        person: Any = request.user
        may_acknowledge(person).enforce()
        if receipt_id > LARGEST or not WitnessReceipt.objects.filter(pk=receipt_id).exists():
            raise Http404
        standing: Any = acknowledging_as(person)
        kept = acknowledge(receipt_id=receipt_id, actor=person, standing=standing)
        return Response(ReceiptSerializer(kept).data)


class ErasuresView(IdempotentPosts, APIView):
    """Ask that what some entries of an ended record say is erased (P41)."""

    @extend_schema(request=ERASURE_BODY, responses={201: ErasureSerializer})
    def post(self, request: Request, reference: str) -> Response:
        person: Any = request.user
        rfa = record_of(person, reference)
        data = body_of(request)
        numbers, texts = data.get("entries"), [data.get("reason", ""), data.get("authority", "")]
        if not isinstance(numbers, list) or not all(
            isinstance(each, int) and 0 < each < LARGEST for each in numbers
        ):
            raise Malformed(
                errors=[FieldError("entries", _("Send the numbers of entries as a list."))]
            )
        if not all(isinstance(each, str) for each in texts):
            raise Malformed(errors=[FieldError("reason", _("Send it as text."))])
        asked = ask_erasure(
            rfa=rfa, actor=person, numbers=numbers, reason=texts[0], authority=texts[1]
        )
        return Response(ErasureSerializer(asked).data, status=201)


class OpenErasuresView(APIView):
    """The erasures that wait to be confirmed, of records the reader sees, oldest first."""

    @extend_schema(parameters=PAGING, responses=ErasuresSerializer)
    def get(self, request: Request) -> Response:
        person: Any = request.user
        may_ask_erasure(person).enforce()
        cursor, size = asked_page(request)
        page = page_of(open_requests(person), ("at", "id"), cursor=cursor, size=size)
        return list_response(request, ErasureSerializer(page.rows, many=True).data, page)


def _waiting(person: Any, request_id: int) -> ErasureRequest:
    may_ask_erasure(person).enforce()
    found = ErasureRequest.objects.filter(pk=request_id) if request_id <= LARGEST else None
    seen = found.first() if found else None
    if seen is None:
        raise Http404
    record_of(person, str(seen.chain_id))
    return seen


class ConfirmErasureView(IdempotentPosts, APIView):
    """Erase what was asked for, as the second of two people (P41)."""

    @extend_schema(request=None, responses=ErasureSerializer)
    def post(self, request: Request, request_id: int) -> Response:
        person: Any = request.user
        asked = _waiting(person, request_id)
        kept = confirm_erasure(request_id=asked.pk, actor=person)
        return Response(ErasureSerializer(kept).data)


class RefuseErasureView(IdempotentPosts, APIView):
    """Refuse an erasure, or take back one's own, with a reason."""

    @extend_schema(request=REMARKS_BODY, responses=ErasureSerializer)
    def post(self, request: Request, request_id: int) -> Response:
        person: Any = request.user
        asked = _waiting(person, request_id)
        remarks = body_of(request).get("remarks", "")
        if not isinstance(remarks, str):
            raise Malformed(errors=[FieldError("remarks", _("Send it as text."))])
        kept = refuse_erasure(request_id=asked.pk, actor=person, remarks=remarks)
        return Response(ErasureSerializer(kept).data)

"""The API against its own document, called as nobody would: no failure, no breach of contract.

Schemathesis makes calls out of the OpenAPI document, right ones and wrong ones, the same every
time; each is made as one of several posts and undone. What comes back must be what the document
says: status, content type, headers, body. ``CIMIC_LONG=1`` makes forty of each.
"""

import datetime as dt
import json
import os
from itertools import cycle
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
import schemathesis
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer
from hypothesis import HealthCheck, Phase, Verbosity, given
from hypothesis import settings as asked_for
from hypothesis import strategies as st
from rest_framework.test import APIClient
from schemathesis.checks import not_a_server_error
from schemathesis.core.transport import Response
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from approvals import services as approvals
from common.clock import now
from missions.services import issue_token
from notices import services as notices
from tests.builders import (
    a_draft,
    a_mission,
    a_refused,
    a_started,
    a_submitted,
    carried_to,
    extreme_answers,
    qip_answers,
    security_answers,
    who,
)
from tests.calling import finish

pytestmark = pytest.mark.django_db
EACH = 40 if os.environ.get("CIMIC_LONG") else 3
CALLERS = ("chief.cimic", "partner.ngo", "dsrsg", "records.officer", "sector.east", "cos")
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


class Undone(Exception):
    """Ends a call, so that the next one finds everything as it was."""


def the_document() -> dict[str, Any]:
    found = SchemaGenerator().get_schema(request=None, public=True)
    return json.loads(OpenApiJsonRenderer().render(found, renderer_context={}))


@pytest.fixture
def known(settings: Any) -> dict[str, list[str]]:
    """A record of each sort and what hangs on it, so that calls find something."""
    settings.SIGNING_KEY, settings.SIGNING_KEY_FILE = "1f" * 32, ""
    a_mission()
    reported = {**extreme_answers(), "acted_at": now() - dt.timedelta(hours=3)}
    reported.pop("area")
    made = [
        a_draft(),
        a_draft(qip_answers(), by="partner.ngo"),
        a_submitted(by="partner.ngo"),
        a_submitted(security_answers(), by="partner.ngo"),
        carried_to(a_submitted(), "awaiting_decision"),
        a_started(),
        a_refused(),
        approvals.report_extreme_situation(actor=who("unit.east"), values=reported),
    ]
    letter = SimpleUploadedFile("letter.txt", b"Dear Chief")
    files = [approvals.attach(rfa=rfa, actor=rfa.requested_by, upload=letter) for rfa in made[2:4]]
    approvals.refer(rfa=made[2], actor=who("partner.ngo"), matter="We cannot agree.")
    process = approvals.draft_process(actor=who("chief.cimic"), route="qip")
    notices.sweep()
    steps = [str(pk) for rfa in made[2:] for pk in rfa.steps.values_list("pk", flat=True)]
    return {
        "reference": [rfa.reference for rfa in made] + [str(made[2].pk)],
        "attachment_id": [str(one.pk) for one in files],
        "step_id": steps,
        "process_id": [str(process.pk)],
        "referral_id": [str(made[2].referrals.get().pk)],
        "row": ["P36", "P41"],
        "code": ["chief.cimic", "dsrsg", "homc"],
    }


def made_of(case: Any) -> requests.PreparedRequest:
    """Return a case as it would travel."""
    sent = case.as_transport_kwargs(base_url="http://testserver")
    sent.pop("timeout", None)
    return requests.Request(**{k: v for k, v in sent.items() if k in REQUEST}).prepare()


REQUEST = {"method", "url", "headers", "files", "data", "params", "cookies", "json"}


LEFT_OUT = {"content-type", "content-length", "authorization", "cookie", "accept-encoding"}


def called(client: APIClient, asked: requests.PreparedRequest) -> Response:
    """Make a call and undo what it did; give what came back."""
    parts = urlsplit(str(asked.url))
    headers = {
        f"HTTP_{name.upper().replace('-', '_')}": value
        for name, value in asked.headers.items()
        if name.lower() not in LEFT_OUT
    }
    body = asked.body or b""
    try:
        with transaction.atomic():
            answer = client.generic(
                str(asked.method),
                f"{parts.path}?{parts.query}",
                body if isinstance(body, bytes) else str(body).encode(),
                content_type=asked.headers.get("Content-Type", "application/json"),
                **headers,
            )
            content = b"".join(answer) if answer.streaming else answer.content
            finish(answer)
            raise Undone
    except Undone:
        return Response(
            status_code=answer.status_code,
            headers={name: [value] for name, value in answer.items()},
            content=content,
            request=asked,
            elapsed=0.1,
            verify=True,
        )


def test_every_call_is_answered_as_the_document_says(known):
    schema = schemathesis.openapi.from_dict(the_document())
    clients = []
    for username in CALLERS:
        client = APIClient(raise_request_exception=False)
        client.credentials(HTTP_AUTHORIZATION=f"Bearer {issue_token(person=who(username))[0]}")
        clients.append(client)
    turns, breaches, calls = cycle(clients), {}, 0

    for found in schema.get_all_operations():
        operation = found.ok()

        @asked_for(
            max_examples=EACH,
            database=None,
            derandomize=True,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            verbosity=Verbosity.quiet,
        )
        @given(case=operation.as_strategy(), data=st.data())
        def call(case: Any, data: Any) -> None:
            nonlocal calls
            for name in set(case.path_parameters or {}) & set(known):
                if data.draw(st.integers(0, 4)):
                    case.path_parameters[name] = data.draw(st.sampled_from(known[name]))
            asked = made_of(case)
            answer = called(next(turns), asked)
            calls += 1
            try:
                case.validate_response(answer, checks=CHECKS)
            except BaseExceptionGroup as group:
                for one in group.exceptions:
                    what = f"{case.method} {case.operation.path}: {type(one).__name__}"
                    breaches.setdefault(what, f"{one} {asked.body!r} {answer.content[:300]!r}")

        call()
    told = "\n".join(f"{what}\n    {why}" for what, why in sorted(breaches.items()))
    assert not breaches, f"{len(breaches)} of {calls} calls\n{told}"
    assert calls >= EACH * 100

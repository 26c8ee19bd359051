"""The OpenAPI document says what the contract says."""

import os
import subprocess
import sys

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

from requests_app.questions import QUESTIONS

CALLS = """
post /api/v1/tokens/
get post /api/v1/requests/
get patch /api/v1/requests/{reference}/
post /api/v1/requests/{reference}/submit/
post /api/v1/requests/{reference}/withdraw/
post /api/v1/requests/{reference}/cancel/
post /api/v1/requests/{reference}/close/
post /api/v1/requests/{reference}/attachments/
get /api/v1/requests/{reference}/attachments/{attachment_id}/
get post /api/v1/requests/{reference}/messages/
get /api/v1/requests/{reference}/history/
get /api/v1/inbox/
post /api/v1/steps/{step_id}/answers/
post /api/v1/steps/{step_id}/supersede/
post /api/v1/steps/answers/
post /api/v1/extreme-situations/
post /api/v1/requests/{reference}/task/
post /api/v1/requests/{reference}/start/
post /api/v1/requests/{reference}/progress/
post /api/v1/requests/{reference}/complete/
post /api/v1/requests/{reference}/visits/
post /api/v1/requests/{reference}/instalments/
post /api/v1/requests/{reference}/delivered-by-others/
get /api/v1/register.csv
get /api/v1/register.xlsx
get /api/v1/register.json
get /api/v1/register.geojson
get post /api/v1/views/
get put delete /api/v1/views/{view_id}/
get /api/v1/exports/{export_id}/
get post /api/v1/processes/
get patch /api/v1/processes/{process_id}/
post /api/v1/processes/{process_id}/check/
post /api/v1/processes/{process_id}/comments/
post /api/v1/processes/{process_id}/co-sign/
post /api/v1/processes/{process_id}/promulgate/
post /api/v1/processes/{process_id}/discard/
get /api/v1/health/
"""


@pytest.fixture(scope="module")
def document():
    return SchemaGenerator().get_schema(request=None, public=True)


def test_it_is_openapi_3_1_without_a_warning(tmp_path):
    call_command("spectacular", "--validate", "--fail-on-warn", "--file", tmp_path / "schema.yml")

    assert (tmp_path / "schema.yml").read_text().startswith("openapi: 3.1")


@pytest.mark.parametrize("line", CALLS.strip().splitlines())
def test_each_call_of_the_contract_is_in_it(document, line):
    *methods, path = line.split()

    assert set(methods) <= set(document["paths"][path])


def test_the_body_of_a_draft_is_the_forms_own_questions(document):
    body = document["paths"]["/api/v1/requests/"]["post"]["requestBody"]
    fields = set(body["content"]["application/json"]["schema"]["properties"])

    # ``mgrs`` is another way to say latitude and longitude, no question of its own.
    assert fields == {question.name for question in QUESTIONS} | {"id", "kind", "mgrs"}


def test_it_is_served_to_anyone(client):
    assert client.get("/api/v1/schema/").status_code == 200


ASKED_AT_ONCE = """
import sys, threading
import django
django.setup()
from django.test import RequestFactory
from cimic.contract import SchemaView
sys.setswitchinterval(1e-5)
told = []
def ask():
    answer = SchemaView.as_view()(RequestFactory().get("/api/v1/schema/?format=json"))
    told.append(answer.status_code)
asking = [threading.Thread(target=ask) for _ in range(4)]
for each in asking:
    each.start()
for each in asking:
    each.join()
print(told)
"""


def test_a_fresh_process_tells_it_to_several_at_once():
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "cimic.settings"}
    told = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASKED_AT_ONCE],
        env=environment | {"CIMIC_SECRET_KEY": "not-used-for-anything-but-this-test-of-a-document"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert told.stdout.splitlines()[-1:] == ["[200, 200, 200, 200]"], told.stderr[-2000:]

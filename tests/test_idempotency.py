"""Many at once with one key are one deed, also where the first of them was killed midway."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
from rest_framework.test import APIClient

from common.models import IdempotentAnswer
from ledger.models import Entry
from ledger.verification import verify
from requests_app.models import AssistanceRequest, Message
from tests.builders import a_mission, a_submitted
from tests.calling import Caller
from tests.killing import CHECKOUT
from tests.test_races import at_once, refusals

pytestmark = pytest.mark.usefixtures("live")

DIES_MIDWAY = """
import os, signal, time, django
django.setup()
from django.db import transaction
from rest_framework.test import APIClient
from requests_app.models import Message
from django.db.models.signals import post_save
def stop(**said):
    print("midway", flush=True)
    time.sleep(60)
post_save.connect(stop, sender=Message)
APIClient().post(os.environ["PATH_ASKED"], {"text": "When?"}, format="json",
    HTTP_AUTHORIZATION=os.environ["KEY"], HTTP_IDEMPOTENCY_KEY="one")
"""


def test_sixteen_at_once_with_one_key_are_one_deed_with_one_entry():
    a_mission()
    rfa = a_submitted()
    key = Caller("sector.east").authorization
    before = Entry.objects.count()

    def say():
        answer = APIClient().post(
            f"/api/v1/requests/{rfa.reference}/messages/",
            {"text": "When do you come?"},
            format="json",
            HTTP_AUTHORIZATION=key,
            HTTP_IDEMPOTENCY_KEY="one",
        )
        return answer.status_code, json.dumps(answer.json(), sort_keys=True)

    told = at_once(*[say] * 16)

    assert refusals(told) == []
    assert {status for status, _said in told} == {201}
    assert len(set(told)) == 1
    assert Message.objects.count() == 1
    assert Entry.objects.count() == before + 1
    assert verify().holds


def test_killed_midway_it_claims_nothing_and_who_waited_does_the_deed_once():
    a_mission()
    rfa = a_submitted()
    key = Caller("sector.east").authorization
    path = f"/api/v1/requests/{rfa.reference}/messages/"
    first = subprocess.Popen(
        [sys.executable, "-c", DIES_MIDWAY],
        cwd=CHECKOUT,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "cimic.settings",
            "PATH_ASKED": path,
            "KEY": key,
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert first.stdout is not None
    assert first.stdout.readline() == "midway\n"
    killing = threading.Timer(0.7, lambda: first.send_signal(signal.SIGKILL))
    killing.start()
    began = time.monotonic()

    def say():
        answer = APIClient().post(
            path,
            {"text": "When?"},
            format="json",
            HTTP_AUTHORIZATION=key,
            HTTP_IDEMPOTENCY_KEY="one",
        )
        return answer.status_code, json.dumps(answer.json(), sort_keys=True)

    told = at_once(*[say] * 4)
    first.wait()
    first.stdout.close()

    assert time.monotonic() - began > 0.5  # they waited for the one that died
    assert refusals(told) == []
    assert {status for status, _said in told} == {201}
    assert len(set(told)) == 1
    assert Message.objects.count() == 1
    assert IdempotentAnswer.objects.filter(key="one").count() == 1
    assert AssistanceRequest.objects.count() == 1
    assert verify().holds

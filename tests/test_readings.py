"""Who read a confidential record is kept before it is shown, and bound with the checkpoint."""

import pytest
from django.test import Client

from ledger.checkpoints import make_checkpoint
from ledger.models import AccessLog, Entry
from ledger.readings import bind_readings
from ledger.verification import verify
from tests.builders import a_mission, a_submitted, civil_answers, open_step, who
from tests.calling import Caller


@pytest.fixture(autouse=True)
def _signs(settings):
    settings.SIGNING_KEY, settings.SIGNING_KEY_FILE = "1f" * 32, ""
    settings.RECEIPT_FOLDER, settings.RECEIPT_EMAILS = "", []


@pytest.fixture
def confidential(db):
    a_mission()
    return a_submitted(civil_answers(classification="confidential"))


def read_by(username: str, path: str) -> None:
    client = Client()
    client.force_login(who(username))
    assert client.get(path).status_code == 200


def kept() -> list[tuple[str, str]]:
    return list(AccessLog.objects.order_by("pk").values_list("person__username", "door"))


def test_P15_each_reading_of_a_confidential_record_is_kept_by_page_and_api(confidential):
    read_by("chief.cimic", f"/register/{confidential.reference}/")
    read_by("chief.cimic", f"/steps/{open_step(confidential).pk}/")
    Caller("qip.manager").read(f"requests/{confidential.reference}/", expect=404)
    Caller("cos").read(f"requests/{confidential.reference}/history/")

    assert kept() == [("chief.cimic", "page"), ("chief.cimic", "page"), ("cos", "api")]
    assert AccessLog.objects.first().post_title


def test_what_is_not_confidential_and_what_was_refused_leave_no_reading(confidential):
    plain = a_submitted()
    read_by("chief.cimic", f"/register/{plain.reference}/")
    Caller("partner.ngo").read(f"requests/{confidential.reference}/", expect=404)

    assert kept() == []


def test_who_answers_for_records_sees_who_read_one(confidential):
    read_by("chief.cimic", f"/register/{confidential.reference}/")

    found = Caller("cos").read(f"requests/{confidential.reference}/readings/")["results"]

    assert [line["person"] for line in found] == ["Cos Cos", "Chief Cimic"]
    Caller("dsrsg").read(f"requests/{confidential.reference}/readings/", expect=403)
    Caller("partner.ngo").read(f"requests/{confidential.reference}/readings/", expect=403)


def test_a_days_readings_are_bound_before_its_checkpoint_and_once(confidential):
    read_by("chief.cimic", f"/register/{confidential.reference}/")

    make_checkpoint()

    assert Entry.objects.filter(act="readings.bound").count() == 1
    assert bind_readings() == 0
    assert make_checkpoint() is None
    read_by("chief.cimic", f"/register/{confidential.reference}/")
    assert bind_readings() == 1
    assert verify().holds


COLUMNS = {
    "person_id": "(SELECT id FROM missions_user WHERE username = 'admin')",
    "person_name": "'Nobody'",
    "post_title": "'No post'",
    "door": "'other'",
    "at": "at + interval '1 microsecond'",
    "chain_id": "(SELECT id FROM ledger_chain WHERE subject = 'mission' LIMIT 1)",
    "mission_id": "mission_id + 1",
    "id": "id + 1000",
}


@pytest.mark.parametrize("column", [*COLUMNS, "DELETE", "INSERT"])
def test_a_reading_that_is_changed_removed_or_put_in_is_found(live, superuser_cursor, column):
    a_mission()
    rfa = a_submitted(civil_answers(classification="confidential"))
    for _turn in range(3):
        read_by("chief.cimic", f"/register/{rfa.reference}/")
    make_checkpoint()
    assert verify().holds
    superuser_cursor.execute("SET session_replication_role = replica")
    superuser_cursor.execute("ALTER TABLE ledger_accesslog DISABLE TRIGGER ALL")
    first = "(SELECT min(id) FROM ledger_accesslog)"
    names = "mission_id, chain_id, person_id, person_name, post_title, door, at"
    deeds = {
        "DELETE": "DELETE FROM ledger_accesslog WHERE id = {first}",
        "INSERT": "INSERT INTO ledger_accesslog (id, {names}) SELECT 0, {names} "
        "FROM ledger_accesslog WHERE id = {first}",
    }
    change = "UPDATE ledger_accesslog SET {column} = {value} WHERE id = {first}"

    superuser_cursor.execute(
        deeds.get(column, change).format(
            first=first, names=names, column=column, value=COLUMNS.get(column)
        )
    )

    assert [fault.kind for fault in verify().faults] == ["readings"]

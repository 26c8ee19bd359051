"""What is only ever added to: the database keeps it so, whoever asks."""

import psycopg2
import pytest
from django.db import ProgrammingError, connection

from common.append_only import AppendOnly, NeverDeleted, ServingMayUpdate
from ledger.models import Entry
from tests import builders

ONLY_ADDED_TO = AppendOnly.__subclasses__()
DEEDS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")


def rights_on(table: str) -> list[str]:
    """Return what the serving role may do to a table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT session_user")
        assert cursor.fetchone() == ("cimic_app",)
        found = []
        for deed in DEEDS:
            cursor.execute("SELECT has_table_privilege(%s, %s)", [table, deed])
            found += [deed] * cursor.fetchone()[0]
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("model", ONLY_ADDED_TO, ids=lambda model: model.__name__)
def test_the_serving_role_reads_and_adds_and_does_nothing_else(model):
    assert rights_on(model._meta.db_table) == ["SELECT", "INSERT"]


@pytest.mark.django_db
@pytest.mark.parametrize("model", ServingMayUpdate.__subclasses__(), ids=lambda m: m.__name__)
def test_of_a_guarded_row_the_serving_role_changes_the_named_columns_alone(model):
    table = model._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name FROM information_schema.column_privileges "
            "WHERE grantee = 'cimic_app' AND table_name = %s AND privilege_type = 'UPDATE'",
            [table],
        )
        changed = {name for (name,) in cursor.fetchall()}

    named = {model._meta.get_field(name).column for name in model.serving_may_update}
    assert changed == named
    assert rights_on(table) == ["SELECT", "INSERT"]


@pytest.mark.django_db
@pytest.mark.parametrize("model", NeverDeleted.__subclasses__(), ids=lambda m: m.__name__)
def test_what_is_never_deleted_the_serving_role_may_not_delete(model):
    assert rights_on(model._meta.db_table) == ["SELECT", "INSERT", "UPDATE"]


@pytest.mark.django_db
def test_the_serving_role_owns_no_table_and_cannot_switch_a_trigger_off():
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE tableowner = 'cimic_app'")
        assert cursor.fetchall() == []
        with pytest.raises(ProgrammingError, match="must be owner of table ledger_entry"):
            cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER ALL")


@pytest.mark.parametrize("model", ONLY_ADDED_TO, ids=lambda model: model.__name__)
def test_every_append_only_table_has_triggers_that_bind_its_owner_too(
    django_db_setup, owner_url, model
):
    table = model._meta.db_table
    owner = psycopg2.connect(owner_url)
    try:
        with owner.cursor() as cursor:
            cursor.execute(
                "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass "
                "AND NOT tgisinternal AND tgenabled = 'A' ORDER BY tgname",
                [table],
            )
            names = [name for (name,) in cursor.fetchall()]
            assert {f"{table}_never_emptied", f"{table}_only_added_to"} <= set(names)
            with pytest.raises(psycopg2.errors.RestrictViolation, match="only ever added to"):
                cursor.execute(f"TRUNCATE {table} CASCADE")  # noqa: S608
    finally:
        owner.close()


@pytest.mark.parametrize(
    "deed",
    ["UPDATE ledger_entry SET act = 'x'", "DELETE FROM ledger_entry"],
    ids=["change", "erase"],
)
def test_the_owner_of_the_database_cannot_rewrite_an_entry(live, owner_url, deed):
    builders.a_mission()
    builders.a_draft()
    assert [entry.act for entry in Entry.objects.all()] == ["request.drafted"]
    owner = psycopg2.connect(owner_url)
    try:
        with (
            owner.cursor() as cursor,
            pytest.raises(psycopg2.errors.RestrictViolation, match="only ever added to"),
        ):
            cursor.execute(deed)
    finally:
        owner.close()

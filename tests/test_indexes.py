"""No index of what grows with records is the beginning of another: each is written with a row."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

GROWS = (
    "approvals_answer", "approvals_reminder", "approvals_step", "ledger_chain", "ledger_entry",
    "ledger_outboxrow", "ledger_payload", "notices_letter", "notices_notice",
    "requests_app_assetline", "requests_app_assistancerequest", "requests_app_budgetline",
    "requests_app_revision",
)  # fmt: skip
# Plain B-trees that are not unique, whose columns another of the table begins with.
TWICE = """
SELECT one.indexrelid::regclass::text, other.indexrelid::regclass::text
FROM pg_index one
JOIN pg_index other ON other.indrelid = one.indrelid AND other.indexrelid <> one.indexrelid
JOIN pg_class first ON first.oid = one.indexrelid
JOIN pg_class second ON second.oid = other.indexrelid AND second.relam = first.relam
JOIN pg_am method ON method.oid = first.relam AND method.amname = 'btree'
WHERE one.indrelid::regclass::text = ANY(%s) AND NOT one.indisunique
  AND one.indpred IS NULL AND other.indpred IS NULL
  AND one.indexprs IS NULL AND other.indexprs IS NULL
  AND (string_to_array(other.indkey::text, ' '))[1:one.indnkeyatts]
      = string_to_array(one.indkey::text, ' ')
"""


def test_no_index_is_the_beginning_of_another():
    with connection.cursor() as cursor:
        cursor.execute(TWICE, [list(GROWS)])
        assert cursor.fetchall() == []


def test_a_reference_is_found_along_an_index_whatever_its_case():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN SELECT id FROM requests_app_assistancerequest WHERE upper(reference) = 'A'"
        )
        assert "rfa_as_it_is_called" in "".join(line for (line,) in cursor.fetchall())

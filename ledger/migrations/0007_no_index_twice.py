"""No index where another begins with the same columns: each is written with every deed (decision 53)."""

import django.db.models.deletion
from django.db import migrations, models


# An index's name, its table and its column.
TWICE = (
    ("ledger_chain_mission_id_bbef6a41", "ledger_chain", "mission_id"),
    ("ledger_entry_chain_id_ded0f27d", "ledger_entry", "chain_id"),
    ("ledger_entry_hash_360edb66_like", "ledger_entry", "hash varchar_pattern_ops"),
    ("ledger_outboxrow_entry_id_3edc281c", "ledger_outboxrow", "entry_id"),
)
DROP = "".join(f"DROP INDEX IF EXISTS {name};" for name, _table, _column in TWICE)
MAKE = "".join(f"CREATE INDEX {name} ON {table} ({column});" for name, table, column in TWICE)


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0006_which_request_it_was"),
        ("missions", "0005_tokens_have_scopes"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(DROP, MAKE)],
            state_operations=[
                migrations.AlterField(
                    model_name="chain",
                    name="mission",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="chains",
                        to="missions.mission",
                    ),
                ),
                migrations.AlterField(
                    model_name="entry",
                    name="chain",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="ledger.chain",
                    ),
                ),
                migrations.AlterField(
                    model_name="outboxrow",
                    name="entry",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outbox",
                        to="ledger.entry",
                    ),
                ),
            ],
        ),
    ]

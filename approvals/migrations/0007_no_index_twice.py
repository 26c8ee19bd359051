"""No index where another begins with the same columns: each is written with every deed (decision 53)."""

import django.db.models.deletion
from django.db import migrations, models


# An index's name, its table and its column.
TWICE = (
    ("approvals_answer_delegation_id_d0dc335b", "approvals_answer", "delegation_id"),
    ("approvals_reminder_step_id_a9f6c6cd", "approvals_reminder", "step_id"),
    ("approvals_step_rfa_id_b630800a", "approvals_step", "rfa_id"),
)
DROP = "".join(f"DROP INDEX IF EXISTS {name};" for name, _table, _column in TWICE)
MAKE = "".join(f"CREATE INDEX {name} ON {table} ({column});" for name, table, column in TWICE)


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0006_referrals_are_reminded_of"),
        ("missions", "0005_tokens_have_scopes"),
        ("requests_app", "0008_lists_along_their_indexes"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(DROP, MAKE)],
            state_operations=[
                migrations.AlterField(
                    model_name="answer",
                    name="delegation",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="missions.delegation",
                    ),
                ),
                migrations.AlterField(
                    model_name="reminder",
                    name="step",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reminders",
                        to="approvals.step",
                    ),
                ),
                migrations.AlterField(
                    model_name="step",
                    name="rfa",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="steps",
                        to="requests_app.assistancerequest",
                    ),
                ),
            ],
        ),
    ]

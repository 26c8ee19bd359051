"""No index where another begins with the same columns: each is written with every deed (decision 53)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# An index's name, its table and its column.
TWICE = (
    ("notices_letter_person_id_90e165f6", "notices_letter", "person_id"),
    ("notices_letter_message_id_eef6a056_like", "notices_letter", "message_id varchar_pattern_ops"),
    ("notices_notice_entry_id_d580341f", "notices_notice", "entry_id"),
    ("notices_notice_person_id_94368381", "notices_notice", "person_id"),
)
DROP = "".join(f"DROP INDEX IF EXISTS {name};" for name, _table, _column in TWICE)
MAKE = "".join(f"CREATE INDEX {name} ON {table} ({column});" for name, table, column in TWICE)


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0007_no_index_twice"),
        ("notices", "0005_webhooks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(DROP, MAKE)],
            state_operations=[
                migrations.AlterField(
                    model_name="letter",
                    name="person",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="letters",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="notice",
                    name="entry",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to="ledger.entry",
                    ),
                ),
                migrations.AlterField(
                    model_name="notice",
                    name="person",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="notices",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
    ]

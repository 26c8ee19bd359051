"""No index where another begins with the same columns: each is written with every deed (decision 53)."""

import django.db.models.deletion
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


# An index's name, its table and its column.
TWICE = (
    ("requests_app_assetline_rfa_id_740ad246", "requests_app_assetline", "rfa_id"),
    ("requests_app_budgetline_rfa_id_c11d2986", "requests_app_budgetline", "rfa_id"),
    ("requests_app_revision_rfa_id_385c5042", "requests_app_revision", "rfa_id"),
    (
        "requests_app_assistancerequest_area_id_7ec450b7",
        "requests_app_assistancerequest",
        "area_id",
    ),
    (
        "requests_app_assistancerequest_mission_id_85e7b873",
        "requests_app_assistancerequest",
        "mission_id",
    ),
    (
        "requests_app_assistancerequest_organisation_id_b6fc6cf6",
        "requests_app_assistancerequest",
        "organisation_id",
    ),
    (
        "requests_app_assistancerequest_post_id_01e99418",
        "requests_app_assistancerequest",
        "post_id",
    ),
    (
        "requests_app_assistancerequest_requested_by_id_50580f21",
        "requests_app_assistancerequest",
        "requested_by_id",
    ),
    (
        "requests_app_assistancerequest_sector_id_03d79a7d",
        "requests_app_assistancerequest",
        "sector_id",
    ),
    (
        "requests_app_assistancerequest_tasked_unit_id_149b435b",
        "requests_app_assistancerequest",
        "tasked_unit_id",
    ),
    (
        "requests_app_assistancerequest_reference_e3cee3a7_like",
        "requests_app_assistancerequest",
        "reference varchar_pattern_ops",
    ),
)
DROP = "".join(f"DROP INDEX IF EXISTS {name};" for name, _table, _column in TWICE)
MAKE = "".join(f"CREATE INDEX {name} ON {table} ({column});" for name, table, column in TWICE)


class Migration(migrations.Migration):
    dependencies = [
        ("missions", "0005_tokens_have_scopes"),
        ("requests_app", "0009_what_is_open_and_when_it_was_submitted"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(DROP, MAKE)],
            state_operations=[
                migrations.AlterField(
                    model_name="assetline",
                    name="rfa",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assets",
                        to="requests_app.assistancerequest",
                    ),
                ),
                migrations.AlterField(
                    model_name="assistancerequest",
                    name="area",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="missions.area",
                    ),
                ),
                migrations.AlterField(
                    model_name="assistancerequest",
                    name="mission",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="missions.mission",
                    ),
                ),
                migrations.AlterField(
                    model_name="assistancerequest",
                    name="organisation",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="missions.organisation",
                    ),
                ),
                migrations.AlterField(
                    model_name="assistancerequest",
                    name="post",
                    field=models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to="missions.post",
                    ),
                ),
                migrations.AlterField(
                    model_name="assistancerequest",
                    name="requested_by",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requests",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                migrations.AlterField(
                    model_name="assistancerequest",
                    name="sector",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="missions.sector",
                    ),
                ),
                migrations.AlterField(
                    model_name="assistancerequest",
                    name="tasked_unit",
                    field=models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tasked",
                        to="missions.unit",
                    ),
                ),
                migrations.AlterField(
                    model_name="budgetline",
                    name="rfa",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="budget",
                        to="requests_app.assistancerequest",
                    ),
                ),
                migrations.AlterField(
                    model_name="revision",
                    name="rfa",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="revisions",
                        to="requests_app.assistancerequest",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="assistancerequest",
            index=models.Index(
                django.db.models.functions.text.Upper("reference"), name="rfa_as_it_is_called"
            ),
        ),
        migrations.AddIndex(
            model_name="assistancerequest",
            index=models.Index(
                models.F("mission"),
                models.F("category"),
                models.OrderBy(models.F("created_at"), descending=True),
                condition=models.Q(("submitted_at__isnull", False)),
                include=("title",),
                name="rfa_of_a_sort",
            ),
        ),
        migrations.AddIndex(
            model_name="assistancerequest",
            index=models.Index(
                models.F("area"),
                models.F("category"),
                models.OrderBy(models.F("created_at"), descending=True),
                name="rfa_of_a_sort_here",
            ),
        ),
    ]

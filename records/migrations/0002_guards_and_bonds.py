"""Guard what is only added to, and bind a started task to the very answers that allow it.

The keys point at the answer that *stands* at a step of the same request, with what it
grants and the role that gave it: superseding an answer under a started task breaks them.
"""

from django.db import migrations

from common.append_only import GuardAppendOnly

TABLES = [
    "records_progress",
    "records_conditioncheck",
    "records_visit",
    "records_instalment",
    "records_deliverybyothers",
    "records_archivedbag",
]
ANSWERS = ["approval", "capability", "tasking"]

BONDS = "\n".join(
    f"""ALTER TABLE records_task ADD CONSTRAINT task_rests_on_standing_{name}
        FOREIGN KEY (rfa_id, {name}_id, {name}_grants, {name}_role)
        REFERENCES approvals_step (rfa_id, current_id, current_grants, role);"""
    for name in ANSWERS
)
ROUTE = """
ALTER TABLE records_task ADD CONSTRAINT task_is_of_its_requests_route
    FOREIGN KEY (rfa_id, route) REFERENCES requests_app_assistancerequest (id, route);
"""
UNBIND = "\n".join(
    f"ALTER TABLE records_task DROP CONSTRAINT task_rests_on_standing_{name};" for name in ANSWERS
)


class Migration(migrations.Migration):
    dependencies = [
        ("records", "0001_first"),
        ("approvals", "0003_guards_and_bonds"),
        ("requests_app", "0002_guards"),
    ]

    operations = [
        *[GuardAppendOnly(table) for table in TABLES],
        migrations.RunSQL(
            BONDS + ROUTE,
            UNBIND + "ALTER TABLE records_task DROP CONSTRAINT task_is_of_its_requests_route;",
        ),
    ]

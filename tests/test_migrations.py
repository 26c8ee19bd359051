"""A migration leaves the version before it serving: the old processes go on while it runs.

Servers are changed one after another, so for some minutes the old program meets the new schema.
What it would stumble over is done in two releases (CONTRIBUTING, *Migrations*). A migration that
must break the rule says why in ``keeps_serving``, which a reviewer reads.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import connection, migrations, models
from django.db.migrations.loader import MigrationLoader

from common.append_only import GuardAppendOnly

OURS = (
    "access", "approvals", "common", "ledger", "missions", "notices", "records", "requests_app",
)  # fmt: skip
# Until the first mission is served there is no version before: what is numbered so is not asked.
BASELINE = {
    "access": 4,
    "approvals": 7,
    "common": 3,
    "ledger": 6,
    "missions": 7,
    "notices": 5,
    "records": 11,
    "requests_app": 12,
}
# Tables whose rows are counted in millions: nothing may lock them while it reads them through.
LARGE = {"Entry", "Payload", "OutboxRow", "AssistanceRequest", "Step", "Answer", "Notice", "Letter"}


def _new_column(operation: Any) -> Iterator[str]:
    field = operation.field
    gives = field.null or field.db_default is not models.NOT_PROVIDED or field.many_to_many
    if not gives:
        yield (
            f"{operation.model_name}.{operation.name}: the old program inserts rows without it; "
            "give it db_default, or let it be null for a release"
        )


def _changed_column(operation: Any, state: Any) -> Iterator[str]:
    app, model = state
    before = app.models[model[0], operation.model_name.lower()].fields[operation.name]
    after = operation.field
    if before.null and not after.null:
        yield f"{operation.model_name}.{operation.name}: the old program writes nulls into it"
    shrinks = (after.max_length or 10**9) < (before.max_length or 0)
    if type(before) is not type(after) or shrinks:
        yield f"{operation.model_name}.{operation.name}: the old program writes what it was"


def stumbles(migration: Any, state: Any) -> Iterator[str]:
    """Say what in a migration the version before it would stumble over."""
    made = {one.name for one in migration.operations if isinstance(one, migrations.CreateModel)}
    moves_data = any(isinstance(one, migrations.RunPython) for one in migration.operations)
    for operation in migration.operations:
        model = getattr(operation, "model_name", "")
        on_new = model.lower() in {name.lower() for name in made}
        match operation:
            case migrations.RemoveField() | migrations.RenameField():
                yield f"{model}.{getattr(operation, 'name', '')}: the old program still reads it"
            case migrations.DeleteModel() | migrations.RenameModel():
                yield f"{operation!r}: the old program still reads it"
            case migrations.AddField() if not on_new:
                yield from _new_column(operation)
            case migrations.AlterField() if not on_new:
                yield from _changed_column(operation, (state, (migration.app_label,)))
            case AddIndexConcurrently():
                pass
            case migrations.AddIndex() if model.lower() in {one.lower() for one in LARGE}:
                yield f"{model}: writers wait while the index is made; AddIndexConcurrently"
            case migrations.AddConstraint() if not on_new:
                yield f"{model}: the old program may write what the constraint refuses"
            case GuardAppendOnly():
                pass
            case migrations.RunSQL() | migrations.RunPython():
                if moves_data and len(migration.operations) > 1:
                    yield "data is moved apart from schema, or both are locked at once"
        state = _moved_on(operation, migration.app_label, state)


def _moved_on(operation: Any, app: str, state: Any) -> Any:
    state = state.clone()
    operation.state_forwards(app, state)
    return state


@pytest.mark.django_db
def test_every_migration_since_the_baseline_leaves_the_version_before_it_serving():
    loader = MigrationLoader(connection)
    wrong = {}
    for app, name in loader.graph.nodes:
        if app not in OURS or int(name[:4]) <= BASELINE[app]:
            continue
        migration = loader.get_migration(app, name)
        if getattr(migration, "keeps_serving", ""):
            continue
        (before,) = [key for key in loader.graph.node_map[app, name].parents if key[0] == app]
        found = list(stumbles(migration, loader.project_state(before)))
        if found:
            wrong[f"{app} {name}"] = found
    assert wrong == {}


def _asked(*operations: Any) -> list[str]:
    state = migrations.state.ProjectState()
    state.add_model(
        migrations.state.ModelState(
            "notices",
            "Letter",
            [("id", models.BigAutoField(primary_key=True)), ("to", models.CharField(max_length=9))],
        )
    )
    migration = migrations.Migration("0099_new", "notices")
    migration.operations = list(operations)
    return list(stumbles(migration, state))


INDEX = models.Index(fields=["to"], name="letters_by_address")


@pytest.mark.parametrize(
    ("operations", "is_wrong"),
    [
        ([migrations.AddField("Letter", "copy", models.TextField(null=True))], False),
        ([migrations.AddField("Letter", "copy", models.TextField(db_default=""))], False),
        ([migrations.AddField("Letter", "copy", models.TextField(default=""))], True),
        ([migrations.RemoveField("Letter", "to")], True),
        ([migrations.RenameField("Letter", "to", "address")], True),
        ([migrations.DeleteModel("Letter")], True),
        ([migrations.AlterField("Letter", "to", models.CharField(max_length=99))], False),
        ([migrations.AlterField("Letter", "to", models.CharField(max_length=5))], True),
        ([migrations.AlterField("Letter", "to", models.IntegerField())], True),
        ([migrations.AddIndex("Letter", INDEX)], True),
        ([AddIndexConcurrently("Letter", INDEX)], False),
        (
            [
                migrations.RunPython(migrations.RunPython.noop),
                migrations.AddField("Letter", "copy", models.TextField(null=True)),
            ],
            True,
        ),
        ([migrations.CreateModel("New", [("id", models.BigAutoField(primary_key=True))])], False),
    ],
)
def test_what_the_old_program_would_stumble_over_is_seen(operations, is_wrong):
    assert bool(_asked(*operations)) == is_wrong

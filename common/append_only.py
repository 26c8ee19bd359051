"""What is only ever added to: the tables, their triggers, and the serving role's rights.

Three walls, the lowest in the database: plain SQL triggers refuse UPDATE, DELETE and
TRUNCATE whoever asks; the role that serves the mission is granted SELECT and INSERT only;
and the model refuses before either is reached.
"""

from typing import Any, ClassVar

from django.apps import apps
from django.db import migrations, models


class AppendOnly(models.Model):
    """A row that, once written, is neither changed nor deleted.

    ``serving_may_call`` names functions of the owner's that make a narrow exception, if any.
    """

    serving_may_call: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Insert; raise ``TypeError`` on any attempt to write the row again."""
        if not self._state.adding:
            raise TypeError(f"{type(self).__name__} is only ever added to.")
        super().save(*args, **{**kwargs, "force_insert": True})

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Raise ``TypeError``: what was recorded stays recorded."""
        raise TypeError(f"{type(self).__name__} is never deleted.")


class ServingMayUpdate(models.Model):
    """A row of which the serving role may change the named columns alone, and delete none."""

    serving_may_update: ClassVar[tuple[str, ...]] = ()

    class Meta:
        abstract = True


class NeverDeleted(models.Model):
    """A row that the serving role may change but not delete."""

    class Meta:
        abstract = True


class KeptByTheDatabase(models.Model):
    """A row that the database's own triggers keep: the serving role reads it and writes none."""

    class Meta:
        abstract = True


ACTING_AS_OWNER = """
DO $$ DECLARE acting regprocedure; BEGIN
    FOR acting IN SELECT oid FROM pg_proc WHERE prosecdef AND proowner = current_user::regrole
        AND pronamespace = 'public'::regnamespace
    LOOP EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', acting); END LOOP;
END $$
"""
FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_to_forget() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


class GuardAppendOnly(migrations.RunSQL):
    """In a migration: put the triggers on an append-only table."""

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(
            sql=f"""{FUNCTION}
                CREATE TRIGGER {table}_only_added_to BEFORE UPDATE OR DELETE ON {table}
                    FOR EACH ROW EXECUTE FUNCTION refuse_to_forget();
                CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table}
                    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_forget();
                ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_only_added_to;
                ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_never_emptied;
            """,
            reverse_sql=f"""
                DROP TRIGGER {table}_only_added_to ON {table};
                DROP TRIGGER {table}_never_emptied ON {table};
            """,
        )

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.table], {}


def _tables(kind: type[models.Model]) -> list[type[models.Model]]:
    return [model for model in apps.get_models() if issubclass(model, kind)]


def grant_serving_role(connection: Any, role: str) -> None:
    """Grant the serving role what it needs and nothing that would let it rewrite the past.

    Run by the owner after each migration: read and write everywhere, add only on
    ``AppendOnly`` tables, update only named columns of ``ServingMayUpdate`` tables, and call
    what a model names in ``serving_may_call``. Nobody else calls what acts as the owner: what a
    restored dump has lost of that is set right here.
    """
    quote = connection.ops.quote_name
    who = quote(role)
    statements = [
        f"GRANT USAGE ON SCHEMA public TO {who}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {who}",
        f"GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO {who}",
        f"REVOKE INSERT, UPDATE, DELETE ON django_migrations FROM {who}",
        ACTING_AS_OWNER,
    ]
    for model in _tables(AppendOnly):
        table = quote(model._meta.db_table)
        statements.append(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {who}")
    for model in _tables(ServingMayUpdate):
        table = quote(model._meta.db_table)
        columns = ", ".join(
            quote(str(model._meta.get_field(name).column))  # type: ignore[union-attr]
            for name in model.serving_may_update  # type: ignore[attr-defined]
        )
        statements.append(f"REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {who}")
        statements.append(f"GRANT UPDATE ({columns}) ON {table} TO {who}")
    for model in _tables(NeverDeleted):
        table = quote(model._meta.db_table)
        statements.append(f"REVOKE DELETE, TRUNCATE ON {table} FROM {who}")
    for model in _tables(KeptByTheDatabase):
        table = quote(model._meta.db_table)
        statements.append(f"REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {table} FROM {who}")
    for model in apps.get_models():
        for function in getattr(model, "serving_may_call", ()):
            statements.append(f"GRANT EXECUTE ON FUNCTION {function} TO {who}")
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)

"""What lets the database forget a record's words, and nothing else: for migrations alone.

Tables that are only ever added to refuse every change. A disposal by two people
(``records.models.Disposal``) is the one exception, and a narrow one: the owner's function
``dispose_of_words(record)`` blanks the columns named here, of that record alone; the triggers
let a row through only if its record has its stub, if no other column changes, and if each
of these columns says nothing any more. The serving role may call the function; it is granted no
change of the tables. No setting switches any of it off.
"""

from typing import Any

from django.db import migrations

GONE = "[disposed of]"
_BLANKS = {
    "text": "CASE WHEN \"{0}\" = '' THEN '' ELSE '" + GONE + "' END",
    "json_text": "'{{}}'",
    "list": "'[]'::jsonb",
    "object": "'{{}}'::jsonb",
    "nothing": "NULL",
}
# How the rows of a table are known to be a record's.
_WHERE = {
    "id": "id = record",
    "rfa": "rfa_id = record",
    "other": "rfa_id = record OR other_id = record",
    "task": "task_id IN (SELECT id FROM records_task WHERE rfa_id = record)",
    "change": (
        "change_id IN (SELECT change.id FROM records_taskchange AS change JOIN records_task AS task"
        " ON task.id = change.task_id WHERE task.rfa_id = record)"
    ),
}

# A table, how its rows are a record's, and what each column that holds words becomes.
Words = tuple[str, str, dict[str, str]]

GUARD = """
CREATE OR REPLACE FUNCTION refuse_to_forget_but_for_disposal() RETURNS trigger
LANGUAGE plpgsql AS $$
DECLARE
    before jsonb; after jsonb; named text;
    says_nothing boolean := true;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        before := to_jsonb(OLD); after := to_jsonb(NEW);
        FOREACH named IN ARRAY TG_ARGV LOOP
            says_nothing := says_nothing AND after -> named IN (
                '""', '"[disposed of]"', '"{}"', '{}', '[]', 'null');
            before := before - named; after := after - named;
        END LOOP;
        IF says_nothing AND before = after AND EXISTS (
            SELECT FROM records_disposal WHERE rfa_id IN (
                (after ->> 'rfa_id')::uuid, (after ->> 'other_id')::uuid,
                (SELECT rfa_id FROM records_task WHERE id = (after ->> 'task_id')::bigint),
                (SELECT task.rfa_id FROM records_taskchange AS change
                 JOIN records_task AS task ON task.id = change.task_id
                 WHERE change.id = (after ->> 'change_id')::bigint)))
        THEN RETURN NEW; END IF;
    END IF;
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""
PLAIN_GUARD = "EXECUTE FUNCTION refuse_to_forget()"


def _trigger(table: str, function: str) -> str:
    return f"""
        CREATE OR REPLACE TRIGGER {table}_only_added_to BEFORE UPDATE OR DELETE ON {table}
            FOR EACH ROW {function};
        ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_only_added_to;
    """


def _blanking(words: Words) -> str:
    table, how, columns = words
    sets = ", ".join(f'"{name}" = {_BLANKS[kind].format(name)}' for name, kind in columns.items())
    return f"UPDATE {table} SET {sets} WHERE {_WHERE[how]};"  # noqa: S608 - our own words


def _function(every: list[Words]) -> str:
    deeds = "\n    ".join(map(_blanking, every))
    return f"""
        CREATE OR REPLACE FUNCTION dispose_of_words(record uuid) RETURNS void
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
        BEGIN
            IF NOT EXISTS (SELECT FROM records_disposal WHERE rfa_id = record) THEN
                RAISE EXCEPTION 'no disposal of % by two people', record
                    USING ERRCODE = 'restrict_violation';
            END IF;
            IF EXISTS (SELECT FROM records_legalhold AS hold WHERE hold.rfa_id = record
                       AND NOT EXISTS (SELECT FROM records_holdlifted WHERE hold_id = hold.id)) THEN
                RAISE EXCEPTION '% is on legal hold', record USING ERRCODE = 'restrict_violation';
            END IF;
            {deeds}
        END $$;
        REVOKE ALL ON FUNCTION dispose_of_words(uuid) FROM PUBLIC;
    """  # noqa: S608 - our own words


class AllowDisposal(migrations.RunSQL):
    """In a migration: let these columns be blanked, and no others, once a record has its stub.

    ``guarded`` are tables that are only ever added to, ``plain`` the others. A later migration
    names all of them again.
    """

    def __init__(self, guarded: list[Words], plain: list[Words]) -> None:
        self.guarded, self.plain = guarded, plain
        triggers = "".join(
            _trigger(
                table,
                "EXECUTE FUNCTION refuse_to_forget_but_for_disposal("
                + ", ".join(f"'{name}'" for name in columns)
                + ")",
            )
            for table, _how, columns in guarded
        )
        super().__init__(
            sql=GUARD + triggers + _function([*guarded, *plain]),
            reverse_sql="".join(_trigger(table, PLAIN_GUARD) for table, _how, _cols in guarded)
            + "DROP FUNCTION dispose_of_words(uuid);"
            + "DROP FUNCTION refuse_to_forget_but_for_disposal();",
        )

    def deconstruct(self) -> tuple[str, list[Any], dict[str, Any]]:
        return type(self).__name__, [self.guarded, self.plain], {}

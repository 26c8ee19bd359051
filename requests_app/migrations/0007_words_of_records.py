"""The words by which records are found, kept by the database itself (docs/decisions/0038).

A record's words lie in one row with a vector an audience: ``open`` to all who see the record,
``asking`` for who may know a low-profile requester (R22), ``inside`` for who reads internal
messages. Triggers keep them in the deed's own transaction, whoever writes.
"""

import django.db.models.deletion
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import migrations, models

# English and French by PostgreSQL's own dictionaries, and the plain words for what is typed half;
# accents are folded in all three.
CONFIGURATIONS = "".join(
    f"""
CREATE TEXT SEARCH CONFIGURATION {name} (COPY = {copied});
ALTER TEXT SEARCH CONFIGURATION {name}
    ALTER MAPPING FOR asciiword, asciihword, hword_asciipart, word, hword, hword_part
    WITH unaccent, {dictionary};
"""
    for name, copied, dictionary in (
        ("cimic_plain", "simple", "simple"),
        ("cimic_en", "english", "english_stem"),
        ("cimic_fr", "french", "french_stem"),
    )
)

# What a mission writes with strokes between is several words; a text is looked at up to its
# first 60,000 characters, so that no vector comes near PostgreSQL's limit of a megabyte.
VECTOR = """
CREATE FUNCTION words_vector(written text) RETURNS tsvector
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
SELECT to_tsvector('cimic_plain', said) || to_tsvector('cimic_en', said)
    || to_tsvector('cimic_fr', said)
FROM (SELECT translate(left(coalesce(written, ''), 60000), '/_|', '   ') AS said) AS text
$$;

CREATE FUNCTION reference_vector(reference text) RETURNS tsvector
    LANGUAGE sql IMMUTABLE AS $$
SELECT array_to_tsvector(array_agg(DISTINCT ending))
FROM (
    SELECT lower(array_to_string(parts[first:], '-')) AS ending
    FROM (SELECT string_to_array(reference, '-') AS parts) AS split,
        generate_series(1, array_length(parts, 1)) AS first
) AS endings
$$;

CREATE FUNCTION words_question(word text) RETURNS tsquery
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
SELECT to_tsquery('cimic_plain', '''' || typed || ''':*')
    || plainto_tsquery('cimic_en', typed) || plainto_tsquery('cimic_fr', typed)
    || CASE WHEN word ~ '^[A-Za-z0-9-]*[0-9-][A-Za-z0-9-]*$'
        THEN ('''' || lower(word) || ''':*')::tsquery ELSE '' END
FROM (SELECT translate(word, $q$/_|\\'$q$, '     ') AS typed) AS said
$$;
"""

DETAILS = {
    "civilassistance": ("last_resort", "pick_up", "drop_off", "hand_back_plan"),
    "securityassistance": (
        "origin",
        "destination",
        "waypoints",
        "cargo",
        "threat_summary",
        "alternatives_tried",
        "discontinuation_plan",
    ),
    "quickimpactproject": (
        "objective",
        "implementing_partner",
        "work_plan",
        "maintenance_owner",
        "environment_check",
        "ceiling_exception_reason",
    ),
    "extremesituation": ("action_taken",),
}
LINES = {"assetline": ("asset", "note"), "budgetline": ("item",)}
TEXTS = (
    "description",
    "urgency_reason",
    "gender_protection",
    "do_no_harm",
    "coordination_note",
    "camp_effect",
    "disaster_name",
)
ASKING = "concat_ws(E'\\n', organisation.name, organisation.acronym, rfa.on_behalf_of)"


def _details() -> str:
    texts = [f"rfa.{name}" for name in TEXTS]
    texts += [f"{table}.{name}" for table, names in DETAILS.items() for name in names]
    for table, names in LINES.items():
        said = ", ".join(f"line.{name}" for name in names)
        texts.append(
            f"(SELECT string_agg(concat_ws(' ', {said}), E'\\n' ORDER BY line.number)"
            f" FROM requests_app_{table} AS line WHERE line.rfa_id = rfa.id)"
        )
    return ",\n        ".join(texts)


FROM = "\n".join(
    [
        "FROM requests_app_assistancerequest AS rfa",
        "LEFT JOIN missions_organisation AS organisation ON organisation.id = rfa.organisation_id",
        "LEFT JOIN missions_area AS area ON area.id = rfa.area_id",
        "LEFT JOIN missions_area AS around ON around.id = area.parent_id",
        "LEFT JOIN missions_displacementsite AS site ON site.id = rfa.displacement_site_id",
        "LEFT JOIN missions_disasterevent AS event ON event.id = rfa.disaster_event_id",
        *(
            f"LEFT JOIN requests_app_{table} AS {table} ON {table}.rfa_id = rfa.id"
            for table in DETAILS
        ),
    ]
)

# One text an audience: what its vector is made from and what is shown of it are the same words.
TEXT = f"""
CREATE FUNCTION record_text(which uuid) RETURNS TABLE (title text, places text, texts text, asking text)
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
SELECT rfa.title::text,
    concat_ws(E'\\n', rfa.place, area.name, around.name, site.name, event.name,
        CASE WHEN NOT rfa.low_profile THEN {ASKING} END),
    concat_ws(E'\\n',
        {_details()}),
    CASE WHEN rfa.low_profile THEN {ASKING} ELSE '' END
{FROM}
WHERE rfa.id = which
$$;

CREATE FUNCTION record_said(which uuid, among_us boolean) RETURNS text
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
SELECT coalesce(string_agg(said.text, E'\\n' ORDER BY said.at), '')
FROM (
    SELECT message.text, message.at FROM requests_app_message AS message
    WHERE message.rfa_id = which AND message.internal = among_us
    ORDER BY message.at DESC LIMIT 500
) AS said
$$;

CREATE FUNCTION refresh_words(which uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    INSERT INTO requests_app_recordwords (rfa_id, open, asking, inside)
    SELECT rfa.id,
        setweight(reference_vector(rfa.reference), 'A')
            || setweight(words_vector(said.title), 'A')
            || setweight(words_vector(said.places), 'B')
            || setweight(words_vector(said.texts), 'C')
            || setweight(words_vector(record_said(rfa.id, false)), 'D'),
        words_vector(said.asking),
        words_vector(record_said(rfa.id, true))
    FROM requests_app_assistancerequest AS rfa, record_text(rfa.id) AS said
    WHERE rfa.id = which
    ON CONFLICT (rfa_id) DO UPDATE
        SET open = excluded.open, asking = excluded.asking, inside = excluded.inside;
END $$;

CREATE FUNCTION keep_words() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM refresh_words((to_jsonb(NEW) ->> TG_ARGV[0])::uuid);
    RETURN NULL;
END $$;

CREATE FUNCTION keep_words_of_lines() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM refresh_words(touched.rfa_id) FROM (SELECT DISTINCT rfa_id FROM lines) AS touched;
    RETURN NULL;
END $$;

CREATE FUNCTION keep_words_of_named() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    EXECUTE 'SELECT refresh_words(id) FROM requests_app_assistancerequest WHERE ' || TG_ARGV[0]
        USING NEW.id;
    RETURN NULL;
END $$;

CREATE FUNCTION keep_words_said() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    UPDATE requests_app_recordwords SET
        open = CASE WHEN NEW.internal THEN open
            ELSE open || setweight(words_vector(NEW.text), 'D') END,
        inside = CASE WHEN NEW.internal THEN inside || words_vector(NEW.text) ELSE inside END
    WHERE rfa_id = NEW.rfa_id;
    RETURN NULL;
EXCEPTION WHEN program_limit_exceeded THEN
    RETURN NULL;  -- more was said than a vector holds: the newest words are not found by
END $$;
"""

# Whose names are among a record's words: the records to refresh when one is named anew.
NAMED = {
    "missions_organisation": ("organisation_id = $1", ("name", "acronym")),
    "missions_area": (
        "area_id IN (SELECT id FROM missions_area WHERE id = $1 OR parent_id = $1)",
        ("name",),
    ),
    "missions_displacementsite": ("displacement_site_id = $1", ("name",)),
    "missions_disasterevent": ("disaster_event_id = $1", ("name",)),
}
OF_THE_REQUEST = (
    "title",
    "place",
    "on_behalf_of",
    "low_profile",
    "organisation_id",
    "area_id",
    "displacement_site_id",
    "disaster_event_id",
    *TEXTS,
)


def _triggers() -> str:
    found = []

    def kept(table: str, key: str, columns: tuple[str, ...]) -> None:
        changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in columns)
        found.append(
            f"CREATE TRIGGER words_first AFTER INSERT ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION keep_words('{key}');"
            f"CREATE TRIGGER words_changed AFTER UPDATE ON {table}"
            f" FOR EACH ROW WHEN ({changed}) EXECUTE FUNCTION keep_words('{key}');"
        )

    kept("requests_app_assistancerequest", "id", OF_THE_REQUEST)
    for table, columns in DETAILS.items():
        kept(f"requests_app_{table}", "rfa_id", columns)
    for table in LINES:
        found += [
            f"CREATE TRIGGER words_{deed.lower()} AFTER {deed} ON requests_app_{table}"
            f" REFERENCING {which} TABLE AS lines"
            " FOR EACH STATEMENT EXECUTE FUNCTION keep_words_of_lines();"
            for deed, which in (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
        ]
    for table, (which, columns) in NAMED.items():
        changed = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in columns)
        found.append(
            f"CREATE TRIGGER words_named AFTER UPDATE ON {table} FOR EACH ROW"
            f" WHEN ({changed}) EXECUTE FUNCTION keep_words_of_named('{which}');"
        )
    found.append(
        "CREATE TRIGGER words_said AFTER INSERT ON requests_app_message"
        " FOR EACH ROW EXECUTE FUNCTION keep_words_said();"
        # Nothing said is changed, but that a disposal takes its words away.
        "CREATE TRIGGER words_unsaid AFTER UPDATE ON requests_app_message"
        " FOR EACH ROW EXECUTE FUNCTION keep_words('rfa_id');"
    )
    return "\n".join(found)


# Whoever serves reads words and makes none: only the owner's functions write them.
GUARD = """
REVOKE EXECUTE ON FUNCTION refresh_words(uuid) FROM PUBLIC;
SELECT refresh_words(id) FROM requests_app_assistancerequest;
"""
UNDO = """
DROP FUNCTION keep_words, keep_words_of_lines, keep_words_of_named, keep_words_said CASCADE;
DROP FUNCTION refresh_words, record_said, record_text, words_question, reference_vector,
    words_vector;
DROP TEXT SEARCH CONFIGURATION cimic_plain;
DROP TEXT SEARCH CONFIGURATION cimic_en;
DROP TEXT SEARCH CONFIGURATION cimic_fr;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("requests_app", "0006_imports"),
        ("missions", "0003_mission_settings_that_hold"),
    ]

    operations = [
        migrations.CreateModel(
            name="RecordWords",
            fields=[
                (
                    "rfa",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="words",
                        serialize=False,
                        to="requests_app.assistancerequest",
                    ),
                ),
                ("open", SearchVectorField()),
                ("asking", SearchVectorField()),
                ("inside", SearchVectorField()),
            ],
            options={
                "indexes": [
                    GinIndex(fields=["open"], name="words_open"),
                    GinIndex(fields=["asking"], name="words_asking"),
                    GinIndex(fields=["inside"], name="words_inside"),
                ]
            },
        ),
        migrations.RunSQL(CONFIGURATIONS + VECTOR + TEXT + _triggers() + GUARD, UNDO),
    ]

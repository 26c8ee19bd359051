"""Tie each co-signature to the very words it was given over, and keep what was promulgated.

The trigger reads the row it guards and no other, so it cannot race.
"""

from django.db import migrations

from common.append_only import GuardAppendOnly

SIGNATURES = "\n".join(
    f"""ALTER TABLE approvals_process ADD CONSTRAINT process_rests_on_{who}_signature
        FOREIGN KEY ({who}_signature_id, id, digest)
        REFERENCES approvals_cosignature (id, process_id, digest);"""
    for who in ("dsrsg", "homc")
)
UNSIGN = "\n".join(
    f"ALTER TABLE approvals_process DROP CONSTRAINT process_rests_on_{who}_signature;"
    for who in ("dsrsg", "homc")
)
WORDS = """
CREATE FUNCTION keep_the_words_of_a_process() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.mission_id, NEW.route, NEW.version, NEW.chain)
       IS DISTINCT FROM (OLD.mission_id, OLD.route, OLD.version, OLD.chain)
       OR (OLD.state <> 'draft' AND to_jsonb(NEW) IS DISTINCT FROM to_jsonb(OLD)) THEN
        RAISE EXCEPTION 'process % keeps its words: draft a new version', OLD.id
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER process_keeps_its_words BEFORE UPDATE ON approvals_process
    FOR EACH ROW EXECUTE FUNCTION keep_the_words_of_a_process();
ALTER TABLE approvals_process ENABLE ALWAYS TRIGGER process_keeps_its_words;
"""
FORGET = """
DROP TRIGGER process_keeps_its_words ON approvals_process;
DROP FUNCTION keep_the_words_of_a_process();
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0004_processes_referrals_priorities")]

    operations = [
        GuardAppendOnly("approvals_processcomment"),
        GuardAppendOnly("approvals_cosignature"),
        GuardAppendOnly("approvals_reminder"),
        GuardAppendOnly("approvals_priority"),
        GuardAppendOnly("approvals_lookalikefinding"),
        migrations.RunSQL(SIGNATURES, UNSIGN),
        migrations.RunSQL(WORDS, FORGET),
    ]

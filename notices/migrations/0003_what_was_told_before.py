from django.db import migrations

FORWARD = """
    UPDATE notices_notice AS notice
       SET mission_id = chain.mission_id,
           rfa_id = (SELECT id FROM requests_app_assistancerequest AS rfa WHERE rfa.id = chain.id),
           "group" = CASE WHEN notice.duty THEN 'duties' ELSE 'requests' END,
           "values" = jsonb_build_object('text', notice.text),
           letter_id = (SELECT id FROM notices_letter AS letter WHERE letter.notice_id = notice.id)
      FROM ledger_entry AS entry
      JOIN ledger_chain AS chain ON chain.id = entry.chain_id
     WHERE entry.id = notice.entry_id;

    UPDATE notices_letter AS letter
       SET person_id = notice.person_id, mission_id = notice.mission_id
      FROM notices_notice AS notice
     WHERE notice.id = letter.notice_id;
"""


class Migration(migrations.Migration):
    """What was told before keeps its words, and the letter by which it was told."""

    dependencies = [('notices', '0002_preferences_and_digests')]

    operations = [migrations.RunSQL(FORWARD, migrations.RunSQL.noop)]

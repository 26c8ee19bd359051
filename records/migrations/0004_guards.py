"""Guard handovers, and tie an acknowledgement to who handed over."""

from django.db import migrations

from common.append_only import GuardAppendOnly

BOND = """
ALTER TABLE records_handoveracknowledgement ADD CONSTRAINT acknowledgement_is_of_its_handover
    FOREIGN KEY (handover_id, handed_by_id) REFERENCES records_handover (id, by_id);
"""
UNBIND = """
ALTER TABLE records_handoveracknowledgement DROP CONSTRAINT acknowledgement_is_of_its_handover;
"""


class Migration(migrations.Migration):
    dependencies = [("records", "0003_people_and_compliance")]

    operations = [
        GuardAppendOnly("records_handover"),
        GuardAppendOnly("records_handoveracknowledgement"),
        migrations.RunSQL(BOND, UNBIND),
    ]

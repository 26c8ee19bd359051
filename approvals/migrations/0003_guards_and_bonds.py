"""Guard the answers, and bind steps and answers to each other by composite foreign keys."""

from django.db import migrations

from common.append_only import GuardAppendOnly

BONDS = """
ALTER TABLE approvals_answer ADD CONSTRAINT answer_is_of_its_step
    FOREIGN KEY (step_id, rfa_id, seat_kind, role, seat)
    REFERENCES approvals_step (id, rfa_id, seat_kind, role, seat);
ALTER TABLE approvals_step ADD CONSTRAINT step_stands_on_its_own_answer
    FOREIGN KEY (current_id, id, current_grants)
    REFERENCES approvals_answer (id, step_id, grants);
"""
UNBIND = """
ALTER TABLE approvals_step DROP CONSTRAINT step_stands_on_its_own_answer;
ALTER TABLE approvals_answer DROP CONSTRAINT answer_is_of_its_step;
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0002_links")]

    operations = [
        GuardAppendOnly("approvals_answer"),
        migrations.RunSQL(BONDS, UNBIND),
    ]

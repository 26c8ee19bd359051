"""QIPs are paid in the mission's own instalments; follow-ups are reminded of (P41)."""

import django.contrib.postgres.fields
import django.core.validators
import missions.models
from django.db import migrations, models


# The parts of one payment are a hundred, whoever writes them.
WHOLE = """
CREATE FUNCTION adds_up_to_a_hundred(percents smallint[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT sum(part) = 100 AND min(part) >= 1 FROM unnest(percents) AS part $$;
ALTER TABLE missions_mission ADD CONSTRAINT mission_pays_the_whole_in_instalments
    CHECK (coalesce(adds_up_to_a_hundred(instalment_percents), false));
"""
NO_MORE = """
ALTER TABLE missions_mission DROP CONSTRAINT mission_pays_the_whole_in_instalments;
DROP FUNCTION adds_up_to_a_hundred(smallint[]);
"""
AS_BEFORE = """
UPDATE missions_mission SET instalment_percents = CASE
    WHEN first_instalment_percent BETWEEN 1 AND 99
    THEN ARRAY[first_instalment_percent, 100 - first_instalment_percent]::smallint[]
    ELSE ARRAY[100]::smallint[] END;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('missions', '0003_mission_settings_that_hold'),
    ]

    operations = [
        migrations.AddField(
            model_name='mission',
            name='follow_up_days',
            field=models.PositiveSmallIntegerField(default=14, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)]),
        ),
        migrations.AddField(
            model_name='mission',
            name='instalment_percents',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), default=missions.models._four_fifths_and_the_rest, size=None, validators=[missions.models.adds_up_to_a_hundred]),
        ),
        migrations.RunSQL(AS_BEFORE, migrations.RunSQL.noop),
        migrations.RemoveField(
            model_name='mission',
            name='first_instalment_percent',
        ),
        migrations.RunSQL(WHOLE, NO_MORE),
        migrations.AddConstraint(
            model_name='mission',
            constraint=models.CheckConstraint(condition=models.Q(('follow_up_days__gte', 1), ('follow_up_days__lte', 365)), name='mission_follows_up_within_a_year', violation_error_message='Remind every 1 to 365 days.'),
        ),
    ]

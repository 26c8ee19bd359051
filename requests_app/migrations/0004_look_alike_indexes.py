"""Index what look-alikes are found by: the words of a title, and the place as a point.

``pg_trgm`` is made with the database (docs/running.md); a point's GiST index is PostgreSQL's own.
"""

from django.db import migrations

MAKE = """
CREATE INDEX rfa_title_trigrams ON requests_app_assistancerequest
    USING gin (title gin_trgm_ops);
CREATE INDEX rfa_place_point ON requests_app_assistancerequest
    USING gist (point(longitude, latitude)) WHERE latitude IS NOT NULL;
"""
DROP = "DROP INDEX rfa_title_trigrams; DROP INDEX rfa_place_point;"


class Migration(migrations.Migration):
    dependencies = [("requests_app", "0003_markers_of_place_and_event")]

    operations = [migrations.RunSQL(MAKE, DROP)]

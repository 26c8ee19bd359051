"""The cache that all processes share: a table, as Django's DatabaseCache reads it."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("access", "0001_first")]

    operations = [
        migrations.RunSQL(
            sql="""
                CREATE TABLE access_cache (
                    cache_key varchar(255) NOT NULL PRIMARY KEY,
                    value text NOT NULL,
                    expires timestamptz NOT NULL
                );
                CREATE INDEX access_cache_expires ON access_cache (expires);
            """,
            reverse_sql="DROP TABLE access_cache",
        )
    ]

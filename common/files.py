"""The attachments' files: only ever added, save by disposal, which waits for a backup.

A backup holds the line from before its snapshot of the database until the last file is read, so
that every file which a row of the snapshot names is there. Several may hold it at once.
"""

from django.db import connection

LINE = 0x46494C4553


def may_delete_files() -> bool:
    """Whether no backup is under way; none begins to read until the transaction has ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LINE])
        return bool(cursor.fetchone()[0])

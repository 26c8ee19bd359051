"""What leaves: the register's own query as a file, written by PostgreSQL, recorded and hashed."""

from records.exports.files import FORMS
from records.exports.runs import finish_export, start_export

__all__ = ["FORMS", "finish_export", "start_export"]

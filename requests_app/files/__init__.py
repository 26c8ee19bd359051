"""Attachments: what is taken in, that it is what it says it is, and how it is kept."""

from requests_app.files.checking import MEDIA_TYPES, MOST_BYTES, Sound, check_file
from requests_app.files.keeping import keep_file
from requests_app.files.scanning import answers, check_clean

__all__ = [
    "MEDIA_TYPES",
    "MOST_BYTES",
    "Sound",
    "answers",
    "check_clean",
    "check_file",
    "keep_file",
]

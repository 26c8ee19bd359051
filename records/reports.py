"""What leaves as a document: recorded and hashed as every export is."""

from typing import Any

from django.http import HttpResponse

from common.canonical import sha256_of_bytes

"""The archive: how long records are kept, what leaves as a bag, and what is disposed of (P41)."""

from records.archive.bag import READ_ME, pack, pack_as_zip
from records.archive.policy import may_archive

__all__ = ["READ_ME", "may_archive", "pack", "pack_as_zip"]

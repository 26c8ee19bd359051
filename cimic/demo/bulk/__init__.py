"""The demonstration with very many records: cases told once through the services, then copied.

``patterns`` are told deed by deed like every other story. ``shape`` reads what the services
wrote of them, ``plan`` says which is copied when, ``copying`` writes the copies by ``COPY`` with
chains of their own, ``tables`` takes the constraints off and puts them back, which proves them,
and ``checking`` holds copies against what the services would have made (docs/scale.md).
"""

from cimic.demo.bulk.loading import MOST_COPIES, Spoilt, load_many

__all__ = ["MOST_COPIES", "Spoilt", "load_many"]

"""The demonstration mission: UNAC in Carana, the fictional country of United Nations training.

``world.json`` is who and where, ``carana_areas.geojson`` the ground, ``records/*.toml`` what
was asked and how it went. ``loading.load`` makes it through the services alone, each deed
at its own moment; nothing here writes a record's row.
"""

"""Small papers made on the spot: a location sketch and a site report."""

import struct
import zlib

from missions.boundaries import Ring, polygons_of
from missions.models import Area

WIDTH, HEIGHT, MARGIN = 240, 200, 12
SEA, LAND, LINE, SPOT = b"\xdc\xe8\xf2", b"\xf4\xee\xdc", b"\x6b\x6b\x6b", b"\xc0\x28\x28"


def _chunk(tag: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + tag + data + struct.pack(">I", zlib.crc32(tag + data))


def _png(rows: list[list[int]]) -> bytes:
    """Return rows of palette numbers as a PNG picture."""
    raw = b"".join(b"\0" + bytes(row) for row in rows)
    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 3, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"PLTE", SEA + LAND + LINE + SPOT)
        + _chunk(b"IDAT", zlib.compress(raw, 9))
        + _chunk(b"IEND", b"")
    )


def _inside_on(ring: Ring, latitude: float) -> list[tuple[float, float]]:
    """Return the stretches of a line of latitude that lie inside a ring."""
    crossings = sorted(
        x1 + (latitude - y1) * (x2 - x1) / (y2 - y1)
        for (x1, y1), (x2, y2) in zip(ring, ring[1:], strict=False)
        if (y1 > latitude) != (y2 > latitude)
    )
    return list(zip(crossings[::2], crossings[1::2], strict=True))


def location_sketch(area: Area, longitude: float, latitude: float) -> bytes:
    """Draw an area's outline with a spot at the place, north up."""
    ring: Ring = polygons_of(area.boundary or {})[0][0]
    west, east = min(p[0] for p in ring), max(p[0] for p in ring)
    south, north = min(p[1] for p in ring), max(p[1] for p in ring)
    scale = max((east - west) / (WIDTH - 2 * MARGIN), (north - south) / (HEIGHT - 2 * MARGIN))
    rows = [[0] * WIDTH for _ in range(HEIGHT)]
    for y, row in enumerate(rows):
        for first, last in _inside_on(ring, north - (y - MARGIN) * scale):
            begin, end = (round((degrees - west) / scale) + MARGIN for degrees in (first, last))
            row[begin:end] = [1] * (end - begin)
    outline = [
        (x, y)
        for y in range(1, HEIGHT)
        for x in range(1, WIDTH)
        if rows[y][x] != rows[y][x - 1] or rows[y][x] != rows[y - 1][x]
    ]
    for x, y in outline:
        rows[y][x] = 2
    spot_x = round((longitude - west) / scale) + MARGIN
    spot_y = round((north - latitude) / scale) + MARGIN
    for y in range(max(spot_y - 4, 0), min(spot_y + 5, HEIGHT)):
        for x in range(max(spot_x - 4, 0), min(spot_x + 5, WIDTH)):
            if (x - spot_x) ** 2 + (y - spot_y) ** 2 <= 16:
                rows[y][x] = 3
    return _png(rows)


def site_report(title: str, place: str, by: str, words: str) -> bytes:
    """Write a site report as plain text."""
    return f"SITE REPORT\n\n{title}\nPlace: {place}\nBy: {by}\n\n{words}\n".encode()

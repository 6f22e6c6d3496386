"""Which way up a photograph is held: the one word of Exif that is kept; where and when it was taken is not.

The layout is TIFF 6.0 §2 as Exif 2.3 §4.6.4 uses it: tag 0x0112, 1 for upright, 2 to 8 for the other ways.
"""

from __future__ import annotations

import struct

UPRIGHT, WAYS = 1, range(1, 9)
TAG, SHORT, ENTRY_BYTES = 0x0112, 3, 12


def read_orientation(tiff: bytes) -> int:
    """Return how a picture has to be turned; upright where the block does not say so in good order."""
    mark = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if mark is None or len(tiff) < 8:
        return UPRIGHT
    (start,) = struct.unpack_from(f"{mark}I", tiff, 4)
    if start + 2 > len(tiff):
        return UPRIGHT
    (count,) = struct.unpack_from(f"{mark}H", tiff, start)
    for place in range(
        start + 2, min(start + 2 + count * ENTRY_BYTES, len(tiff) - ENTRY_BYTES + 1), ENTRY_BYTES
    ):
        tag, kind, _, value = struct.unpack_from(f"{mark}HHIH", tiff, place)
        if tag == TAG:
            return value if kind == SHORT and value in WAYS else UPRIGHT
    return UPRIGHT


def write_orientation(way: int) -> bytes:
    """Return a block that says how a picture has to be turned, and nothing else."""
    return struct.pack(">4sIHHHIHHI", b"MM\0*", 8, 1, TAG, SHORT, 1, way, 0, 0)

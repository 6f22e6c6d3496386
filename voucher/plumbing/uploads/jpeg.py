"""JPEG photographs: walked through segment by segment (ITU-T T.81 Annex B), written again without the rest.

Kept is what a picture is drawn from, and which way up it is held. Place, time, telephone, thumbnail, a
second picture or a film behind the first are not.
"""

from __future__ import annotations

import re
import struct
from dataclasses import dataclass, field

from voucher.plumbing.uploads.orientation import UPRIGHT, read_orientation, write_orientation
from voucher.plumbing.uploads.refusals import UPLOAD_DAMAGED

START, END, SCAN = 0xD8, 0xD9, 0xDA
# baseline, extended, progressive: what browsers draw
FRAMES = frozenset({0xC0, 0xC1, 0xC2})
TABLES = frozenset({0xC4, 0xDB, 0xDD})
JFIF, EXIF, ADOBE = 0xE0, 0xE1, 0xEE
JFIF_BYTES = 14
ALONE = frozenset({0x01, *range(0xD0, 0xD8)})
# within a scan 0xFF is followed by a zero, a restart, or another 0xFF; anything else ends it
_SCAN_ENDS = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")


@dataclass(slots=True)
class _Walk:
    """What is kept on the way through a file."""

    head: list[bytes] = field(default_factory=list)
    body: list[bytes] = field(default_factory=list)
    size: tuple[int, int] | None = None
    way: int = UPRIGHT
    scans: int = 0


def clean_jpeg(content: bytes) -> tuple[bytes, int, int]:
    """Return the picture without anything that is not drawn, its width and its height.

    Raises attachment_damaged, also where the file ends before the picture does.
    """
    walk, place = _Walk(), 2
    while True:
        marker, place = _read_marker(content, place)
        if marker == END:
            break
        if marker in ALONE:
            continue
        end = _segment_end(content, place)
        data = content[place + 2 : end]
        _keep(walk, marker, content[place:end], data)
        place = end
        if marker == SCAN:
            if walk.size is None:
                raise UPLOAD_DAMAGED.refused()
            place = _scan_end(content, end)
            walk.body.append(content[end:place])
            walk.scans += 1
    if walk.size is None or walk.scans == 0:
        raise UPLOAD_DAMAGED.refused()
    if walk.way != UPRIGHT:
        block = b"Exif\0\0" + write_orientation(walk.way)
        walk.head.append(b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block)
    return b"".join((b"\xff\xd8", *walk.head, *walk.body, b"\xff\xd9")), *walk.size


def _keep(walk: _Walk, marker: int, segment: bytes, data: bytes) -> None:
    whole = bytes((0xFF, marker)) + segment
    if marker in FRAMES:
        if len(data) < 6 or walk.size is not None:
            raise UPLOAD_DAMAGED.refused()
        height, width = struct.unpack_from(">HH", data, 1)
        if not width or not height:
            raise UPLOAD_DAMAGED.refused()
        walk.size = width, height
    elif marker == EXIF and data.startswith(b"Exif\0\0"):
        walk.way = read_orientation(data[6:])
        return
    elif marker == JFIF and data.startswith(b"JFIF\0") and len(data) >= JFIF_BYTES:
        # without the thumbnail: it may show what was cut away since
        walk.head.append(b"\xff\xe0\0\x10" + data[: JFIF_BYTES - 2] + b"\0\0")
        return
    elif marker == ADOBE and data.startswith(b"Adobe"):
        pass  # which colours the numbers stand for
    elif 0xC0 <= marker <= 0xCF and marker not in TABLES:
        raise UPLOAD_DAMAGED.refused()  # a kind of JPEG no browser draws
    elif marker not in TABLES and marker != SCAN:
        return
    walk.body.append(whole)


def _read_marker(content: bytes, place: int) -> tuple[int, int]:
    if content[place : place + 1] != b"\xff":
        raise UPLOAD_DAMAGED.refused()
    while content[place : place + 1] == b"\xff":
        place += 1
    if place >= len(content) or content[place] in (0, START):
        raise UPLOAD_DAMAGED.refused()
    return content[place], place + 1


def _segment_end(content: bytes, place: int) -> int:
    if place + 2 > len(content):
        raise UPLOAD_DAMAGED.refused()
    (length,) = struct.unpack_from(">H", content, place)
    if length < 2 or place + length > len(content):
        raise UPLOAD_DAMAGED.refused()
    return place + int(length)


def _scan_end(content: bytes, place: int) -> int:
    found = _SCAN_ENDS.search(content, place)
    if found is None:
        raise UPLOAD_DAMAGED.refused()
    return found.start()

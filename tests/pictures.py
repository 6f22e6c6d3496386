"""Files people hand in, built byte by byte: photographs that tell too much, pictures gone wrong."""

from __future__ import annotations

import base64
import struct
import zlib

# where a photograph was taken, as a telephone writes it; whoever finds these words found a leak
PLACE = b"35.0672N 112.6021E Jiyuan"
# an 8 by 8 grey square, as small as a baseline JPEG gets
_SQUARE = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAMCAgICAgMCAgIDAwMDBAYEBAQEBAgGBgUGCQgKCgkICQkKDA8MCgsOCwkJDRENDg8Q"
    "EBEQCgwSExIQEw8QEBD/wAALCAAIAAgBAREA/8QAFQABAQAAAAAAAAAAAAAAAAAAAAf/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/9oA"
    "CAEBAAA/AL+A/9k="
)
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def exif(way: int) -> bytes:
    """Return what a telephone writes into a photograph: which way up, and where."""
    entries = struct.pack(">HHII", 0x010F, 2, len(PLACE), 38) + struct.pack(">HHIHH", 0x0112, 3, 1, way, 0)
    return b"MM\0*" + struct.pack(">IH", 8, 2) + entries + struct.pack(">I", 0) + PLACE


def segment(marker: int, data: bytes) -> bytes:
    """Return one segment of a JPEG."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def jpeg(way: int | None = None, *, shade: int = 0) -> bytes:
    """Return a photograph; with a way it says how it was held, and where it was taken, twice over."""
    if way is None:
        return _SQUARE[:2] + segment(0xFE, bytes([shade])) + _SQUARE[2:]
    told = segment(0xE1, b"Exif\0\0" + exif(way)) + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + PLACE)
    return _SQUARE[:2] + told + segment(0xFE, PLACE) + _SQUARE[2:] + b"film behind the picture " + PLACE


def chunk(kind: bytes, data: bytes) -> bytes:
    """Return one chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int = 8, height: int = 8, *, lines: bytes | None = None, extra: bytes = b"", shade: int = 0
) -> bytes:
    """Return a grey picture, or one whose packed lines are others than its size says."""
    drawn = lines if lines is not None else (b"\0" + bytes([shade]) * width) * height
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return SIGNATURE + header + extra + chunk(b"IDAT", zlib.compress(drawn)) + chunk(b"IEND", b"")


def pdf(body: bytes = b"<< /Type /Catalog >>", trailer: bytes = b"<< /Root 1 0 R >>") -> bytes:
    """Return a document of one object."""
    return b"%PDF-1.4\n1 0 obj\n" + body + b"\nendobj\ntrailer\n" + trailer + b"\nstartxref\n9\n%%EOF\n"

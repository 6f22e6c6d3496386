"""PNG pictures: walked through chunk by chunk (W3C PNG), unpacked whole, written again without the rest."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator, Sequence

from voucher.plumbing.uploads.orientation import UPRIGHT, read_orientation, write_orientation
from voucher.plumbing.uploads.refusals import UPLOAD_DAMAGED

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# what a picture is drawn from; words, times and places in it are left behind
DRAWN = frozenset({b"PLTE", b"tRNS", b"gAMA", b"sRGB", b"pHYs"})
CHANNELS = {0: (1, (1, 2, 4, 8, 16)), 2: (3, (8, 16)), 3: (1, (1, 2, 4, 8)), 4: (2, (8, 16)), 6: (4, (8, 16))}
# the seven passes of an interlaced picture: first column and row, then the steps between them
PASSES = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))
PIECE_BYTES = 1 << 20


def clean_png(content: bytes, check_size: Callable[[int, int], None]) -> tuple[bytes, int, int]:
    """Return the picture without anything that is not drawn, its width and its height.

    `check_size` is asked before anything is unpacked. Raises attachment_damaged and what it raises.
    """
    chunks, drawn, way = _chunks(content), [], UPRIGHT
    kind, header = next(chunks, (b"", b""))
    if kind != b"IHDR" or len(header) != 13:
        raise UPLOAD_DAMAGED.refused()
    width, height, depth, colours, packing, filtering, interlaced = struct.unpack(">IIBBBBB", header)
    if depth not in CHANNELS.get(colours, (0, ()))[1] or packing or filtering or interlaced not in (0, 1):
        raise UPLOAD_DAMAGED.refused()
    if not 0 < width < 1 << 31 or not 0 < height < 1 << 31:
        raise UPLOAD_DAMAGED.refused()
    check_size(width, height)
    packed: list[bytes] = []
    for kind, data in chunks:
        if kind == b"IDAT":
            packed.append(data)
        elif kind in DRAWN and not packed:
            drawn.append(_chunk(kind, data))
        elif kind == b"eXIf" and not packed:
            way = read_orientation(data)
        elif kind != b"IEND" and not kind[0] & 0x20:
            raise UPLOAD_DAMAGED.refused()  # a chunk nobody may pass over, and nobody knows
    bits = CHANNELS[colours][0] * depth
    passes = PASSES if interlaced else ((0, 0, 1, 1),)
    _check_whole(packed, sum(_pass_bytes(width, height, bits, each) for each in passes))
    if way != UPRIGHT:
        drawn.append(_chunk(b"eXIf", write_orientation(way)))
    written = (
        _chunk(b"IHDR", header),
        *drawn,
        *(_chunk(b"IDAT", each) for each in packed),
        _chunk(b"IEND", b""),
    )
    return SIGNATURE + b"".join(written), width, height


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield kind and data of every chunk to the end of the picture; what lies behind it is not looked at."""
    place, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        if place + 12 > len(content):
            raise UPLOAD_DAMAGED.refused()
        length, kind = struct.unpack_from(">I4s", content, place)
        end = place + 8 + length
        if end + 4 > len(content):
            raise UPLOAD_DAMAGED.refused()
        (told,) = struct.unpack_from(">I", content, end)
        if zlib.crc32(content[place + 4 : end]) != told:
            raise UPLOAD_DAMAGED.refused()
        yield kind, content[place + 8 : end]
        place = end + 4


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _pass_bytes(width: int, height: int, bits: int, step: tuple[int, int, int, int]) -> int:
    column, row, across, down = step
    columns, rows = -(-(width - column) // across), -(-(height - row) // down)
    return rows * (1 + -(-columns * bits // 8)) if columns > 0 and rows > 0 else 0


def _check_whole(packed: Sequence[bytes], wanted: int) -> None:
    """Refuse a picture whose packed lines are fewer or more than its size says; nothing grows beyond that."""
    unpacking, count = zlib.decompressobj(), 0
    try:
        for piece in packed:
            waiting = piece
            while not unpacking.eof and count <= wanted:
                unpacked = len(unpacking.decompress(waiting, PIECE_BYTES))
                count, waiting = count + unpacked, unpacking.unconsumed_tail
                if not waiting and unpacked < PIECE_BYTES:
                    break
    except zlib.error:
        raise UPLOAD_DAMAGED.refused() from None
    if count != wanted or not unpacking.eof:
        raise UPLOAD_DAMAGED.refused()

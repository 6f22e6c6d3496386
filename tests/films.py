"""Films that hold nothing but what says that they are films."""

from __future__ import annotations

import struct


def box(name: bytes, inside: bytes) -> bytes:
    """Return a box of an MP4."""
    return struct.pack(">I4s", len(inside) + 8, name) + inside


def track(codec: bytes, kind: bytes = b"vide") -> bytes:
    """Return a track of an MP4 that says what it is and how it is written."""
    described = box(b"stsd", struct.pack(">II", 0, 1) + box(codec, b"\0" * 8))
    told = box(b"hdlr", b"\0" * 8 + kind + b"\0" * 12)
    return box(b"trak", box(b"mdia", told + box(b"minf", box(b"stbl", described))))


def mp4(
    seconds: int, *, size: int = 0, wide: bool = False, last: bool = False, codec: bytes = b"avc1"
) -> bytes:
    """Return an MP4 of so many seconds, padded to at least so many bytes of pictures."""
    times = (
        struct.pack(">QQIQ", 0, 0, 1000, seconds * 1000)
        if wide
        else struct.pack(">IIII", 0, 0, 1000, seconds * 1000)
    )
    header = box(b"mvhd", bytes([1 if wide else 0, 0, 0, 0]) + times + b"\0" * 80)
    moov = box(b"moov", header + track(b"mp4a", b"soun") + track(codec))
    mdat = box(b"mdat", bytes(number % 251 for number in range(max(size, 40))))
    return box(b"ftyp", b"isom\0\0\2\0mp42") + (mdat + moov if last else moov + mdat)


def element(name: int, inside: bytes, *, known: bool = True) -> bytes:
    """Return an element of a WebM."""
    head = name.to_bytes((name.bit_length() + 7) // 8, "big")
    size = (len(inside) | 1 << 56).to_bytes(8, "big") if known else b"\x01" + b"\xff" * 7
    return head + size + inside


def webm(seconds: int | None, *, known: bool = True, kind: bytes = b"webm", codec: bytes = b"V_VP9") -> bytes:
    """Return a WebM of so many seconds, or one that does not say."""
    told = element(0x2AD7B1, (1_000_000).to_bytes(3, "big"))
    if seconds is not None:
        told += element(0x4489, struct.pack(">d", seconds * 1000.0))
    tracks = element(0x1654AE6B, element(0xAE, element(0x83, b"\x01") + element(0x86, codec)))
    inside = element(0x1549A966, told) + tracks + element(0x1F43B675, b"pictures" * 8)
    return element(0x1A45DFA3, element(0x4282, kind)) + element(0x18538067, inside, known=known)


MP4, WEBM = mp4(60), webm(60)


def playable_webm(pictures: list[bytes], width: int, height: int) -> bytes:
    """Return a WebM that really plays: each picture, a key frame of VP8, stands for a second."""
    tracks = element(
        0xAE,
        element(0xD7, b"\x01")
        + element(0x73C5, b"\x01")
        + element(0x83, b"\x01")
        + element(0x86, b"V_VP8")
        + element(0xE0, element(0xB0, struct.pack(">H", width)) + element(0xBA, struct.pack(">H", height))),
    )
    told = element(0x2AD7B1, (1_000_000).to_bytes(3, "big"))
    told += element(0x4489, struct.pack(">d", len(pictures) * 1000.0))
    inside = element(0x1549A966, told) + element(0x1654AE6B, tracks)
    for second, picture in enumerate(pictures):
        block = b"\x81" + struct.pack(">h", 0) + b"\x80" + picture
        inside += element(0x1F43B675, element(0xE7, struct.pack(">I", second * 1000)) + element(0xA3, block))
    head = element(0x4286, b"\x01") + element(0x4282, b"webm") + element(0x4287, b"\x02")
    return element(0x1A45DFA3, head + element(0x4285, b"\x02")) + element(0x18538067, inside)


def key_frame_of(webp: bytes) -> bytes:
    """Return the key frame of VP8 that a lossy WebP is made of."""
    place = 12
    while place + 8 <= len(webp):
        name, size = webp[place : place + 4], int.from_bytes(webp[place + 4 : place + 8], "little")
        if name == b"VP8 ":
            return webp[place + 8 : place + 8 + size]
        place += 8 + size + size % 2
    raise ValueError("no lossy picture")

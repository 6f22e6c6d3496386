"""Films of lessons: an MP4 or a WebM by its own bytes, and how long it plays; the pictures are not decoded.

MP4 is walked box by box (ISO/IEC 14496-12 §4.2, movie header §8.2.2), WebM element by element (RFC 8794
EBML, RFC 9559 Matroska).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from voucher.plumbing.uploads.pieces import Mapped
from voucher.rules.errors import reason

SOURCE = "【设】线上课视频只收 MP4 和 WebM; GB/T 22239-2019 8.1.4.5 恶意代码防范"
EBML, DOC_TYPE, SEGMENT, INFO, SCALE, DURATION, CLUSTER = (
    0x1A45DFA3, 0x4282, 0x18538067, 0x1549A966, 0x2AD7B1, 0x4489, 0x1F43B675,
)  # fmt: skip
# one way of writing pictures goes by several names
SAME_CODEC = {"avc3": "avc1", "av01": "av1", "vp08": "vp8", "vp09": "vp9"}
TRACKS, TRACK, TRACK_KIND, CODEC, PICTURES = 0x1654AE6B, 0xAE, 0x83, 0x86, 1
NANOSECONDS, MILLISECOND = 1_000_000_000, 1_000_000
# half an hour in fragments of a tenth of a second; more entries side by side are made to keep us busy
ENTRIES_MOST = 50_000
WORD_BYTES = 32
# sixty-eight years: what says more was made up, and would not fit where lengths are kept
SECONDS_BELOW = 2**31

VIDEO_UNKNOWN = reason(
    "lesson_video_unknown",
    "这个文件不是 MP4 或 WebM 视频，或没有传完",
    "请导出为 MP4（H.264）后重新上传；改文件名没有用。也可以填视频的 https 地址",
    SOURCE,
)
VIDEO_NO_LENGTH = reason(
    "lesson_video_no_length",
    "看不出这个视频有多长",
    "录屏软件直接存的 WebM 常没有时长：请用剪辑软件导出为 MP4 后再上传",
    SOURCE,
)


class VideoKind(StrEnum):
    """What a browser is told it is."""

    MP4 = "mp4"
    WEBM = "webm"


@dataclass(frozen=True, slots=True)
class Video:
    """A film, the whole seconds it plays, and how its pictures are written (`avc1`, `vp9`)."""

    kind: VideoKind
    seconds: int
    codec: str


def read_video(content: Mapped) -> Video:
    """Return what a film is and how long. Raises Refused lesson_video_unknown, lesson_video_no_length."""
    try:
        if content[4:8] == b"ftyp":
            kind, (seconds, codec) = VideoKind.MP4, _read_mp4(content)
        elif content[:4] == EBML.to_bytes(4, "big"):
            kind, (seconds, codec) = VideoKind.WEBM, _read_webm(content)
        else:
            raise VIDEO_UNKNOWN.refused()
    except (struct.error, IndexError):
        raise VIDEO_UNKNOWN.refused() from None
    if not 1 <= seconds < SECONDS_BELOW:
        raise VIDEO_NO_LENGTH.refused()
    return Video(kind, seconds, SAME_CODEC.get(codec, codec))


def _read_mp4(content: Mapped) -> tuple[int, str]:
    boxes = dict(_walk_boxes(content, 0, len(content)))
    if b"moov" not in boxes or b"mdat" not in boxes:
        raise VIDEO_UNKNOWN.refused()
    header = dict(_walk_boxes(content, *boxes[b"moov"])).get(b"mvhd")
    if header is None:
        raise VIDEO_UNKNOWN.refused()
    start = header[0]
    wide = content[start] == 1
    scale, duration = struct.unpack_from(">IQ" if wide else ">II", content, start + (20 if wide else 12))
    return int(duration // scale) if scale else 0, _codec_of_mp4(content, boxes[b"moov"])


def _codec_of_mp4(content: Mapped, movie: tuple[int, int]) -> str:
    """Return how the pictures of the first track that has any are written (ISO/IEC 14496-12 §8.5.2)."""
    for name, track in _walk_boxes(content, *movie):
        if name != b"trak":
            continue
        media = dict(_walk_boxes(content, *dict(_walk_boxes(content, *track)).get(b"mdia", (0, 0))))
        start, end = media.get(b"hdlr", (0, 0))
        if content[start + 8 : min(start + 12, end)] != b"vide":
            continue
        for inner in (b"minf", b"stbl"):
            media = dict(_walk_boxes(content, *media.get(inner, (0, 0))))
        start, end = media.get(b"stsd", (0, 0))
        # behind the version and the count stands the first description, its size and its name
        word = content[start + 12 : min(start + 16, end)]
        return word.decode("ascii", "replace").strip().lower()
    raise VIDEO_UNKNOWN.refused()


def _walk_boxes(content: Mapped, place: int, end: int) -> Iterator[tuple[bytes, tuple[int, int]]]:
    """Yield the name and the inside of every box; one that reaches beyond the file is no box."""
    for _ in range(ENTRIES_MOST):
        if place + 8 > end:
            return
        size, name, head = *struct.unpack_from(">I4s", content, place), 8
        if size == 1:
            (size,), head = struct.unpack_from(">Q", content, place + 8), 16
        elif size == 0:
            size = end - place
        if size < head or place + size > end:
            raise VIDEO_UNKNOWN.refused()
        yield name, (place + head, place + size)
        place += size
    raise VIDEO_UNKNOWN.refused()


def _read_webm(content: Mapped) -> tuple[int, str]:
    top = dict(_walk_elements(content, 0, len(content)))
    if EBML not in top or SEGMENT not in top:
        raise VIDEO_UNKNOWN.refused()
    kind = dict(_walk_elements(content, *top[EBML])).get(DOC_TYPE)
    if kind is None or _word(content, kind).rstrip(b"\0") != b"webm":
        raise VIDEO_UNKNOWN.refused()
    inside = dict(_walk_elements(content, *top[SEGMENT]))
    if INFO not in inside or CLUSTER not in inside:
        raise VIDEO_UNKNOWN.refused()
    told = dict(_walk_elements(content, *inside[INFO]))
    if DURATION not in told:
        raise VIDEO_NO_LENGTH.refused()
    scale = int.from_bytes(_word(content, told[SCALE]), "big") if SCALE in told else MILLISECOND
    start, end = told[DURATION]
    (duration,) = struct.unpack_from(">d" if end - start == 8 else ">f", content, start)
    if not 0 <= duration < 2**40:
        raise VIDEO_NO_LENGTH.refused()
    return int(duration * scale) // NANOSECONDS, _codec_of_webm(content, inside.get(TRACKS))


def _codec_of_webm(content: Mapped, tracks: tuple[int, int] | None) -> str:
    """Return how the pictures of the first track that has any are written, e.g. vp9 for V_VP9."""
    for name, place in _walk_elements(content, *(tracks or (0, 0))):
        told = dict(_walk_elements(content, *place)) if name == TRACK else {}
        kind, codec = told.get(TRACK_KIND), told.get(CODEC)
        if kind is not None and codec is not None and _word(content, kind) == bytes([PICTURES]):
            return _word(content, codec).decode("ascii", "replace").removeprefix("V_").lower()
    raise VIDEO_UNKNOWN.refused()


def _walk_elements(content: Mapped, place: int, end: int) -> Iterator[tuple[int, tuple[int, int]]]:
    """Yield the name and the inside of every element; one of unknown size reaches to the end."""
    for _ in range(ENTRIES_MOST):
        if place >= end:
            return
        name, place = _read_number(content, place, marked=True)
        size, after = _read_number(content, place, marked=False)
        unknown = size == (1 << (7 * (after - place))) - 1
        inside = after, end if unknown else after + size
        if inside[1] > end:
            raise VIDEO_UNKNOWN.refused()
        yield name, inside
        place = inside[1]
    raise VIDEO_UNKNOWN.refused()


def _word(content: Mapped, place: tuple[int, int]) -> bytes:
    """Return what stands in an element that holds a word or a number; a longer one is neither."""
    start, end = place
    if end - start > WORD_BYTES:
        raise VIDEO_UNKNOWN.refused()
    return content[start:end]


def _read_number(content: Mapped, place: int, *, marked: bool) -> tuple[int, int]:
    """Return an EBML number and the place behind it; names keep the mark of their length."""
    first = content[place]
    length = 9 - first.bit_length()
    if length > (4 if marked else 8):
        raise VIDEO_UNKNOWN.refused()
    value = int.from_bytes(content[place : place + length], "big")
    return (value if marked else value & ((1 << (7 * length)) - 1)), place + length

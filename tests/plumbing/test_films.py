"""Films by their own bytes: what they are, how long they play, and everything that only looks like one."""

from __future__ import annotations

import pytest

from tests.films import MP4, WEBM, box, element, mp4, webm
from voucher.plumbing.uploads.video import ENTRIES_MOST, VideoKind, read_video
from voucher.rules.errors import Refused


def test_a_film_is_known_by_its_bytes_and_says_how_long_it_is() -> None:
    assert read_video(mp4(1830)).seconds == 1830
    assert read_video(mp4(1830, wide=True)) == read_video(mp4(1830))
    # what is filmed with a telephone has its header behind the pictures
    assert read_video(mp4(95, last=True)).kind is VideoKind.MP4
    assert read_video(webm(95)) == read_video(webm(95, known=False))
    assert (read_video(webm(95)).kind, read_video(webm(95)).seconds) == (VideoKind.WEBM, 95)
    # how the pictures are written stands behind the sound
    assert [read_video(mp4(9, codec=each)).codec for each in (b"avc3", b"hvc1")] == ["avc1", "hvc1"]
    assert read_video(webm(9, codec=b"V_VP8")).codec == "vp8"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "lesson_video_unknown"),
        (b"\xff\xd8\xff\xe0 a photograph", "lesson_video_unknown"),
        (b"<html>" + b"\0" * 60, "lesson_video_unknown"),
        (mp4(60)[:-1], "lesson_video_unknown"),
        (box(b"ftyp", b"isom") + box(b"mdat", b"x" * 40), "lesson_video_unknown"),
        (box(b"ftyp", b"isom") + box(b"moov", b"") + box(b"mdat", b"x"), "lesson_video_unknown"),
        (
            box(b"ftyp", b"isom") + box(b"moov", box(b"mvhd", b"\0" * 5)) + box(b"mdat", b""),
            "lesson_video_unknown",
        ),
        (mp4(60).replace(b"vide", b"soun"), "lesson_video_unknown"),
        (webm(60).replace(b"\xae", b"\xad"), "lesson_video_unknown"),
        (mp4(0), "lesson_video_no_length"),
        (webm(None), "lesson_video_no_length"),
        (mp4(2**40, wide=True), "lesson_video_no_length"),
        (webm(60, kind=b"matroska"), "lesson_video_unknown"),
        (webm(60)[:-30], "lesson_video_unknown"),
        (element(0x1A45DFA3, b""), "lesson_video_unknown"),
        (b"\x1a\x45\xdf\xa3\x00", "lesson_video_unknown"),
        # made to keep us busy: more boxes side by side than any film has, a word as long as a film
        (box(b"ftyp", b"isom") + box(b"free", b"") * (ENTRIES_MOST + 1), "lesson_video_unknown"),
        (webm(60, codec=b"V_VP9" * 20), "lesson_video_unknown"),
    ],
)
def test_what_is_no_film_is_refused_and_breaks_nothing(content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        read_video(content)
    assert refused.value.refusal.code == code


def judge(content: bytes) -> str:
    """Return what becomes of bytes, in a word."""
    try:
        return read_video(content).kind
    except Refused as refused:
        return refused.refusal.code


def test_no_film_cut_or_spoilt_anywhere_does_more_than_be_refused() -> None:
    met = set()
    for whole in (MP4, WEBM):
        for place in range(len(whole)):
            met.add(judge(whole[:place]))
            met |= {judge(whole[:place] + each + whole[place + 1 :]) for each in (b"\xff", b"\0", b"\x81")}
    assert met == {"mp4", "webm", "lesson_video_unknown", "lesson_video_no_length"}

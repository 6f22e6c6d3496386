"""Handing a film to a browser piece by piece (RFC 9110 §14 Range): a poor network asks for what it plays."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response, request

from voucher.doors.auth.door import Door, the_door
from voucher.doors.auth.visitors import current_actor
from voucher.stages.train.models.videos import PART_BYTES, LessonVideo
from voucher.stages.train.queries.videos import get_video_for, read_piece

# a browser that asks for the rest of a film is given this much, and asks again
PIECE_BYTES = 2 * PART_BYTES


def send_film(video_id: int) -> Response:
    """Return a film, or the piece of it that is asked for. Raises Refused lesson_video_missing."""
    with the_door().read() as session:
        found = get_video_for(session, current_actor(), video_id)
        # of several pieces at once the whole is given, as of none (RFC 9110 §14.2)
        ranges = request.range if request.range is not None and len(request.range.ranges) == 1 else None
        asked = ranges.range_for_length(found.size_bytes) if ranges is not None else None
        if ranges is not None and asked is None:
            answer = Response(status=416)
            answer.headers["Content-Range"] = f"bytes */{found.size_bytes}"
            return answer
        if asked is None:
            answer = Response(_read_all(the_door(), found), mimetype=f"video/{found.kind}")
            answer.content_length = found.size_bytes
        else:
            start, end = asked[0], min(asked[1], asked[0] + PIECE_BYTES)
            answer = Response(read_piece(session, found, start, end), 206, mimetype=f"video/{found.kind}")
            answer.headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size_bytes}"
    answer.headers["Accept-Ranges"] = "bytes"
    answer.headers["Cache-Control"] = "private, max-age=3600"
    return answer


def _read_all(door: Door, found: LessonVideo) -> Iterator[bytes]:
    for start in range(0, found.size_bytes, PIECE_BYTES):
        with door.read() as session:
            yield read_piece(session, found, start, min(start + PIECE_BYTES, found.size_bytes))

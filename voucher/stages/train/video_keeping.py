"""Keeping the film of a lesson: known by its bytes, no larger than allowed, long enough for its segments."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from voucher.plumbing.unit_of_work import Work
from voucher.plumbing.uploads.video import read_video
from voucher.registry.tables import require_parameter_number
from voucher.rules.errors import Family, reason
from voucher.rules.lessons import LESSON_UNPLAYABLE, SOURCE
from voucher.stages.train.models.videos import PART_BYTES, LessonVideo, LessonVideoPart

BYTES_MOST = "lesson_video_bytes_most"
MB, MINUTE_SECONDS = 1024 * 1024, 60

VIDEO_HEAVY = reason(
    "lesson_video_too_large",
    "这个视频有 {size_mb} MB，超过 {most_mb} MB 的上限",
    "请把清晰度调到 480P 左右、码率调低后再上传，或分成几节课；也可以填视频的 https 地址",
    SOURCE,
    Family.LIMIT,
)


def keep_video(
    work: Work, session_id: int, content: bytes, minutes: Sequence[int], regions: Sequence[str]
) -> LessonVideo:
    """Keep a film in parts and return it; the segments together play no longer than the film.

    Raises Refused lesson_video_too_large, lesson_video_unknown, lesson_video_no_length, lesson_unplayable,
    parameter_missing.
    """
    most = require_parameter_number(work.session, BYTES_MOST, work.today, regions)
    if len(content) > most:
        raise VIDEO_HEAVY.refused(size_mb=-(-len(content) // MB), most_mb=most // MB)
    film = read_video(content)
    if sum(minutes) > -(-film.seconds // MINUTE_SECONDS):
        length = f"{film.seconds // MINUTE_SECONDS} 分 {film.seconds % MINUTE_SECONDS} 秒"
        raise LESSON_UNPLAYABLE.refused(problem=f"各段共 {sum(minutes)} 分钟，视频只有 {length}")
    kept = LessonVideo(
        session_id=session_id,
        kind=str(film.kind),
        size_bytes=len(content),
        seconds=film.seconds,
        sha256=hashlib.sha256(content).hexdigest(),
        added_at=work.at,
        added_by_person_id=work.actor.person_id,
    )
    work.session.add(kept)
    work.session.flush()
    for position, start in enumerate(range(0, len(content), PART_BYTES)):
        part = content[start : start + PART_BYTES]
        work.session.add(LessonVideoPart(video_id=kept.id, position=position, content=part))
    work.session.flush()
    return kept


def address_of(video_id: int) -> str:
    """Return where an uploaded film is played from."""
    return f"/lessons/videos/{video_id}"

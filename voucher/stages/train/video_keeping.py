"""Keeping the film of a lesson: known by its bytes, no larger than allowed, long enough for its segments."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import select

from voucher.plumbing.unit_of_work import Work
from voucher.plumbing.uploads.pieces import Mapped
from voucher.plumbing.uploads.video import read_video
from voucher.registry.dictionaries import list_words
from voucher.registry.tables import require_parameter_number
from voucher.rules.dictionaries import Dictionary
from voucher.rules.errors import Family, reason
from voucher.rules.lessons import LESSON_UNPLAYABLE, SOURCE
from voucher.stages.train.models.videos import PART_BYTES, LessonVideo, LessonVideoPart

BYTES_MOST = "lesson_video_bytes_most"
MB, MINUTE_SECONDS = 1024 * 1024, 60
# as people know what a browser will not play
CODEC_NAMES = {"hvc1": "HEVC（H.265）", "hev1": "HEVC（H.265）", "mp4v": "MPEG-4 Part 2", "dvh1": "杜比视界"}

VIDEO_HEAVY = reason(
    "lesson_video_too_large",
    "这个视频有 {size_mb} MB，超过 {most_mb} MB 的上限",
    "请把清晰度调到 480P 左右、码率调低后再上传，或分成几节课；也可以填视频的 https 地址",
    SOURCE,
    Family.LIMIT,
)
VIDEO_CODEC = reason(
    "lesson_video_codec",
    "这个视频的编码是 {codec}，多数学员的手机浏览器播放不了",
    "请用剪辑软件导出为 MP4（H.264）；用手机拍的，在相机设置里选“兼容性最佳”后重拍。现在可用：{accepted}",
    SOURCE,
)


def keep_video(
    work: Work, session_id: int, content: Mapped, minutes: Sequence[int], regions: Sequence[str]
) -> LessonVideo:
    """Keep a film in parts and return it; the segments together play no longer than the film.

    The same bytes are kept once, however many sessions play them. Raises Refused lesson_video_too_large,
    lesson_video_unknown, lesson_video_no_length, lesson_video_codec, lesson_unplayable, parameter_missing.
    """
    most = require_parameter_number(work.session, BYTES_MOST, work.today, regions)
    if len(content) > most:
        raise VIDEO_HEAVY.refused(size_mb=-(-len(content) // MB), most_mb=most // MB)
    film = read_video(content)
    _check_codec(work, film.codec)
    _check_length(film.seconds, minutes)
    sha256 = hashlib.sha256(content).hexdigest()
    first = work.session.scalars(
        select(LessonVideo)
        .where(LessonVideo.sha256 == sha256, LessonVideo.same_as_id.is_(None))
        .order_by(LessonVideo.id)
    ).first()
    if first is not None:
        return _play_again(work, session_id, first)
    kept = LessonVideo(
        session_id=session_id,
        kind=str(film.kind),
        size_bytes=len(content),
        seconds=film.seconds,
        sha256=sha256,
        added_at=work.at,
        added_by_person_id=work.actor.person_id,
    )
    work.session.add(kept)
    work.session.flush()
    for position, start in enumerate(range(0, len(content), PART_BYTES)):
        part = LessonVideoPart(
            video_id=kept.id, position=position, content=content[start : start + PART_BYTES]
        )
        work.session.add(part)
        work.session.flush()
        # one part at a time is in memory, whatever the film weighs
        work.session.expunge(part)
    return kept


def keep_again(work: Work, session_id: int, video: LessonVideo, minutes: Sequence[int]) -> LessonVideo:
    """Let another session play a film that is kept already. Raises Refused lesson_unplayable."""
    _check_length(video.seconds, minutes)
    return _play_again(work, session_id, video)


def _play_again(work: Work, session_id: int, video: LessonVideo) -> LessonVideo:
    again = LessonVideo(
        session_id=session_id,
        kind=video.kind,
        size_bytes=video.size_bytes,
        seconds=video.seconds,
        sha256=video.sha256,
        same_as_id=video.content_id,
        added_at=work.at,
        added_by_person_id=work.actor.person_id,
    )
    work.session.add(again)
    work.session.flush()
    return again


def _check_codec(work: Work, codec: str) -> None:
    words = list_words(work.session, Dictionary.FILM_CODEC, work.today)
    if codec not in {each.code for each in words}:
        accepted = "、".join(dict.fromkeys(each.name for each in words))
        raise VIDEO_CODEC.refused(codec=CODEC_NAMES.get(codec, codec[:8]), accepted=accepted)


def _check_length(seconds: int, minutes: Sequence[int]) -> None:
    if sum(minutes) > -(-seconds // MINUTE_SECONDS):
        length = f"{seconds // MINUTE_SECONDS} 分 {seconds % MINUTE_SECONDS} 秒"
        raise LESSON_UNPLAYABLE.refused(problem=f"各段共 {sum(minutes)} 分钟，视频只有 {length}")


def address_of(video_id: int) -> str:
    """Return where an uploaded film is played from."""
    return f"/lessons/videos/{video_id}"

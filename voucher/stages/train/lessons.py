"""Online lessons (线上课): what a session plays is put together by its institution, before it begins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.plumbing.uploads.pieces import Mapped
from voucher.registry import catalogue
from voucher.rules.actor import check_role
from voucher.rules.classes import ONLINE
from voucher.rules.errors import Family, reason
from voucher.rules.lessons import (
    LESSON_UNPLAYABLE,
    SEGMENTS_MOST,
    SOURCE,
    check_address,
    check_segment,
)
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.train.class_codes import find_marked
from voucher.stages.train.models.lessons import Lesson, LessonSegment
from voucher.stages.train.queries.videos import get_own_film
from voucher.stages.train.reading import ROOM, SESSION_MISSING, serves_class
from voucher.stages.train.video_keeping import address_of, keep_again, keep_video

TAUGHT = ("draft", "returned", "filed", "approved", "running")

SESSION_NOT_ONLINE = reason(
    "session_not_online",
    "这次课是线下课，没有线上内容",
    "线上内容只能加在线上课次；要改上课方式的，请修改开班申请",
    SOURCE,
    Family.CONFLICT,
)
LESSON_TOO_LATE = reason(
    "lesson_too_late",
    "这次课已经开始，不能再添加线上内容",
    "请在上课前添加；漏掉的内容，请加到本班还没有开始的线上课次",
    SOURCE,
    Family.CONFLICT,
)
LESSON_CLASS_OVER = reason(
    "lesson_class_over",
    "班级当前为“{state}”，不能添加线上内容",
    "线上内容只能加到还要上课的班级",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class NewSegment:
    """One stretch of a lesson: minutes, words, and at its end a question or none."""

    minutes: int
    content: str = ""
    question: str | None = None
    options: tuple[str, ...] = ()
    answer: int | None = None


@dataclass(frozen=True, slots=True)
class NewLesson:
    """A lesson as it is put together: a linked or an uploaded video, or pages."""

    session_id: int
    kind: str
    title: str
    address: str | None
    segments: tuple[NewSegment, ...]
    # the film itself, where it is uploaded and not linked
    film: Mapped | None = None
    # or one that was uploaded before, for this class or another one of the house
    film_id: int | None = None


def add_lesson(work: Work, new: NewLesson) -> Lesson:
    """Add a lesson to an online session that has not begun.

    Raises Refused role_missing, class_session_missing, session_not_online, lesson_class_over,
    lesson_too_late, lesson_unplayable, lesson_video_missing and what `keep_video` refuses.
    """
    check_role(work.actor, *ROOM)
    held, found = find_marked(work.session, new.session_id, lock=True)
    if not serves_class(work.actor, found, *ROOM):
        raise SESSION_MISSING.refused()
    if held.mode != ONLINE:
        raise SESSION_NOT_ONLINE.refused()
    if found.state not in TAUGHT:
        raise LESSON_CLASS_OVER.refused(state=STATE_NAMES[Thing.CLASS][found.state])
    if work.at >= held.starts_at:
        raise LESSON_TOO_LATE.refused()
    _check_segments(new.kind, new.segments)
    address, minutes = new.address, [each.minutes for each in new.segments]
    if new.film is not None:
        regions = catalogue.list_ancestry(work.session, found.region_code)
        address = address_of(keep_video(work, held.id, new.film, minutes, regions).id)
    elif new.film_id is not None:
        shown = get_own_film(work.session, work.actor, new.film_id)
        address = address_of(keep_again(work, held.id, shown, minutes).id)
    else:
        check_address(new.kind, address)
    position = work.session.scalar(select(func.count()).where(Lesson.session_id == held.id)) or 0
    lesson = Lesson(
        session_id=held.id,
        position=position + 1,
        kind=new.kind,
        title=new.title.strip(),
        address=address,
        added_at=work.at,
        added_by_person_id=work.actor.person_id,
    )
    work.session.add(lesson)
    work.session.flush()
    for place, each in enumerate(new.segments, 1):
        work.session.add(
            LessonSegment(
                lesson_id=lesson.id,
                position=place,
                minutes=each.minutes,
                content=each.content,
                question=each.question,
                options=[option.strip() for option in each.options] or None,
                answer=each.answer,
            )
        )
    work.session.flush()
    told: dict[str, object] = {"session": held.id, "lesson": lesson.id, "segments": len(new.segments)}
    audit.record_one(work, str(Thing.CLASS), found.id, "add_lesson", **told)
    return lesson


def _check_segments(kind: str, segments: Sequence[NewSegment]) -> None:
    if not 0 < len(segments) <= SEGMENTS_MOST:
        raise LESSON_UNPLAYABLE.refused(problem=f"一节课 1 至 {SEGMENTS_MOST} 段")
    for each in segments:
        check_segment(kind, each.content, each.minutes, each.question, each.options, each.answer)

"""Films of lessons as they are played: a piece at a time, by who learns in the class or teaches it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.rules.actor import Actor, Role
from voucher.rules.errors import Family, reason
from voucher.rules.lessons import SOURCE
from voucher.stages.train.class_codes import find_marked
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.lessons import Lesson
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.models.videos import PART_BYTES, LessonVideo, LessonVideoPart
from voucher.stages.train.reading import ROOM, STAFF, serves_class
from voucher.stages.train.video_keeping import address_of

# who was in training may look again until the class is settled; who left may not
LEARNING = ("training", "trained")

VIDEO_MISSING = reason(
    "lesson_video_missing",
    "没有找到这个视频",
    "请从“我的班级”重新打开线上课",
    SOURCE,
    Family.MISSING,
)


def get_video_for(session: Session, actor: Actor, video_id: int) -> LessonVideo:
    """Return a film for a learner of its class or one of its institution's people.

    Raises Refused lesson_video_missing, also for anybody else.
    """
    found = session.get(LessonVideo, video_id)
    if found is None:
        raise VIDEO_MISSING.refused()
    _, taught = find_marked(session, found.session_id)
    if serves_class(actor, taught, *STAFF):
        return found
    learns = (
        select(Enrolment.id)
        .join(Voucher, Voucher.id == Enrolment.voucher_id)
        .where(
            Enrolment.class_id == taught.id,
            Enrolment.person_id == actor.person_id,
            Enrolment.ended_at.is_(None),
            Voucher.state.in_(LEARNING),
        )
    )
    if not actor.has(Role.WORKER) or session.scalars(learns).first() is None:
        raise VIDEO_MISSING.refused()
    return found


def get_own_film(session: Session, actor: Actor, video_id: int) -> LessonVideo:
    """Return a film to be shown in another class, for who teaches where it was uploaded.

    Who merely learns there may watch it and not take it along. Raises Refused lesson_video_missing.
    """
    found = session.get(LessonVideo, video_id)
    if found is None or not serves_class(actor, find_marked(session, found.session_id)[1], *ROOM):
        raise VIDEO_MISSING.refused()
    return found


def read_piece(session: Session, video: LessonVideo, start: int, end: int) -> bytes:
    """Return the bytes of a film from one place up to another, which is not among them."""
    parts = session.scalars(
        select(LessonVideoPart.content)
        .where(
            LessonVideoPart.video_id == video.content_id,
            LessonVideoPart.position.between(start // PART_BYTES, (end - 1) // PART_BYTES),
        )
        .order_by(LessonVideoPart.position)
    )
    skipped = start // PART_BYTES * PART_BYTES
    return b"".join(parts)[start - skipped : end - skipped]


def find_videos(session: Session, lessons: Iterable[Lesson]) -> dict[int, LessonVideo]:
    """Return by lesson the film that was uploaded for it; a linked one is not here."""
    by_session: dict[int, list[Lesson]] = {}
    for each in lessons:
        by_session.setdefault(each.session_id, []).append(each)
    films = session.scalars(select(LessonVideo).where(LessonVideo.session_id.in_(sorted(by_session))))
    named = {address_of(each.id): each for each in films}
    return {
        lesson.id: named[lesson.address]
        for held in by_session.values()
        for lesson in held
        if lesson.address in named
    }


def list_own_films(
    session: Session, institution_ids: Collection[int], *, limit: int = 50
) -> list[tuple[LessonVideo, str]]:
    """Return the films these institutions uploaded, each once under its last title, the newest first."""
    rows = session.execute(
        select(LessonVideo, Lesson)
        .join(ClassSession, ClassSession.id == LessonVideo.session_id)
        .join(TrainingClass, TrainingClass.id == ClassSession.class_id)
        .join(Lesson, Lesson.session_id == LessonVideo.session_id)
        .where(
            or_(
                TrainingClass.institution_id.in_(sorted(institution_ids)),
                TrainingClass.delivering_institution_id.in_(sorted(institution_ids)),
            )
        )
        .order_by(LessonVideo.id.desc())
        .limit(10 * limit)
    )
    found: dict[str, tuple[LessonVideo, str]] = {}
    for film, lesson in rows:
        if lesson.address == address_of(film.id):
            found.setdefault(film.sha256, (film, lesson.title))
    return list(found.values())[:limit]

"""Attendance (签到、学时): recorded session by session, corrected with a reason until the sign-off."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import check_role
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.lessons import Lesson, LessonSegment, Study
from voucher.stages.train.models.marks import AttendanceMark
from voucher.stages.train.models.places import Attendance, Enrolment
from voucher.stages.train.proving import PROOF_NEEDED, keep_proof
from voucher.stages.train.queries.facts import attended_by_session, is_cosigned
from voucher.stages.train.reading import (
    ROOM,
    SESSION_MISSING,
    check_why,
    format_moment,
    load_class,
    serves_class,
)
from voucher.stages.train.running import start_if_begun
from voucher.stages.train.standing import check_taught

SOURCE = "豫办〔2021〕29号 第15项 实名制; S2-15i; 审计署2022年（DOMAIN N12）; 【设】到课登记"

SESSION_NOT_BEGUN = reason(
    "class_session_not_begun",
    "这次课 {starts} 才开始，不能提前登记到课",
    "请在上课后登记",
    SOURCE,
    Family.CONFLICT,
)
CLASS_NOT_IN_SESSION = reason(
    "class_not_in_session",
    "班级当前为“{state}”，不能登记或更正到课",
    "开班期间方可登记；结业签字后不再更改",
    SOURCE,
    Family.CONFLICT,
)
NOT_IN_TRAINING = reason(
    "not_in_training",
    "券 {voucher} 不在本班培训中",
    "只登记已在本班核销、正在培训的学员；未核销的，请先核销",
    SOURCE,
    Family.CONFLICT,
)
SESSION_BEFORE_PLACE = reason(
    "class_session_before_place",
    "券 {voucher} 于 {enrolled} 进入本班，这次课在此之前已经结束",
    "只登记进入本班以后的课次；转班前的签到由原班级登记学时",
    SOURCE,
    Family.CONFLICT,
)
HOURS_ABOVE_SESSION = reason(
    "hours_above_session",
    "登记 {hours} 学时，超过这次课的 {most} 学时或小于 0",
    "请按实际到课填写，最多为这次课的学时",
    SOURCE,
)
ATTENDANCE_RECORDED = reason(
    "attendance_recorded",
    "券 {voucher} 这次课的到课已经登记",
    "登记有误的，请办理更正并写明理由",
    SOURCE,
    Family.CONFLICT,
)
ATTENDANCE_MISSING = reason(
    "attendance_missing",
    "券 {voucher} 这次课还没有登记到课",
    "请直接登记到课，不必更正",
    SOURCE,
    Family.CONFLICT,
)
MARKS_SPEAK = reason(
    "marks_speak",
    "券 {voucher} 这次课有签到记录，学时按签到计算，不能直接填写",
    "请按签到登记学时；签到有误的，登记后办理更正并写明理由",
    SOURCE,
    Family.CONFLICT,
)
SESSION_COSIGNED = reason(
    "session_cosigned",
    "这次课教师已经会签，到课名单不再直接登记",
    "漏登的请办理补登，有误的请办理更正，写明理由并上传凭据",
    SOURCE,
    Family.CONFLICT,
)


def attend(work: Work, session_id: int, hours: Mapping[int, int]) -> int:
    """Record the lesson hours people sat in a session that has begun, by voucher; return how many.

    Raises Refused role_missing, class_session_missing (also for a foreign one), class_not_in_session,
    class_session_not_begun, class_session_taught_stopped, class_session_before_place, not_in_training,
    hours_above_session, attendance_recorded, marks_speak, session_cosigned.
    """
    held, found = take_up(work, session_id)
    if is_cosigned(work.session, held.id):
        raise SESSION_COSIGNED.refused()
    people = list_learners(work, found, held, sorted(hours))
    recorded = set(
        work.session.scalars(
            select(Attendance.voucher_id).where(
                Attendance.session_id == held.id, Attendance.voucher_id.in_(sorted(hours))
            )
        )
    )
    marked = list_marked(work.session, held.id, hours)
    for voucher_id, attended in sorted(hours.items()):
        voucher = people[voucher_id]
        if voucher_id in recorded:
            raise ATTENDANCE_RECORDED.refused(voucher=voucher.number)
        if voucher_id in marked:
            raise MARKS_SPEAK.refused(voucher=voucher.number)
        write_hours(work, held, voucher, attended)
    work.session.flush()
    audit.record_one(work, str(Thing.CLASS), found.id, "attend", session=held.id, people=len(hours))
    return len(hours)


def correct_attendance(
    work: Work, session_id: int, voucher_id: int, hours: int, why: str, proof: bytes | None = None
) -> Attendance:
    """Record other hours for one person in one session, before the sign-off; the former row stays.

    Once the teacher has co-signed, evidence is asked for.
    Raises Refused role_missing, class_session_missing, training_why_missing, class_not_in_session,
    class_session_taught_stopped, class_session_before_place, not_in_training, hours_above_session,
    attendance_missing, attendance_proof_needed and what `keep_proof` refuses.
    """
    held, found = take_up(work, session_id)
    check_why(why)
    if proof is None and is_cosigned(work.session, held.id):
        raise PROOF_NEEDED.refused()
    voucher = list_learners(work, found, held, [voucher_id])[voucher_id]
    last = work.session.scalars(
        select(Attendance)
        .where(Attendance.session_id == held.id, Attendance.voucher_id == voucher_id)
        .order_by(Attendance.revision.desc())
        .limit(1)
    ).first()
    if last is None:
        raise ATTENDANCE_MISSING.refused(voucher=voucher.number)
    written = write_hours(work, held, voucher, hours, revision=last.revision + 1, why=why.strip())
    work.session.flush()
    if proof is not None:
        keep_proof(work, written, proof)
    audit.record_one(
        work, str(Thing.CLASS), found.id, "correct_attendance", session=held.id, voucher=voucher_id,
        before=last.hours, hours=hours, why=why.strip(),
    )  # fmt: skip
    return written


def make_up(
    work: Work, session_id: int, voucher_id: int, hours: int, why: str, proof: bytes | None
) -> Attendance:
    """Record hours of somebody nobody recorded (补登), with reason and evidence, before the sign-off.

    Raises Refused role_missing, class_session_missing, training_why_missing, class_not_in_session,
    class_session_taught_stopped, class_session_before_place, not_in_training, hours_above_session,
    attendance_recorded, marks_speak, attendance_proof_needed and what `keep_proof` refuses.
    """
    held, found = take_up(work, session_id)
    check_why(why)
    if not proof:
        raise PROOF_NEEDED.refused()
    voucher = list_learners(work, found, held, [voucher_id])[voucher_id]
    if voucher_id in attended_by_session(work.session, held.id):
        raise ATTENDANCE_RECORDED.refused(voucher=voucher.number)
    if list_marked(work.session, held.id, [voucher_id]):
        raise MARKS_SPEAK.refused(voucher=voucher.number)
    written = write_hours(work, held, voucher, hours, why=why.strip())
    work.session.flush()
    keep_proof(work, written, proof)
    audit.record_one(
        work, str(Thing.CLASS), found.id, "make_up_attendance", session=held.id, voucher=voucher_id,
        hours=hours, why=why.strip(),
    )  # fmt: skip
    return written


def list_marked(session: Session, session_id: int, voucher_ids: Iterable[int]) -> set[int]:
    """Return whose own marks say what was attended in a session."""
    return set(
        session.scalars(
            select(AttendanceMark.voucher_id).where(
                AttendanceMark.session_id == session_id, AttendanceMark.voucher_id.in_(sorted(voucher_ids))
            )
        )
    ) | set(
        session.scalars(
            select(Study.voucher_id)
            .join(LessonSegment, LessonSegment.id == Study.segment_id)
            .join(Lesson, Lesson.id == LessonSegment.lesson_id)
            .where(Lesson.session_id == session_id, Study.voucher_id.in_(sorted(voucher_ids)))
        )
    )


def take_up(work: Work, session_id: int) -> tuple[ClassSession, TrainingClass]:
    """Return a session that has begun and its locked class, taught by the actor's institution.

    Raises Refused role_missing, class_session_missing, class_session_not_begun, class_not_in_session,
    class_session_taught_stopped.
    """
    check_role(work.actor, *ROOM)
    held = work.session.get(ClassSession, session_id)
    if held is None:
        raise SESSION_MISSING.refused()
    found = load_class(work.session, held.class_id, lock=True)
    if not serves_class(work.actor, found, *ROOM):
        raise SESSION_MISSING.refused()
    start_if_begun(work, found)
    if held.starts_at > work.at:
        raise SESSION_NOT_BEGUN.refused(starts=format_moment(held.starts_at))
    if found.state != "running":
        raise CLASS_NOT_IN_SESSION.refused(state=STATE_NAMES[Thing.CLASS][found.state])
    check_taught(work.session, found, held.starts_at)
    return held, found


def list_learners(
    work: Work, found: TrainingClass, held: ClassSession, voucher_ids: list[int]
) -> dict[int, Voucher]:
    """Return the vouchers in training in a class; one that is not is refused, a foreign one by no number.

    Whoever was moved here sat elsewhere until then, and in no lesson that was over before.
    Raises Refused not_in_training, class_session_before_place.
    """
    rows = work.session.execute(
        select(Voucher, Enrolment.enrolled_at)
        .join(Enrolment, Enrolment.voucher_id == Voucher.id)
        .where(
            Voucher.id.in_(voucher_ids),
            Enrolment.class_id == found.id,
            Enrolment.ended_at.is_(None),
        )
        .execution_options(populate_existing=True)
    )
    seated = {each.id: (each, enrolled_at) for each, enrolled_at in rows}
    people = {voucher_id: each for voucher_id, (each, _) in seated.items()}
    for voucher_id in voucher_ids:
        known = people.get(voucher_id)
        if known is None or known.state != "training":
            raise NOT_IN_TRAINING.refused(voucher=known.number if known else voucher_id)
        enrolled_at = seated[voucher_id][1]
        if held.ends_at <= enrolled_at:
            raise SESSION_BEFORE_PLACE.refused(voucher=known.number, enrolled=format_moment(enrolled_at))
    return people


def write_hours(
    work: Work,
    held: ClassSession,
    voucher: Voucher,
    hours: int,
    *,
    revision: int = 1,
    way: str = "teacher",
    why: str | None = None,
) -> Attendance:
    """Write down somebody's hours in a session. Raises Refused hours_above_session."""
    if not 0 <= hours <= held.hours:
        raise HOURS_ABOVE_SESSION.refused(hours=hours, most=held.hours)
    written = Attendance(
        session_id=held.id,
        voucher_id=voucher.id,
        person_id=voucher.holder_person_id,
        revision=revision,
        hours=hours,
        way=way if revision == 1 else "correction",
        why=why,
        recorded_at=work.at,
        recorded_by_person_id=work.actor.person_id,
    )
    work.session.add(written)
    return written

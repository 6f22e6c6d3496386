"""The tally (按签到登记): once a session is over, its marks, and what was played, become the hours."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import and_, exists, or_, select, union

from voucher.ledger import audit
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.rules.attendance import MarkRules
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.stages.train.attend import SOURCE, take_up, write_hours
from voucher.stages.train.class_codes import read_mark_rules
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.lessons import Lesson, LessonSegment, Study
from voucher.stages.train.models.marks import AttendanceMark
from voucher.stages.train.models.places import Attendance, Completion, Enrolment, Redemption
from voucher.stages.train.queries.lessons import hours_studied
from voucher.stages.train.queries.marks import read_signed
from voucher.stages.train.reading import format_moment
from voucher.stages.train.standing import find_stopped

SIGNING_NOT_OVER = reason(
    "signing_not_over",
    "这次课到 {until} 还可以签退，现在不能按签到登记学时",
    "请在签退时间过后办理",
    SOURCE,
    Family.CONFLICT,
)


def tally(work: Work, session_id: int) -> int:
    """Write down the hours of everybody whose marks count and who has none yet; return how many.

    Whoever has a doubtful mark is left out until the office has closed the case. Raises Refused role_missing,
    class_session_missing, class_not_in_session, class_session_not_begun, signing_not_over, parameter_missing.
    """
    held, found = take_up(work, session_id)
    return tally_taken_up(work, held, found)


def tally_taken_up(work: Work, held: ClassSession, found: TrainingClass) -> int:
    """Do the same for a session whose class is locked. Raises Refused signing_not_over, parameter_missing."""
    rules = read_mark_rules(work.session, found, held.starts_at)
    if work.at <= held.ends_at + rules.closes_after:
        raise SIGNING_NOT_OVER.refused(until=format_moment(held.ends_at + rules.closes_after))
    return _write_down(work, held, rules, _list_seated(work, held))


def tally_leavers(work: Work, found: TrainingClass, voucher_ids: Collection[int]) -> int:
    """Write down what people signed in their class before they go on in another one; return how many.

    A session that may still be signed out of is written down by the class itself, later; one that began
    while the institution was stopped is not. Raises Refused parameter_missing.
    """
    wanted = sorted(voucher_ids)
    marked = select(AttendanceMark.session_id).where(AttendanceMark.voucher_id.in_(wanted))
    studied = (
        select(Lesson.session_id)
        .join(LessonSegment, LessonSegment.lesson_id == Lesson.id)
        .join(Study, Study.segment_id == LessonSegment.id)
        .where(Study.voucher_id.in_(wanted))
    )
    sessions = work.session.scalars(
        select(ClassSession)
        .where(ClassSession.class_id == found.id, ClassSession.id.in_(union(marked, studied)))
        .order_by(ClassSession.id)
    ).all()
    written = 0
    for held in sessions:
        rules = read_mark_rules(work.session, found, held.starts_at)
        stopped = find_stopped(work.session, found, held.starts_at) is not None
        if work.at > held.ends_at + rules.closes_after and not stopped:
            seated = _list_seated(work, held)
            leaving = {each: seated[each] for each in wanted if each in seated}
            written += _write_down(work, held, rules, leaving)
    return written


def _write_down(work: Work, held: ClassSession, rules: MarkRules, seated: Mapping[int, Voucher]) -> int:
    signed = read_signed(work.session, held, rules)
    studied = hours_studied(work.session, held, rules.lesson_minutes)
    recorded = set(
        work.session.scalars(select(Attendance.voucher_id).where(Attendance.session_id == held.id))
    )
    hours = studied | {
        voucher_id: each.hours + min(studied.get(voucher_id, 0), held.hours - each.hours)
        for voucher_id, each in signed.items()
    }
    pending = {voucher_id for voucher_id, each in signed.items() if each.is_pending}
    due = sorted((seated.keys() - recorded - pending) & hours.keys())
    for voucher_id in due:
        write_hours(work, held, seated[voucher_id], hours[voucher_id], way="scan")
    work.session.flush()
    if due:
        audit.record_one(work, str(Thing.CLASS), held.class_id, "tally", session=held.id, people=len(due))
    return len(due)


def _list_seated(work: Work, held: ClassSession) -> dict[int, Voucher]:
    """Return the vouchers in training whose place stood when a session was taught, by id.

    Who was moved to another class later sat here all the same; whose voucher has ended, or whose redemption
    was taken back, is left out, and keeps nobody else from the hours.
    """
    rows = work.session.scalars(
        select(Voucher)
        .join(Enrolment, Enrolment.voucher_id == Voucher.id)
        .join(Redemption, Redemption.voucher_id == Voucher.id)
        .where(
            Voucher.state == "training",
            Redemption.reversed_at.is_(None),
            Enrolment.class_id == held.class_id,
            Enrolment.enrolled_at < held.ends_at,
            or_(
                Enrolment.ended_at.is_(None),
                and_(Enrolment.ended_by == "transfer", Enrolment.ended_at > held.starts_at),
            ),
            ~exists().where(Completion.voucher_id == Voucher.id),
        )
        .execution_options(populate_existing=True)
    )
    return {each.id: each for each in rows}

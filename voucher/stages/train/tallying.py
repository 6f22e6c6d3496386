"""The tally (按签到登记): once a session is over, its marks, and what was played, become the hours."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.stages.train.attend import SOURCE, list_learners, take_up, write_hours
from voucher.stages.train.class_codes import read_mark_rules
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.places import Attendance, Enrolment
from voucher.stages.train.queries.lessons import hours_studied
from voucher.stages.train.queries.marks import read_signed
from voucher.stages.train.reading import format_moment

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
    signed = read_signed(work.session, held, rules)
    studied = hours_studied(work.session, held, rules.lesson_minutes)
    recorded = set(
        work.session.scalars(select(Attendance.voucher_id).where(Attendance.session_id == held.id))
    )
    seated = set(
        work.session.scalars(
            select(Enrolment.voucher_id).where(Enrolment.class_id == found.id, Enrolment.ended_at.is_(None))
        )
    )
    hours = studied | {
        voucher_id: each.hours + min(studied.get(voucher_id, 0), held.hours - each.hours)
        for voucher_id, each in signed.items()
    }
    pending = {voucher_id for voucher_id, each in signed.items() if each.is_pending}
    due = sorted((seated - recorded - pending) & set(hours))
    people = list_learners(work, found, held, due)
    for voucher_id in due:
        write_hours(work, held, people[voucher_id], hours[voucher_id], way="scan")
    work.session.flush()
    if due:
        audit.record_one(work, str(Thing.CLASS), found.id, "tally", session=held.id, people=len(due))
    return len(due)

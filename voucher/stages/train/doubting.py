"""Doubtful marks (签到待核): several people on one device wait for the office, in one case per session."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import check_role
from voucher.rules.attendance import DEVICE_SOURCE, is_shared_device
from voucher.rules.errors import Family, reason
from voucher.rules.words import check_why
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.marks import (
    COUNTED,
    REFUSED,
    SHARED_DEVICE,
    AttendanceCase,
    AttendanceMark,
    MarkDoubt,
)
from voucher.stages.train.reading import OFFICERS, load_class, reaches_class

THING = "attendance_case"
PEOPLE, MINUTES = "shared_device_people", "shared_device_minutes"

ATTENDANCE_CASE_MISSING = reason(
    "attendance_case_missing",
    "没有找到这件到课核查，或已经办结",
    "请从“到课核查”列表重新选择",
    DEVICE_SOURCE,
    Family.MISSING,
)


def doubt_shared_device(work: Work, found: TrainingClass, mark: AttendanceMark) -> None:
    """Open a case, or add to the open one, where too many people signed on a mark's device in a short time.

    The class is locked, so that of any number of marks at the same moment each sees those before it.
    """
    regions = catalogue.list_ancestry(work.session, found.region_code)
    most = require_parameter_number(work.session, PEOPLE, work.today, regions)
    minutes = require_parameter_number(work.session, MINUTES, work.today, regions)
    near = work.session.scalars(
        select(AttendanceMark).where(
            AttendanceMark.session_id == mark.session_id,
            AttendanceMark.browser == mark.browser,
            AttendanceMark.marked_at >= mark.marked_at - timedelta(minutes=minutes),
        )
    ).all()
    if is_shared_device((each.person_id for each in near), most):
        open_doubt(work, found, mark.session_id, SHARED_DEVICE, [each.id for each in near])


def open_doubt(
    work: Work, found: TrainingClass, session_id: int, kind: str, mark_ids: Iterable[int]
) -> AttendanceCase:
    """Put marks into the one open case of a kind about a session of a locked class, opening it first."""
    case = work.session.scalars(
        select(AttendanceCase).where(
            AttendanceCase.session_id == session_id,
            AttendanceCase.kind == kind,
            AttendanceCase.closed_at.is_(None),
        )
    ).first()
    if case is None:
        case = AttendanceCase(session_id=session_id, kind=kind, opened_at=work.at)
        work.session.add(case)
        work.session.flush()
        told: dict[str, object] = {"class": found.id, "session": session_id, "kind": kind}
        audit.record_one(work, THING, case.id, "open", **told)
    known = set(work.session.scalars(select(MarkDoubt.mark_id).where(MarkDoubt.case_id == case.id)))
    for mark_id in sorted(set(mark_ids) - known):
        work.session.add(MarkDoubt(mark_id=mark_id, case_id=case.id))
    work.session.flush()
    return case


def close_attendance_case(work: Work, case_id: int, *, counts: bool, conclusion: str) -> AttendanceCase:
    """Say whether the marks of a case count, and why; what is refused never counts again.

    Raises Refused role_missing, attendance_case_missing (also for a foreign one), why_missing.
    """
    check_role(work.actor, *OFFICERS)
    words = check_why(conclusion)
    case = work.session.get(AttendanceCase, case_id)
    if case is None:
        raise ATTENDANCE_CASE_MISSING.refused()
    held = work.session.get_one(ClassSession, case.session_id)
    found = load_class(work.session, held.class_id, lock=True)
    work.session.refresh(case)
    if case.closed_at is not None or not reaches_class(work.actor, found):
        raise ATTENDANCE_CASE_MISSING.refused()
    case.closed_at, case.closed_by_person_id = work.at, work.actor.person_id
    case.outcome, case.conclusion = COUNTED if counts else REFUSED, words
    work.session.flush()
    audit.record_one(work, THING, case.id, "close", outcome=case.outcome, conclusion=words)
    return case

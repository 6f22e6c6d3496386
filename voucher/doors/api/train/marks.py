"""Signing in and out of sessions: the class code, marks, the hours they come to, doubtful ones concluded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import told
from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor, perform
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.train.marks import (
    AttendanceCaseFilter,
    AttendanceCases,
    AttendanceCaseState,
    ClassCodeState,
    CoSignatureState,
    Marks,
    MarkState,
    NewAttendanceCaseClosing,
    NewPhoneMark,
    NewStaffMark,
    NewTally,
    SessionWish,
    TallyDone,
)
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Refusal
from voucher.stages.train.class_codes import get_room, show_class_code
from voucher.stages.train.cosigning import co_sign
from voucher.stages.train.doubting import close_attendance_case
from voucher.stages.train.marking import PhoneMark, StaffMark, mark_by_phone, mark_by_staff
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.marks import AttendanceCase, AttendanceMark
from voucher.stages.train.placing import Where
from voucher.stages.train.queries import marks as reading
from voucher.stages.train.queries.lessons import list_case_studies
from voucher.stages.train.scans import Scanned, record_scan
from voucher.stages.train.tallying import tally

marks = Room("marks", __name__, url_prefix="/api/v1", description="签到、签退")
BROWSER = "5f0c6f0e6d0a4a539d0b7f8e1c1d2a3b"


def keep_refused(given: dict[str, Any], _ids: dict[str, Any], refusal: Refusal) -> None:
    """Store what was held out and refused; a phone found copied is frozen by that."""
    digits, device = given.get("digits") or given.get("code") or "", given.get("device", "")
    perform(lambda work: record_scan(work, Scanned("check", None, digits, device), refusal))


@marks.look("/class-codes", query=SessionWish, answer=ClassCodeState)
def show_code(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """教室屏幕上现在的班级码；几秒换新，换下的只再用一次间隔。"""
    held, found = get_room(session, current_actor(), asked["session_id"])
    shown = show_class_code(session, the_door().keyring, held, found, the_door().at)
    return {"session_id": held.id, "number": shown.number, "digits": shown.digits, "until": shown.until}


@marks.act(
    "/attendance-marks",
    body=NewPhoneMark,
    answer=MarkState,
    example={"session_id": 9, "direction": "in", "digits": "7100000000000000000", "browser": BROWSER},
    witness=keep_refused,
)
def sign_by_phone(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """本人手机签到、签退：手机用自己的密钥对班级码签名。"""
    return _told_mark(work, mark_by_phone(work, PhoneMark(**_placed(given))))


@marks.act(
    "/counter-marks",
    body=NewStaffMark,
    answer=MarkState,
    example={"session_id": 9, "direction": "in", "code": "7200000000000000000097", "device": "前台一号机"},
    witness=keep_refused,
)
def sign_at_counter(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """工作人员扫学员的码签到、签退；没有手机的填券号和证件后四位。"""
    return _told_mark(work, mark_by_staff(work, StaffMark(**_placed(given))))


@marks.look("/attendance-marks", query=SessionWish, answer=Marks)
def list_marks(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """一次课的签到、签退，按先后。"""
    held, _ = get_room(session, current_actor(), asked["session_id"])
    rows = reading.list_marks(session, held.id)
    return {"items": [told(each.mark, MarkState) | {"standing": each.standing} for each in rows]}


@marks.act("/attendance-tallies", body=NewTally, answer=TallyDone, example={"session_id": 9})
def tally_session(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """按签到、签退登记一次课的学时；待核的不登记。"""
    return {"session_id": given["session_id"], "count": tally(work, given["session_id"])}


@marks.act("/co-signatures", body=NewTally, answer=CoSignatureState, example={"session_id": 9})
def co_sign_session(work: Work, given: dict[str, Any]) -> Any:
    """教师会签一次课的到课名单；会签后只能补登、更正。"""
    return co_sign(work, given["session_id"])


@marks.look("/attendance-cases", query=AttendanceCaseFilter, answer=AttendanceCases)
def list_attendance_cases(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区尚未办结的到课核查，新的在前。"""
    regions = within(session, asked["region"])
    page = paged(
        asked,
        lambda before, limit: reading.list_cases(session, regions, before_id=before, limit=limit),
        lambda row: row[0].id,
    )
    return page | {"items": _told_cases(session, page["items"])}


@marks.act(
    "/attendance-cases/<int:case_id>/closings",
    body=NewAttendanceCaseClosing,
    answer=AttendanceCaseState,
    example={"outcome": "refused", "conclusion": "一人持多部手机代签，已约谈机构"},
)
def close_case(work: Work, given: dict[str, Any], case_id: int) -> dict[str, Any]:
    """办结一件到课核查：写明签到计入还是不计。"""
    counts = given["outcome"] == "counted"
    case = close_attendance_case(work, case_id, counts=counts, conclusion=given["conclusion"])
    held = work.session.get_one(ClassSession, case.session_id)
    found = work.session.get_one(TrainingClass, held.class_id)
    return _told_cases(work.session, [(case, held, found)])[0]


def _placed(given: dict[str, Any]) -> dict[str, Any]:
    return {**given, "where": Where(**(given["where"] or {}))}


def _told_mark(work: Work, mark: AttendanceMark) -> dict[str, Any]:
    return told(mark, MarkState) | {"standing": reading.standing_of(work.session, mark)}


def _told_cases(
    session: Session, cases: Sequence[tuple[AttendanceCase, ClassSession, TrainingClass]]
) -> list[dict[str, Any]]:
    ids = [case.id for case, _, _ in cases]
    doubted, studies = reading.list_case_marks(session, ids), list_case_studies(session, ids)
    people = {
        case_id: {each.person_id for each in doubted.get(case_id, [])}
        | {each.person_id for each, _ in studies.get(case_id, [])}
        for case_id in ids
    }
    return [
        told(case, AttendanceCaseState)
        | {
            "class_id": found.id,
            "class_name": found.name,
            "people": len(people[case.id]),
            "marks": len(doubted.get(case.id, [])),
            "segments": len(studies.get(case.id, [])),
        }
        for case, _, found in cases
    ]

"""Attendance and sign-off: hours per session, corrections with a reason, and the end of a class."""

from __future__ import annotations

from typing import Any

from voucher.doors.api.room import Room
from voucher.doors.schemas.train.classes import (
    AttendanceDone,
    CompletionDone,
    HoursCorrected,
    NewAttendance,
    NewCompletion,
    NewHoursCorrection,
)
from voucher.plumbing.unit_of_work import Work
from voucher.stages.train.attend import attend, correct_attendance
from voucher.stages.train.finish import sign_off

teaching = Room("teaching", __name__, url_prefix="/api/v1", description="考勤、结业")


@teaching.act(
    "/attendances",
    body=NewAttendance,
    answer=AttendanceDone,
    example={"session_id": 9, "people": [{"voucher_id": 17, "hours": 8}, {"voucher_id": 23, "hours": 0}]},
)
def note_attendance(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """登记一次课的考勤：每人实到学时。"""
    hours = {each["voucher_id"]: each["hours"] for each in given["people"]}
    return {"session_id": given["session_id"], "count": attend(work, given["session_id"], hours)}


@teaching.act(
    "/attendances/corrections",
    body=NewHoursCorrection,
    answer=HoursCorrected,
    example={"session_id": 9, "voucher_id": 23, "hours": 4, "why": "下午到课，有签到表"},
)
def correct_hours(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """更正考勤：写明原因，原记录保留。"""
    correct_attendance(work, given["session_id"], given["voucher_id"], given["hours"], given["why"])
    return {name: given[name] for name in ("session_id", "voucher_id", "hours")}


@teaching.act(
    "/completions",
    body=NewCompletion,
    answer=CompletionDone,
    example={"class_id": 3, "exams": [{"voucher_id": 17, "exam_hundredths": 8250}]},
)
def complete_class(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """结业签字：按学时和结业考核逐人认定，签字后锁定。"""
    exams = {each["voucher_id"]: each["exam_hundredths"] for each in given["exams"]}
    signed = sign_off(work, given["class_id"], exams)
    return {
        "class_id": given["class_id"],
        "finished": signed.finished,
        "completed": signed.completed,
        "failed": signed.failed,
        "held": signed.held,
        "failures": [
            {
                "voucher_id": each.voucher_id,
                "voucher_number": each.voucher_number,
                "reasons": [refusal.title for refusal in each.refusals],
            }
            for each in signed.failures
        ],
    }

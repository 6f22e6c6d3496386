"""Changes of timetables (课程变更): asked by the institution, told at once or decided by the office."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import told
from voucher.doors.api.room import Room, within
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.train.timetables import (
    NewTimetableChange,
    NewTimetableReview,
    TimetableChanges,
    TimetableChangeState,
    TimetableChangesTold,
    TimetableFilter,
)
from voucher.plumbing.unit_of_work import Work
from voucher.stages.train import changing, queries
from voucher.stages.train.models.timetables import TimetableChange
from voucher.stages.train.queries import timetables as reading
from voucher.stages.train.wanted import Addition, Wanted

timetables = Room("timetables", __name__, url_prefix="/api/v1", description="课程变更")


@timetables.act(
    "/classes/<int:class_id>/timetable-changes",
    body=NewTimetableChange,
    answer=TimetableChangeState,
    example={
        "sessions": [{"session_id": 7, "starts_at": "2024-04-15T08:30:00+08:00", "teacher": "李老师"}],
        "why": "王老师外出，顺延一天",
    },
)
def ask_change(work: Work, given: dict[str, Any], class_id: int) -> dict[str, Any]:
    """变更、取消、新增还没有上的课：提前足够、不动总学时和日期地址的当即生效并告知学员，其余由人社部门审核。"""
    wanted = [Wanted(**each) for each in given["sessions"]]
    additions = [Addition(**each) for each in given["additions"]]
    return _tell(work.session, [changing.ask_change(work, class_id, wanted, given["why"], additions)])[0]


@timetables.look("/classes/<int:class_id>/timetable-changes", answer=TimetableChangesTold)
def list_class_changes(session: Session, _asked: dict[str, Any], class_id: int) -> dict[str, Any]:
    """一个班级的课程变更，新的在前，写明变更前后。"""
    found = queries.get_own_class_for(session, current_actor(), class_id)
    return {"items": _tell(session, reading.list_timetable_changes(session, class_id=found.id))}


@timetables.look("/timetable-changes", query=TimetableFilter, answer=TimetableChanges)
def list_changes(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区的课程变更，新的在前。"""
    regions, waiting = within(session, asked["region"]), asked["state"] == "waiting"
    page = paged(
        asked,
        lambda before, limit: reading.list_timetable_changes(
            session, regions=regions, waiting_only=waiting, before_id=before, limit=limit
        ),
        lambda row: row.id,
    )
    return page | {"items": _tell(session, page["items"])}


@timetables.act(
    "/timetable-changes/<int:change_id>/reviews",
    body=NewTimetableReview,
    answer=TimetableChangeState,
    example={"decision": "pass", "opinion": "同意顺延"},
)
def review_change(work: Work, given: dict[str, Any], change_id: int) -> dict[str, Any]:
    """审核课程变更：同意的当即生效并告知学员；不同意的，课程表不变。"""
    decided = changing.decide_change(work, change_id, given["decision"] == "pass", given["opinion"])
    return _tell(work.session, [decided])[0]


def _tell(session: Session, rows: Sequence[TimetableChange]) -> list[dict[str, Any]]:
    sessions = reading.list_session_changes(session, [each.id for each in rows])
    return [told(each, TimetableChangeState) | {"sessions": sessions[each.id]} for each in rows]

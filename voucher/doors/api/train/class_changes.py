"""Splits, mergers and corrections of classes (拆班、并班、结业更正)."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room, within
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.train.class_changes import (
    CompletionCorrectionState,
    CorrectionsTold,
    MoveFilter,
    Moves,
    MoveState,
    NewCompletionCorrection,
    NewCompletionDecision,
    NewMerger,
    NewMoveReview,
    NewSplit,
)
from voucher.plumbing.unit_of_work import Work
from voucher.stages.train import correct, moving, queries
from voucher.stages.train.models.changes import ClassMove, CompletionCorrection
from voucher.stages.train.queries import changes as reading

class_changes = Room("class_changes", __name__, url_prefix="/api/v1", description="班级变更")


@class_changes.act(
    "/classes/<int:class_id>/splits",
    body=NewSplit,
    answer=MoveState,
    example={"to_class_id": 4, "voucher_ids": [42, 43], "why": "人多，分两个班上课"},
)
def ask_split(work: Work, given: dict[str, Any], class_id: int) -> ClassMove:
    """申请拆班：部分学员转到本机构另一个获准的班，学时保留；由人社部门审核。"""
    return moving.ask_split(work, class_id, given["to_class_id"], given["voucher_ids"], given["why"])


@class_changes.act(
    "/classes/<int:class_id>/mergers",
    body=NewMerger,
    answer=MoveState,
    example={"to_class_id": 4, "why": "两班人少，合并上课"},
)
def ask_merger(work: Work, given: dict[str, Any], class_id: int) -> ClassMove:
    """申请并班：全班转到本机构另一个获准的班，本班取消；由人社部门审核。"""
    return moving.ask_merger(work, class_id, given["to_class_id"], given["why"])


@class_changes.look("/class-moves", query=MoveFilter, answer=Moves)
def list_moves(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区的拆班、并班申请，新的在前。"""
    regions, waiting = within(session, asked["region"]), asked["state"] == "waiting"
    return paged(
        asked,
        lambda before, limit: reading.list_moves(
            session, regions=regions, waiting_only=waiting, before_id=before, limit=limit
        ),
        lambda row: row.id,
    )


@class_changes.act(
    "/class-moves/<int:move_id>/reviews",
    body=NewMoveReview,
    answer=MoveState,
    example={"decision": "pass", "opinion": "同意，学时保留"},
)
def review_move(work: Work, given: dict[str, Any], move_id: int) -> ClassMove:
    """审核拆班、并班：同意的，券当即转班；不同意的，写明理由。"""
    return moving.decide_move(work, move_id, given["decision"] == "pass", given["opinion"])


@class_changes.look("/classes/<int:class_id>/corrections", answer=CorrectionsTold)
def list_corrections(session: Session, _asked: dict[str, Any], class_id: int) -> dict[str, Any]:
    """一个班级的结业更正，新的在前，写明原来的结果。"""
    found = queries.get_own_class_for(session, current_actor(), class_id)
    return {"items": [each for each, _ in reading.list_corrections(session, found.id)]}


@class_changes.act(
    "/classes/<int:class_id>/corrections",
    body=NewCompletionCorrection,
    answer=CompletionCorrectionState,
    example={
        "voucher_id": 42,
        "hours_attended": 40,
        "exam_hundredths": 8500,
        "why": "成绩登记时看错一行",
    },
)
def ask_correction(work: Work, given: dict[str, Any], class_id: int) -> CompletionCorrection:
    """结业签字后更正一人的学时或成绩，须另一人确认；合格不能改为不合格。"""
    result = correct.Result(given["hours_attended"], given["exam_hundredths"])
    return correct.ask_correction(work, class_id, given["voucher_id"], result, given["why"])


@class_changes.act(
    "/completion-corrections/<int:correction_id>/confirmations",
    body=NewCompletionDecision,
    answer=CompletionCorrectionState,
    example={"decision": "confirm"},
)
def decide_correction(work: Work, given: dict[str, Any], correction_id: int) -> CompletionCorrection:
    """另一人确认或退回结业更正。"""
    return correct.decide_correction(work, correction_id, given["decision"] == "confirm")

"""Public notices and objections: posted by the office, read and answered by anyone."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.auth.shield import limiter, objection_rate
from voucher.doors.schemas.paging import Paging, paged
from voucher.doors.schemas.settle.notices import (
    DecisionDone,
    NewDecision,
    NewNotice,
    NewObjection,
    NoticeLineFilter,
    NoticeLines,
    Notices,
    NoticeState,
    ObjectionFilter,
    Objections,
    ObjectionState,
)
from voucher.plumbing.unit_of_work import Work
from voucher.stages.settle import queries
from voucher.stages.settle.models.notices import Notice, Objection
from voucher.stages.settle.notice import post_notice
from voucher.stages.settle.objection import decide, lodge
from voucher.stages.settle.published import check_shown

notices = Room("notices", __name__, url_prefix="/api/v1", description="公示和异议")


@notices.look("/notices", query=Paging, answer=Notices)
def list_notices(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """公示列表，新的在前。"""
    return paged(
        asked,
        lambda before, limit: queries.list_notices(session, before_id=before, limit=limit),
        lambda row: row.id,
    )


@notices.act("/notices", body=NewNotice, answer=NoticeState, example={"batch_id": 1})
def post_batch(work: Work, given: dict[str, Any]) -> Notice:
    """张贴公示：止日按工作日历计算。"""
    return post_notice(work, given["batch_id"])


@notices.look("/notices/<int:notice_id>", answer=NoticeState)
def show_notice(session: Session, _asked: dict[str, Any], notice_id: int) -> Notice:
    """一份公示。"""
    return queries.get_notice(session, notice_id)


@notices.look("/notices/<int:notice_id>/lines", query=NoticeLineFilter, answer=NoticeLines)
def list_notice_lines(session: Session, asked: dict[str, Any], notice_id: int) -> dict[str, Any]:
    """公示名单，姓名和证件号码均已掩码。"""
    notice = queries.get_notice(session, notice_id)
    check_shown(session, notice, the_door().today)
    return paged(
        asked,
        lambda after, limit: queries.list_notice_lines(
            session,
            the_door().keyring,
            notice,
            after=after or 0,
            limit=limit,
            claim_number=asked["number"],
            institution=asked["institution"],
        ),
        lambda row: row.claim_id,
    )


@notices.look("/objections", query=ObjectionFilter, answer=Objections)
def list_objections(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区收到的异议，新的在前。"""
    regions = within(session, asked["region"])
    page = paged(
        asked,
        lambda before, limit: queries.list_objections(
            session, regions, state=asked["state"], before_id=before, limit=limit
        ),
        lambda row: row[0].id,
    )
    return page | {"items": [objection for objection, _ in page["items"]]}


@notices.act(
    "/objections",
    body=NewObjection,
    answer=ObjectionState,
    example={"notice_id": 1, "claim_id": 17, "words": "该人当日不在考场", "contact": None},
    rate=limiter.limit(objection_rate),
)
def lodge_objection(work: Work, given: dict[str, Any]) -> Objection:
    """提出异议：任何人均可，凭返回的编号查询进度。"""
    return lodge(work, given["notice_id"], given["claim_id"], given["words"], given["contact"])


@notices.look("/objections/<string:number>", answer=ObjectionState)
def show_objection(session: Session, _asked: dict[str, Any], number: str) -> Objection:
    """凭编号查询异议进度。"""
    return queries.get_objection_by_number(session, number)


@notices.act(
    "/objections/<int:objection_id>/decisions",
    body=NewDecision,
    answer=DecisionDone,
    example={"decision": "dismiss", "conclusion": "考场监控核实本人到场"},
)
def decide_objection(work: Work, given: dict[str, Any], objection_id: int) -> dict[str, Any]:
    """处理异议：由没有签署过该申领的人员办理。"""
    decide(work, objection_id, uphold=given["decision"] == "uphold", conclusion=given["conclusion"])
    return {"objection_id": objection_id, "decision": given["decision"]}

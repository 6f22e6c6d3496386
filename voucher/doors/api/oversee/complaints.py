"""Complaints and appeals against measures: the office deals with them, institutions answer."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import institutions_served, told
from voucher.doors.api.room import Room, within
from voucher.doors.auth.entries import PAYEE_STAFF
from voucher.doors.schemas.oversee.complaints import (
    AppealFiled,
    ComplaintFilter,
    ComplaintQuestion,
    ComplaintQuestions,
    Complaints,
    ComplaintState,
    ComplaintWords,
    NewComplaintConclusion,
    NewComplaintStep,
    NewComplaintWords,
    NewMeasureAppeal,
)
from voucher.doors.schemas.paging import Paging, paged
from voucher.plumbing.unit_of_work import Work
from voucher.rules.complaints import APPEAL_NAMES
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.oversee.complaints import handling, queries
from voucher.stages.oversee.complaints.models import Complaint
from voucher.stages.oversee.measures.appealing import appeal

complaints = Room("complaints", __name__, url_prefix="/api/v1", description="投诉举报和申诉")
WORDS_EXAMPLE = {"words": "请说明 3 月 4 日的课由谁上、在哪里上"}


@complaints.look("/complaints", query=ComplaintFilter, answer=Complaints)
def list_complaints(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区的投诉举报和申诉，新的在前；原话只在查看时打开。"""
    regions = within(session, asked["region"])
    states = [asked["state"]] if asked["state"] else sorted(STATE_NAMES[Thing.COMPLAINT])
    page = paged(
        asked,
        lambda before, limit: queries.list_complaints(
            session, regions, states=states, kind=asked["kind"], before_id=before, limit=limit
        ),
        lambda row: row.id,
    )
    return page | {"items": [_tell(each) for each in page["items"]]}


@complaints.ask(
    "/complaints/<int:complaint_id>/looks", body=NewComplaintStep, answer=ComplaintWords, example={}
)
def look_at_complaint(work: Work, _given: dict[str, Any], complaint_id: int) -> dict[str, Any]:
    """打开一件投诉或申诉的原话和联系方式；每次留痕，与它有关的人打不开。"""
    found, said = queries.look_at_complaint(work, complaint_id)
    return _tell(found) | {"words": said.words, "contact": said.contact}


@complaints.act(
    "/complaints/<int:complaint_id>/acceptances", body=NewComplaintStep, answer=ComplaintState, example={}
)
def accept_complaint(work: Work, _given: dict[str, Any], complaint_id: int) -> dict[str, Any]:
    """受理：此后由受理的人办理，期限内办结。"""
    return _tell(handling.accept(work, complaint_id))


@complaints.act(
    "/complaints/<int:complaint_id>/refusals",
    body=NewComplaintWords,
    answer=ComplaintState,
    example={"words": "属教育部门职责，请向市教育局反映"},
)
def refuse_complaint(work: Work, given: dict[str, Any], complaint_id: int) -> dict[str, Any]:
    """不予受理，写明理由和去向。"""
    return _tell(handling.refuse(work, complaint_id, given["words"]))


@complaints.act(
    "/complaints/<int:complaint_id>/questions",
    body=NewComplaintWords,
    answer=ComplaintState,
    example=WORDS_EXAMPLE,
)
def ask_about_complaint(work: Work, given: dict[str, Any], complaint_id: int) -> dict[str, Any]:
    """要求机构说明，用办理人自己的话；机构看不到投诉人的原话。"""
    return _tell(handling.ask(work, complaint_id, given["words"]))


@complaints.act(
    "/complaints/<int:complaint_id>/conclusions",
    body=NewComplaintConclusion,
    answer=ComplaintState,
    example={"is_upheld": True, "words": "到校核对课表，当日无课", "reply": "已查实，责令整改"},
)
def conclude_complaint(work: Work, given: dict[str, Any], complaint_id: int) -> dict[str, Any]:
    """下结论：是否属实、办理依据、答复提出人的话；不由该机构和原办理人办理。"""
    return _tell(
        handling.conclude(work, complaint_id, given["words"], given["reply"], is_upheld=given["is_upheld"])
    )


@complaints.look("/complaint-questions", query=Paging, answer=ComplaintQuestions)
def list_complaint_questions(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """要求本机构说明的投诉，不含投诉人和原话，新的在前。"""
    houses = institutions_served(PAYEE_STAFF)
    return paged(
        asked,
        lambda before, limit: queries.list_asked(session, houses, before_id=before, limit=limit),
        lambda row: row.id,
    )


@complaints.act(
    "/complaint-questions/<int:complaint_id>/answers",
    body=NewComplaintWords,
    answer=ComplaintQuestion,
    example={"words": "当日教师请假，已于 3 月 11 日补课"},
)
def answer_complaint(work: Work, given: dict[str, Any], complaint_id: int) -> Complaint:
    """机构作一次说明；结论由人社部门下。"""
    return handling.answer(work, complaint_id, given["words"])


@complaints.act(
    "/measures/<int:measure_id>/appeals",
    body=NewMeasureAppeal,
    answer=AppealFiled,
    example={"words": "3 月 4 日实际上课，见签到和照片", "contact": "13800000000"},
)
def appeal_measure(work: Work, given: dict[str, Any], measure_id: int) -> Complaint:
    """机构对处置申诉；处置继续执行，由没有办理它的人处理。"""
    return appeal(work, measure_id, given["words"], given["contact"])


def _tell(found: Complaint) -> dict[str, Any]:
    names = STATE_NAMES[Thing.COMPLAINT] | (APPEAL_NAMES if found.kind == "appeal" else {})
    return told(found, ComplaintState) | {"state_name": names[found.state]}

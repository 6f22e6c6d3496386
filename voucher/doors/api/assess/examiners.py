"""Examiners: filed by their evaluator, ended, assigned to exams."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.people import read_newcomers
from voucher.doors.api.reach import institutions_served
from voucher.doors.api.room import Room
from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import EVALUATOR_STAFF
from voucher.doors.schemas.assess.examiners import (
    Examiners,
    ExaminersAssigned,
    ExaminerState,
    NewExaminer,
    NewExaminerEnd,
    NewExaminers,
)
from voucher.doors.schemas.paging import Paging, paged
from voucher.plumbing.unit_of_work import Work
from voucher.stages.assess import examiners as filing
from voucher.stages.assess.queries.examiners import list_views, view_examiner

examiners = Room("examiners", __name__, url_prefix="/api/v1", description="考评员：登记、停用、指派到考试")


@examiners.look("/examiners", query=Paging, answer=Examiners)
def list_examiners(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本机构登记的考评员，姓名脱敏，新登记的在前。"""
    keyring, mine = the_door().keyring, institutions_served(EVALUATOR_STAFF)
    return paged(
        asked,
        lambda before, limit: list_views(session, keyring, mine, before_id=before, limit=limit),
        lambda row: row.id,
    )


@examiners.act(
    "/examiners",
    body=NewExaminer,
    answer=ExaminerState,
    example={
        "institution_id": 3,
        "person": {"name": "张三", "number": "41010519900315991X"},
        "card_number": "KP4100012345",
        "since": "2024-01-01",
        "until": "2026-12-31",
    },
)
def file_examiner(work: Work, given: dict[str, Any]) -> Any:
    """登记考评员：姓名、证件号码、考评员证书编号和有效期。"""
    (person,) = read_newcomers([given["person"]], work.today)
    made = filing.file_examiner(work, filing.NewExaminer(**given | {"person": person}))
    return view_examiner(work.session, work.keyring, made)


@examiners.act(
    "/examiners/<int:examiner_id>/endings",
    body=NewExaminerEnd,
    answer=ExaminerState,
    example={"why": "考评员证书已注销"},
)
def end_examiner(work: Work, given: dict[str, Any], examiner_id: int) -> Any:
    """停用考评员：从今天起不再担任，已指派的今后考试同时撤下。"""
    ended = filing.end_examiner(work, examiner_id, given["why"])
    return view_examiner(work.session, work.keyring, ended)


@examiners.act(
    "/exam-batches/<int:exam_batch_id>/examiners",
    body=NewExaminers,
    answer=ExaminersAssigned,
    example={"examiner_ids": [5, 6, 8]},
)
def assign_examiners(work: Work, given: dict[str, Any], exam_batch_id: int) -> dict[str, Any]:
    """指派考评员（写全名单）：备案有效、当天没有别的考试、与考生的培训机构无关；人数不足不得开考。"""
    assigned = filing.assign_examiners(work, exam_batch_id, given["examiner_ids"])
    return {"exam_batch_id": exam_batch_id, "examiner_ids": [each.examiner_id for each in assigned]}

"""复核申请: a candidate appeals, the evaluator answers, the office has the last word."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import Session

from voucher.doors.api.reach import institutions_served, told
from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.assess.appeals import (
    AppealDetail,
    AppealFilter,
    Appeals,
    AppealState,
    AppealSubjects,
    NewAppeal,
    NewAppealAnswer,
    NewAppealDecision,
    NewAppealEnding,
    NewAppealStep,
    NewEscalation,
)
from voucher.doors.schemas.paging import paged
from voucher.plumbing.unit_of_work import Work
from voucher.rules.appeals import AppealAnswer, AppealKind
from voucher.stages.assess.appeals import answering, deciding, filing, going_on, settling
from voucher.stages.assess.appeals.reading import ANSWERERS
from voucher.stages.assess.models_appeals import Appeal
from voucher.stages.assess.queries import appeals as queries
from voucher.stages.assess.queries.appealable import list_appealable
from voucher.stages.assess.queries.appeals import AppealView

appeals = Room("appeals", __name__, url_prefix="/api/v1", description="复核申请")


@appeals.look("/appeal-subjects", answer=AppealSubjects)
def list_subjects(session: Session, _asked: dict[str, Any]) -> dict[str, Any]:
    """本人可以申请复核的：公布的成绩、没有放行的入场、没有安排考试的券，各到哪一天为止。"""
    return {"items": list_appealable(session, current_actor().person_id)}


@appeals.look("/appeals", query=AppealFilter, answer=Appeals)
def list_appeals(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """复核申请，新的在前：本人的、对本机构的、本辖区的；申请人脱敏，不含所说的话。"""
    door = the_door()
    reached = _reached(within(session, asked["region"]), named=asked["region"] is not None)
    page = paged(
        asked,
        lambda before, limit: queries.list_appeals(
            session,
            reached,
            states=[asked["state"]] if asked["state"] else None,
            overdue_on=door.today if asked["overdue"] else None,
            before_id=before,
            limit=limit,
        ),
        lambda row: row.id,
    )
    views = queries.view_appeals(session, door.keyring, page["items"], door.today, unseal=False)
    return page | {"items": [_tell(each) for each in views]}


@appeals.look("/appeals/<int:appeal_id>", answer=AppealDetail)
def show_appeal(session: Session, _asked: dict[str, Any], appeal_id: int) -> dict[str, Any]:
    """一件复核申请和双方所说；别人的与没有的答复相同。"""
    door = the_door()
    found = queries.get_appeal(session, appeal_id, _reached(current_actor().regions))
    return _tell_whole(queries.view_appeals(session, door.keyring, [found], door.today)[0])


@appeals.act(
    "/appeals",
    body=NewAppeal,
    answer=AppealDetail,
    example={"kind": "result", "key": 12, "said": "理论第二大题漏加一分"},
)
def file_appeal(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """对本人的成绩、不准入场、不予报名申请复核；逾期的须写明理由。"""
    kind, key, said, why_late = given["kind"], given["key"], given["said"], given["why_late"]
    if kind == AppealKind.RESULT:
        return _done(work, filing.appeal_result(work, key, said, why_late))
    if kind == AppealKind.DOOR:
        return _done(work, filing.appeal_door(work, key, said, why_late))
    refused_on = given["refused_on"] or work.today
    house = given["institution_id"] or 0
    return _done(work, filing.appeal_registration(work, key, house, refused_on, said, why_late))


@appeals.act("/appeals/<int:appeal_id>/withdrawals", body=NewAppealStep, answer=AppealDetail, example={})
def withdraw_appeal(work: Work, _given: dict[str, Any], appeal_id: int) -> dict[str, Any]:
    """撤回本人的复核申请；期限内可以重新申请。"""
    return _done(work, going_on.withdraw(work, appeal_id))


@appeals.act(
    "/appeals/<int:appeal_id>/escalations",
    body=NewEscalation,
    answer=AppealDetail,
    example={"insisted": "录像里已经完成，请调取原录像"},
)
def escalate_appeal(work: Work, given: dict[str, Any], appeal_id: int) -> dict[str, Any]:
    """不服评价机构答复的，期限内提请人社部门复查，一次。"""
    return _done(work, going_on.escalate(work, appeal_id, given["insisted"]))


@appeals.act("/appeals/<int:appeal_id>/acceptances", body=NewAppealStep, answer=AppealDetail, example={})
def accept_appeal(work: Work, _given: dict[str, Any], appeal_id: int) -> dict[str, Any]:
    """评价机构受理；从这一天起算答复的期限。"""
    return _done(work, answering.accept(work, appeal_id))


@appeals.act(
    "/appeals/<int:appeal_id>/answers",
    body=NewAppealAnswer,
    answer=AppealDetail,
    example={
        "answer": "upheld",
        "opinion": "漏加一分",
        "theory_hundredths": 6_000,
        "skill_hundredths": 9_000,
    },
)
def answer_appeal(work: Work, given: dict[str, Any], appeal_id: int) -> dict[str, Any]:
    """由没有经手的人答复；成立的同时提出成绩更正，另一人确认后生效。"""
    opinion = given["opinion"]
    if given["answer"] == AppealAnswer.UPHELD:
        subjects = ("theory_hundredths", "skill_hundredths", "comprehensive_hundredths")
        scores = [given[each] for each in subjects]
        return _done(work, answering.uphold(work, appeal_id, opinion, *scores))
    if given["answer"] == AppealAnswer.REJECTED:
        return _done(work, answering.reject(work, appeal_id, opinion))
    return _done(work, answering.refuse_late(work, appeal_id, opinion))


@appeals.act("/appeals/<int:appeal_id>/settlements", body=NewAppealStep, answer=AppealDetail, example={})
def settle_appeal(work: Work, _given: dict[str, Any], appeal_id: int) -> dict[str, Any]:
    """已另行安排考试的，办结不准入场、不予报名的复核申请。"""
    return _done(work, settling.settle_by_exam(work, appeal_id))


@appeals.act(
    "/appeals/<int:appeal_id>/decisions",
    body=NewAppealDecision,
    answer=AppealDetail,
    example={"overrule": True, "opinion": "录像属实，应当更正"},
)
def decide_appeal(work: Work, given: dict[str, Any], appeal_id: int) -> dict[str, Any]:
    """人社部门复查：责令更正，或者维持；这是最终答复。"""
    act = deciding.decide
    return _done(work, act(work, appeal_id, overrule=given["overrule"], opinion=given["opinion"]))


@appeals.act(
    "/appeals/<int:appeal_id>/endings",
    body=NewAppealEnding,
    answer=AppealDetail,
    example={"opinion": "评价机构已停业，等待的天数补给本人"},
)
def end_appeal(work: Work, given: dict[str, Any], appeal_id: int) -> dict[str, Any]:
    """评价机构逾期没有更正的，人社部门终结，等待的天数补给培训券。"""
    return _done(work, deciding.end_unmet(work, appeal_id, given["opinion"]))


def _reached(regions: Collection[str], *, named: bool = False) -> ColumnElement[bool]:
    """Return the condition that the visitor has to do with an appeal; who names a region asks for its own."""
    if named:
        return queries.of_regions(regions)
    mine = queries.of_person(current_actor().person_id)
    served = queries.of_evaluators(institutions_served(frozenset(ANSWERERS)))
    return or_(mine, served, queries.of_regions(regions))


def _done(work: Work, found: Appeal) -> dict[str, Any]:
    return _tell_whole(queries.view_appeals(work.session, work.keyring, [found], work.today)[0])


def _tell(view: AppealView) -> dict[str, Any]:
    return told(view, AppealState) | told(view.appeal, AppealState)


def _tell_whole(view: AppealView) -> dict[str, Any]:
    return told(view, AppealDetail) | told(view.appeal, AppealDetail)

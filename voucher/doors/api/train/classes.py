"""Classes: drafted and filed by institutions, reviewed by the office, seen by workers once approved."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import institutions_served, told
from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.auth.entries import INSTITUTION_STAFF
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.train.classes import (
    ClassDetail,
    Classes,
    ClassFilter,
    ClassState,
    NewClassCancellation,
    NewClassReview,
    NewFiling,
    Roster,
    RosterFilter,
    Sessions,
)
from voucher.doors.schemas.train.classes import NewClass as NewClassBody
from voucher.plumbing.unit_of_work import Work
from voucher.rules.lifecycle import STATE_NAMES, Thing, possible_events
from voucher.stages.train import classes as drafting
from voucher.stages.train import queries, reviewing
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.planning import NewClass, NewSession
from voucher.stages.train.sight import ClassSearch, list_seen_classes

classes = Room("classes", __name__, url_prefix="/api/v1", description="班级")

EXAMPLE = {
    "name": "养老护理员五级第 3 期",
    "institution_id": 1,
    "delivering_institution_id": None,
    "region_code": "419001",
    "project_code": "TRAIN",
    "training_kind": "pre_job",
    "mode": "offline",
    "certificate_kind": "skill_level",
    "trade_code": "4-10-01-05",
    "level": 2,
    "hours_offline": 40,
    "hours_online": 0,
    "capacity": 30,
    "fee_fen": 120_000,
    "starts_on": "2024-04-08",
    "ends_on": "2024-04-12",
    "place": "济源市济水大街 1 号 201 教室",
    "teacher": "王老师",
    "syllabus": "按国家职业标准：基础知识 8 学时，技能 32 学时",
    "sessions": [
        {
            "mode": "offline",
            "topic": "老年人照护基础",
            "starts_at": "2024-04-08T08:30:00+08:00",
            "ends_at": "2024-04-08T17:30:00+08:00",
            "hours": 8,
        }
    ],
}


@classes.look("/classes", query=ClassFilter, answer=Classes)
def list_classes(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """班级，新的在前：机构见本机构的，人社部门见本辖区的，劳动者见已准予开班的。"""
    regions = within(session, asked["region"]) if asked["region"] is not None else None
    wanted = ClassSearch(asked["state"], asked["institution"])
    page = paged(
        asked,
        lambda before, limit: list_seen_classes(
            session, current_actor(), wanted, regions=regions, before_id=before, limit=limit
        ),
        lambda row: row.id,
    )
    return page | {"items": [_state(each) for each in page["items"]]}


@classes.act("/classes", body=NewClassBody, answer=ClassDetail, example=EXAMPLE)
def draft_class(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """起草开班申请，连同课次表。"""
    return _detail(work.session, drafting.draft_class(work, _planned(given)))


@classes.look("/classes/<int:class_id>", answer=ClassDetail)
def show_class(session: Session, _asked: dict[str, Any], class_id: int) -> dict[str, Any]:
    """一个班级：计划、应到和已核销人数。"""
    return _detail(session, queries.get_class_for(session, current_actor(), class_id))


@classes.act("/classes/<int:class_id>/revisions", body=NewClassBody, answer=ClassDetail, example=EXAMPLE)
def revise_class(work: Work, given: dict[str, Any], class_id: int) -> dict[str, Any]:
    """修改草稿，或补正被退回的开班申请。"""
    return _detail(work.session, drafting.revise_class(work, class_id, _planned(given)))


@classes.act(
    "/classes/<int:class_id>/filings", body=NewFiling, answer=ClassDetail, example={"promised": True}
)
def file_class(work: Work, given: dict[str, Any], class_id: int) -> dict[str, Any]:
    """提交开班申请，作出告知承诺。"""
    return _detail(work.session, drafting.file_class(work, class_id, given["promised"]))


@classes.act(
    "/classes/<int:class_id>/reviews",
    body=NewClassReview,
    answer=ClassDetail,
    example={"decision": "pass", "opinion": "教学计划、师资、场地符合要求，准予开班"},
)
def review_class(work: Work, given: dict[str, Any], class_id: int) -> dict[str, Any]:
    """审核开班申请：准予开班，或一次性告知全部问题退回补正。"""
    decide = reviewing.approve_class if given["decision"] == "pass" else reviewing.return_class
    return _detail(work.session, decide(work, class_id, given["opinion"]))


@classes.act(
    "/classes/<int:class_id>/cancellations",
    body=NewClassCancellation,
    answer=ClassDetail,
    example={"why": "报名人数不足"},
)
def cancel_class(work: Work, given: dict[str, Any], class_id: int) -> dict[str, Any]:
    """取消班级：已锁定的券退出班级，已核销的待转班。"""
    return _detail(work.session, drafting.cancel_class(work, class_id, given["why"]))


@classes.look("/classes/<int:class_id>/sessions", answer=Sessions)
def list_class_sessions(session: Session, _asked: dict[str, Any], class_id: int) -> dict[str, Any]:
    """课次表。"""
    found = queries.get_class_for(session, current_actor(), class_id)
    return {"items": queries.list_sessions(session, found.id)}


@classes.look("/classes/<int:class_id>/roster", query=RosterFilter, answer=Roster)
def list_class_roster(session: Session, asked: dict[str, Any], class_id: int) -> dict[str, Any]:
    """花名册：每张券的状态、学时和结业考核，人员掩码。"""
    found = queries.get_own_class_for(session, current_actor(), class_id)
    return paged(
        asked,
        lambda after, limit: queries.roster(
            session, the_door().keyring, found.id, state=asked["state"], after_id=after or 0, limit=limit
        ),
        lambda row: row.voucher_id,
    )


def _planned(given: Mapping[str, Any]) -> NewClass:
    """Return the plan a body states; whoever teaches it is the institution itself unless another is named."""
    return NewClass(
        **{
            **given,
            "delivering_institution_id": given["delivering_institution_id"] or given["institution_id"],
            "sessions": [NewSession(**each) for each in given["sessions"]],
        }
    )


def _state(found: TrainingClass) -> dict[str, Any]:
    return told(found, ClassState) | {"state_name": STATE_NAMES[Thing.CLASS][found.state]}


def _detail(session: Session, found: TrainingClass) -> dict[str, Any]:
    actor, counted = current_actor(), queries.counters(session, found.id)
    own = found.region_code in actor.regions or {
        found.institution_id,
        found.delivering_institution_id,
    } & institutions_served(INSTITUTION_STAFF)
    return _state(found) | {
        "syllabus": found.syllabus,
        "seats_left": max(0, found.capacity - counted["enrolled"] - counted["in_training"]),
        "counters": counted if own else None,
        "possible": possible_events(Thing.CLASS, found.state),
    }

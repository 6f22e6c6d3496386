"""Class intakes (开班名册): people put on one, struck off, and read."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.paging import Paging, paged
from voucher.doors.schemas.train.intakes import (
    IntakeLeft,
    IntakePage,
    IntakeTaken,
    NewIntake,
    NewRemoval,
)
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import Newcomer
from voucher.stages.train import queries
from voucher.stages.train.intake import add_to_intake, remove_from_intake
from voucher.stages.train.queries.intakes import count_named, list_intake

intakes = Room("intakes", __name__, url_prefix="/api/v1", description="开班名册")


@intakes.look("/classes/<int:class_id>/intakes", query=Paging, answer=IntakePage)
def show_intake(session: Session, asked: dict[str, Any], class_id: int) -> dict[str, Any]:
    """开班名册，人员掩码；本机构和本辖区人社部门可见。"""
    found = queries.get_own_class_for(session, current_actor(), class_id)
    keyring = the_door().keyring
    return paged(
        asked,
        lambda after, limit: list_intake(session, keyring, found.id, after_id=after or 0, limit=limit),
        lambda row: row.id,
    )


@intakes.act(
    "/classes/<int:class_id>/intakes",
    body=NewIntake,
    answer=IntakeTaken,
    example={"people": [{"name": "张三", "number": "41010519900315991X"}], "skip_refused": False},
)
def add_people(work: Work, given: dict[str, Any], class_id: int) -> dict[str, Any]:
    """把学员列入开班名册：已在册的不变；读不出、不能列入的逐人说明，一个也不列入（skip_refused 除外）。"""
    people = [Newcomer(each["number"], each["name"], each["mobile"]) for each in given["people"]]
    added, refused = add_to_intake(work, class_id, people, partial=given["skip_refused"])
    left_out = [
        {"place": place, "code": each.code, "title": each.title, "next_step": each.next_step}
        for place, each in refused
    ]
    return {"added": added, "people": count_named(work.session, class_id), "left_out": left_out}


@intakes.act(
    "/classes/<int:class_id>/intake-removals", body=NewRemoval, answer=IntakeLeft, example={"entry_id": 1}
)
def remove_person(work: Work, given: dict[str, Any], class_id: int) -> dict[str, Any]:
    """把一个人从开班名册去掉；已经报名的，先退出班级。"""
    remove_from_intake(work, class_id, given["entry_id"])
    return {"people": count_named(work.session, class_id)}

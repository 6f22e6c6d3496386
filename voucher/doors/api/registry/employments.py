"""Own staff of an employer that evaluates: stated with proof and days, ended, held against the insurance."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.people import read_newcomers
from voucher.doors.api.reach import institutions_served
from voucher.doors.api.room import Room
from voucher.doors.auth.door import the_door
from voucher.doors.schemas.paging import Paging, paged
from voucher.doors.schemas.registry.employments import (
    Employments,
    EmploymentState,
    InsuranceChecked,
    NewEmployment,
    NewEmploymentEnd,
    NewInsuranceCheck,
)
from voucher.plumbing.unit_of_work import Work
from voucher.registry import employing
from voucher.rules.actor import Role

employments = Room("employments", __name__, url_prefix="/api/v1", description="用人单位的本单位职工")
ADMINS = frozenset({Role.EVALUATOR_ADMIN})


@employments.look("/employments", query=Paging, answer=Employments)
def list_employments(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本单位职工，姓名和号码脱敏，新登记的在前。"""
    door, mine = the_door(), institutions_served(ADMINS)
    return paged(
        asked,
        lambda before, limit: employing.list_employments(
            session, door.keyring, mine, door.today, before_id=before, limit=limit
        ),
        lambda row: row.id,
    )


@employments.act(
    "/employments",
    body=NewEmployment,
    answer=EmploymentState,
    example={
        "institution_id": 3,
        "person": {"name": "张三", "number": "41010519900315991X"},
        "since": "2020-03-01",
        "evidence_kind": "contract",
        "evidence": "HT-2020-001",
    },
)
def state_employment(work: Work, given: dict[str, Any]) -> Any:
    """登记本单位职工：只有用人单位类别的评价机构；接入社会保险的，登记后自动核对。"""
    (person,) = read_newcomers([given["person"]], work.today)
    made = employing.state_employment(work, employing.NewEmployment(**given | {"person": person}))
    return _show(work, made.institution_id, made.id)


@employments.act(
    "/employments/<int:employment_id>/endings",
    body=NewEmploymentEnd,
    answer=EmploymentState,
    example={"until": "2024-06-30", "why": "合同到期不续"},
)
def end_employment(work: Work, given: dict[str, Any], employment_id: int) -> Any:
    """登记离职：最后一天之后的考试不能再列为考生。"""
    ended = employing.end_employment(work, employment_id, given["until"], given["why"])
    return _show(work, ended.institution_id, ended.id)


@employments.act(
    "/insurance-checks", body=NewInsuranceCheck, answer=InsuranceChecked, example={"institution_id": 3}
)
def check_insurance(work: Work, given: dict[str, Any]) -> dict[str, Any]:
    """就现有职工重新核对社会保险参保单位，由后台逐人查询；每天有人次限制，先核最久没有核对的。"""
    house = given["institution_id"]
    asking = employing.ask_insurance_again(work, house)
    return {
        "institution_id": house,
        "connected": asking.connected,
        "asked": asking.asked,
        "waiting": asking.waiting,
    }


def _show(work: Work, institution_id: int, employment_id: int) -> employing.StaffView:
    return employing.list_employments(
        work.session, work.keyring, [institution_id], work.today, only=employment_id
    )[0]

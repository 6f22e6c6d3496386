"""Subcontracts: asked with the plan of a class, answered by who is to teach it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import institutions_served, told
from voucher.doors.api.room import Room, within
from voucher.doors.auth.entries import INSTITUTION_DESK
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.train.subcontracts import (
    NewSubcontractConsent,
    NewSubcontractRefusal,
    SubcontractFilter,
    Subcontracts,
    SubcontractState,
)
from voucher.plumbing.unit_of_work import Work
from voucher.stages.train import subcontracting
from voucher.stages.train.queries.subcontracts import Handed, get_subcontract, list_subcontracts

subcontracts = Room("subcontracts", __name__, url_prefix="/api/v1", description="分包")


@subcontracts.look("/subcontracts", query=SubcontractFilter, answer=Subcontracts)
def list_all(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区的分包；机构看自己作为主办或承训的，新的在前。"""
    houses = institutions_served(INSTITUTION_DESK)
    regions = None if houses else within(session, asked["region"])
    page = paged(
        asked,
        lambda before, limit: list_subcontracts(
            session, houses=houses or None, regions=regions, before_id=before, limit=limit
        ),
        lambda row: row.subcontract.id,
    )
    return page | {"items": [_tell(each) for each in page["items"]]}


@subcontracts.act(
    "/subcontracts/<int:subcontract_id>/agreements",
    body=NewSubcontractConsent,
    answer=SubcontractState,
    example={},
)
def agree(work: Work, _given: dict[str, Any], subcontract_id: int) -> dict[str, Any]:
    """承训机构同意上课，由没有起草、修改这个计划的人；计划改了要重新同意。"""
    subcontracting.agree_to_teach(work, subcontract_id)
    return _tell(get_subcontract(work.session, subcontract_id))


@subcontracts.act(
    "/subcontracts/<int:subcontract_id>/refusals",
    body=NewSubcontractRefusal,
    answer=SubcontractState,
    example={"why": "教室已排满"},
)
def refuse(work: Work, given: dict[str, Any], subcontract_id: int) -> dict[str, Any]:
    """承训机构不同意，写明理由；主办机构改计划以后才能提交。"""
    subcontracting.refuse_to_teach(work, subcontract_id, given["why"])
    return _tell(get_subcontract(work.session, subcontract_id))


def _tell(handed: Handed) -> dict[str, Any]:
    return told(handed.subcontract, SubcontractState) | {
        "class_number": handed.training_class.number,
        "from_institution_name": handed.host_name,
        "to_institution_name": handed.taker_name,
        "state": handed.state,
    }

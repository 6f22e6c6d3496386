"""Institutions: the directory of the caller's reach, and the ladder of sanctions."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import institutions_served, told
from voucher.doors.api.room import Room, within
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.institutions import (
    InstitutionDetail,
    InstitutionFilter,
    Institutions,
    InstitutionState,
    NewExit,
    NewSanction,
    SanctionDone,
)
from voucher.doors.schemas.paging import paged
from voucher.plumbing.unit_of_work import Work
from voucher.registry import sanctions
from voucher.registry.institutions import Institution
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.stages.settle.queries import object_timeline
from voucher.stages.train.exits import Imposed, impose, leave_list

institutions = Room("institutions", __name__, url_prefix="/api/v1", description="机构")


@institutions.look("/institutions", query=InstitutionFilter, answer=Institutions)
def list_institutions(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区的机构，新登记的在前；机构人员只见本机构。"""
    served = institutions_served()
    only = served if served and not current_actor().regions else None
    regions = None if only and asked["region"] is None else within(session, asked["region"])
    page = paged(
        asked,
        lambda before, limit: sanctions.list_institutions(
            session,
            regions,
            state=asked["state"],
            kind=asked["kind"],
            only=only,
            before_id=before,
            limit=limit,
        ),
        lambda row: row.id,
    )
    return page | {"items": [_state(each) for each in page["items"]]}


@institutions.look("/institutions/<int:institution_id>", answer=InstitutionDetail)
def show_institution(session: Session, _asked: dict[str, Any], institution_id: int) -> dict[str, Any]:
    """一家机构：目录年度、处置经过、是否待恢复。"""
    found = session.get(Institution, institution_id)
    if found is None or institution_id not in institutions_served():
        found = sanctions.get_institution_within(session, institution_id, current_actor().regions)
    return _state(found) | {
        "listed_years": sanctions.list_years(session, institution_id),
        "restoration_asked": sanctions.is_restoration_asked(session, institution_id),
        "timeline": object_timeline(session, Thing.INSTITUTION, institution_id),
    }


@institutions.act(
    "/institutions/<int:institution_id>/sanctions",
    body=NewSanction,
    answer=SanctionDone,
    example={"act": "suspend", "why": "抽查发现两个班未按计划开课，责令停业整顿"},
)
def sanction_institution(work: Work, given: dict[str, Any], institution_id: int) -> dict[str, Any]:
    """处置：停业整顿、移出目录或列入黑名单的，其在办的券转为待处置；恢复由一人提出、另一人确认。"""
    return _told(institution_id, impose(work, institution_id, given["act"], given["why"]))


@institutions.act(
    "/institutions/<int:institution_id>/exits",
    body=NewExit,
    answer=SanctionDone,
    example={"why": "校舍拆迁，停止办学"},
)
def leave(work: Work, given: dict[str, Any], institution_id: int) -> dict[str, Any]:
    """自愿退出目录：在办的券转为待处置，由人社部门转班或由本人另选；再进目录须重新备案。"""
    return _told(institution_id, leave_list(work, institution_id, given["why"]))


def _told(institution_id: int, imposed: Imposed) -> dict[str, Any]:
    return {
        "institution_id": institution_id,
        "state": imposed.state,
        "state_name": STATE_NAMES[Thing.INSTITUTION][imposed.state],
        "done": imposed.done,
        "vouchers_held": imposed.vouchers_held,
    }


def _state(institution: Institution) -> dict[str, Any]:
    return told(institution, InstitutionState) | {
        "state_name": STATE_NAMES[Thing.INSTITUTION][institution.state]
    }

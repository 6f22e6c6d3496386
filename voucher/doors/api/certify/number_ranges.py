"""Certificate numbers given to evaluators beforehand (编号号段): never twice, and no other is taken."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.reach import institutions_served
from voucher.doors.api.room import Room
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.certify.number_ranges import (
    NewNumberRange,
    NumberRangeFilter,
    NumberRanges,
    NumberRangeState,
)
from voucher.doors.schemas.paging import paged
from voucher.plumbing.unit_of_work import Work
from voucher.rules.levels import Level
from voucher.stages.certify import numbering

number_ranges = Room("number_ranges", __name__, url_prefix="/api/v1", description="证书编号号段")


@number_ranges.look("/number-ranges", query=NumberRangeFilter, answer=NumberRanges)
def list_number_ranges(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """已分配的号段，新的在前：人社部门见本辖区的，评价机构见本机构的。"""
    regions, own = current_actor().regions, institutions_served()
    return paged(
        asked,
        lambda before, limit: numbering.list_ranges(session, regions, own, before_id=before, limit=limit),
        lambda row: row.id,
    )


@number_ranges.act(
    "/number-ranges",
    body=NewNumberRange,
    answer=NumberRangeState,
    example={"filing_number": "S000041010001", "year": 2024, "level": 2, "count": 500},
)
def give_numbers(work: Work, given: dict[str, Any]) -> numbering.RangeView:
    """分配下一段编号：紧接上一段，不重复；有号段的机构，号段以外的编号不予登记。"""
    made = numbering.give_numbers(
        work, given["filing_number"], given["year"], Level(given["level"]), given["count"]
    )
    return numbering.get_range(work.session, made.id)

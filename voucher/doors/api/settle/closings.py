"""Month closes and year ends: asked for by one person, carried out by another, never undone."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room, within
from voucher.doors.auth.door import the_door
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.registry.systems import Nothing
from voucher.doors.schemas.settle.closings import (
    MonthCloseFilter,
    MonthCloses,
    MonthCloseState,
    NewMonthClose,
    NewYearEnd,
    YearEndState,
    YearEndSums,
    YearEndView,
)
from voucher.ledger.month_closes import MonthClose, page_closes
from voucher.ledger.year_ends import YearEnd, list_year_ends
from voucher.plumbing.unit_of_work import Work
from voucher.stages.settle import closing_months, closing_years, queries
from voucher.stages.settle.queries.year_ends import preview_year_end

closings = Room("closings", __name__, url_prefix="/api/v1", description="月结和年末结转")


@closings.look("/month-closes", query=MonthCloseFilter, answer=MonthCloses)
def list_month_closes(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区已提出和已办理的月结，新的在前。"""
    regions = within(session, asked["region"])
    return paged(
        asked,
        lambda before, limit: page_closes(session, regions, before_id=before, limit=limit),
        lambda row: row.id,
    )


@closings.act(
    "/month-closes",
    body=NewMonthClose,
    answer=MonthCloseState,
    example={"region_code": "419001", "year": 2024, "month": 3},
)
def ask_month_close(work: Work, given: dict[str, Any]) -> MonthClose:
    """提出月结：月份须已过完。"""
    return closing_months.ask_close(work, given["region_code"], given["year"], given["month"])


@closings.act("/month-closes/<int:month_close_id>/signatures", body=Nothing, answer=MonthCloseState)
def close_month(work: Work, _given: dict[str, Any], month_close_id: int) -> MonthClose:
    """月结：由提出人以外的人办理；此后不再记入该月，也不能重开。"""
    return closing_months.close_month(work, month_close_id)


@closings.look("/budgets/<int:budget_id>/year-ends", answer=YearEndView)
def show_year_end(session: Session, _asked: dict[str, Any], budget_id: int) -> dict[str, Any]:
    """一个预算年末结转的预览和经过。"""
    found = queries.get_budget(session, budget_id, current_actor().regions)
    asked = list_year_ends(session, budget_id)
    standing = next((each for each in asked if each.done_at is None and each.dropped_at is None), None)
    seen = preview_year_end(session, found, the_door().today, standing)
    into_id = seen.into.id if seen.into is not None else None
    return {"seen": seen, "into_id": into_id, "short_fen": seen.short_fen, "asked": asked}


@closings.act(
    "/budgets/<int:budget_id>/year-ends",
    body=NewYearEnd,
    answer=YearEndState,
    example={"document": "济财预〔2025〕1号"},
)
def ask_year_end(work: Work, given: dict[str, Any], budget_id: int) -> YearEnd:
    """提出年末结转：年度须已过完，按当日参数结转或收回。"""
    return closing_years.ask_year_end(work, budget_id, given["document"])


@closings.act(
    "/year-ends/<int:year_end_id>/signatures",
    body=YearEndSums,
    answer=YearEndState,
    example={"reserved_fen": 20000, "rest_fen": 80000},
)
def carry_year_end(work: Work, given: dict[str, Any], year_end_id: int) -> YearEnd:
    """办理年末结转：由提出人以外的人办理，带上预览中看到的两个数；数已变的退回重看。"""
    return closing_years.carry_year_end(work, year_end_id, given["reserved_fen"], given["rest_fen"])


@closings.act("/year-ends/<int:year_end_id>/withdrawals", body=Nothing, answer=YearEndState)
def drop_year_end(work: Work, _given: dict[str, Any], year_end_id: int) -> YearEnd:
    """撤销还没有办理的提出。"""
    return closing_years.drop_year_end(work, year_end_id)

"""Budgets: what is there, what was granted, and every movement since."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from voucher.doors.api.room import Room, within
from voucher.doors.auth.visitors import current_actor
from voucher.doors.schemas.paging import paged
from voucher.doors.schemas.settle.ledger import (
    BudgetFilter,
    Budgets,
    BudgetState,
    MovementFilter,
    Movements,
    NewBudget,
    NewMovement,
)
from voucher.ledger.budget import Budget
from voucher.ledger.movements import list_movements
from voucher.plumbing.unit_of_work import Work
from voucher.stages.settle import granting, queries

budgets = Room("budgets", __name__, url_prefix="/api/v1", description="预算")


@budgets.look("/budgets", query=BudgetFilter, answer=Budgets)
def list_budgets(session: Session, asked: dict[str, Any]) -> dict[str, Any]:
    """本辖区的预算，新建的在前：下达、占用、支出、上缴、余额。"""
    regions = within(session, asked["region"])
    return paged(
        asked,
        lambda before, limit: queries.page_budgets(
            session, regions, year=asked["year"], before_id=before, limit=limit
        ),
        lambda row: row.id,
    )


@budgets.act(
    "/budgets",
    body=NewBudget,
    answer=BudgetState,
    example={
        "region_code": "419001",
        "year": 2024,
        "source": "employment_subsidy",
        "amount_fen": 200_000_000,
        "document": "济管财社〔2024〕1号",
    },
)
def open_budget(work: Work, given: dict[str, Any]) -> Budget:
    """建立预算并下达首笔；已有同一预算的，视为追加。"""
    return granting.grant_budget(work, **given)


@budgets.look("/budgets/<int:budget_id>/movements", query=MovementFilter, answer=Movements)
def list_budget_movements(session: Session, asked: dict[str, Any], budget_id: int) -> dict[str, Any]:
    """一个预算的每一笔变动，按先后。"""
    queries.get_budget(session, budget_id, current_actor().regions)
    return paged(
        asked,
        lambda after, limit: list_movements(session, budget_id, after_id=after or 0, limit=limit),
        lambda row: row.id,
    )


@budgets.act(
    "/budgets/<int:budget_id>/movements",
    body=NewMovement,
    answer=BudgetState,
    example={"act": "grant", "amount_fen": 50_000_000, "document": "济管财社〔2024〕9号"},
)
def grant_budget(work: Work, given: dict[str, Any], budget_id: int) -> Budget:
    """追加下达。占用、支出、释放和上缴由各自的办理产生，不能手工登记。"""
    return granting.grant_more(work, budget_id, given["amount_fen"], given["document"])

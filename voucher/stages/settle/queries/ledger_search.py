"""What somebody asks of the ledger: what it finds, and how it is said to whoever reads the file."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.entries import EntrySearch
from voucher.ledger.month_closes import span_of
from voucher.stages.issue.queries.vouchers import find_voucher
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.queries.ledger_lines import MOVEMENT_NAMES, name_budget
from voucher.stages.settle.queries.payments import list_budgets


@dataclass(frozen=True, slots=True)
class LedgerWish:
    """Which lines are wanted, as people say it; None asks for nothing."""

    voucher: str | None = None
    act: str | None = None
    budget_id: int | None = None
    month: tuple[int, int] | None = None


def search_ledger(session: Session, wish: LedgerWish) -> EntrySearch:
    """Return what a wish looks for; a voucher's number that nobody has finds nothing."""
    voucher_id = None
    claim_ids: tuple[int, ...] = ()
    if wish.voucher is not None:
        voucher = find_voucher(session, wish.voucher)
        voucher_id = voucher.id if voucher is not None else 0
        claim_ids = tuple(session.scalars(select(Claim.id).where(Claim.voucher_id == voucher_id)))
    since, until = span_of(*wish.month) if wish.month is not None else (None, None)
    return EntrySearch(wish.budget_id, voucher_id, claim_ids, wish.act, since, until)


def say_wish(session: Session, regions: Collection[str], wish: LedgerWish) -> list[tuple[str, str]]:
    """Return in words what the lines were chosen by; a budget elsewhere is not named."""
    budgets = {each.id: each for each in list_budgets(session, regions)}
    budget = budgets.get(wish.budget_id or 0)
    unnamed = "全部" if wish.budget_id is None else "（不在本辖区）"
    told = [
        ("预算", name_budget(session, budget) if budget is not None else unnamed),
        ("事项", MOVEMENT_NAMES.get(wish.act or "", "全部")),
        ("月份", "{:04}-{:02}".format(*wish.month) if wish.month is not None else "全部"),
    ]
    return [*told, ("券号", wish.voucher)] if wish.voucher is not None else told

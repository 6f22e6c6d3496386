"""The movements of a budget, as an officer or a program reads them back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from voucher.ledger.postings import Account, Transfer


@dataclass(frozen=True, slots=True)
class Movement:
    """One transfer within a budget."""

    id: int
    act: str
    from_role: str
    to_role: str
    amount_fen: int
    claim_id: int | None
    at: datetime


def list_movements(session: Session, budget_id: int, *, after_id: int = 0, limit: int = 50) -> list[Movement]:
    """Return the transfers of a budget in the order in which they were made."""
    source, target = aliased(Account), aliased(Account)
    rows = session.execute(
        select(
            Transfer.id,
            Transfer.act,
            source.role,
            target.role,
            Transfer.amount_fen,
            Transfer.claim_id,
            Transfer.at,
        )
        .join(source, source.id == Transfer.from_account_id)
        .join(target, target.id == Transfer.to_account_id)
        .where(source.budget_id == budget_id, Transfer.id > after_id)
        .order_by(Transfer.id)
        .limit(limit)
    )
    return [Movement(*row) for row in rows]

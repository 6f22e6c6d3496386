"""What two people cleared of a batch: it counts in the batch its claim stands in now, and in no older one."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from voucher.rules.vocabulary import Outcome
from voucher.stages.settle.models.claims import Claim, SettlementLine


@dataclass(frozen=True, slots=True)
class Cleared:
    """How many lines of a batch two people cleared, and what they come to in fen."""

    count: int
    amount_fen: int


def sum_cleared(session: Session, claimed: ColumnElement[bool]) -> Cleared:
    """Return what two people cleared of some claims, as it stands now."""
    here = (SettlementLine.claim_id == Claim.id) & (SettlementLine.batch_id == Claim.batch_id)
    count, total = session.execute(
        select(func.count(), func.sum(Claim.amount_fen))
        .join(SettlementLine, here)
        .where(claimed, SettlementLine.outcome == str(Outcome.MANUAL), Claim.amount_fen > 0)
    ).one()
    return Cleared(count, int(total or 0))


def is_cleared(line: SettlementLine, claim: Claim) -> bool:
    """Return whether two people cleared a line in its batch: what is signed and paid is theirs."""
    is_here = claim.batch_id == line.batch_id
    return is_here and line.outcome == str(Outcome.MANUAL) and claim.amount_fen > 0

"""What two people cleared of a batch: it counts in the batch its claim stands in now, and in no older one."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, aliased

from voucher.rules.vocabulary import Outcome
from voucher.stages.settle.models.claims import Claim, Clearing, SettlementBatch, SettlementLine
from voucher.stages.settle.models.notices import Notice


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


def list_cleared_unpublished(
    session: Session, batch_ids: Collection[int], payees: Collection[int]
) -> list[tuple[int, int, int]]:
    """Return (batch, how many, fen) of what two people cleared of these payees' before it was published."""
    published = select(Notice.id).where(
        Notice.batch_id == SettlementLine.batch_id, Notice.posted_at <= Clearing.confirmed_at
    )
    later, batch = aliased(SettlementLine), aliased(SettlementBatch)
    filed_again = select(later.id).where(
        later.claim_id == Clearing.claim_id,
        later.batch_id > SettlementLine.batch_id,
        batch.id == later.batch_id,
        batch.created_at <= Clearing.confirmed_at,
    )
    rows = session.execute(
        select(SettlementLine.batch_id, func.count(), func.sum(Clearing.amount_fen))
        .join(Claim, Claim.id == SettlementLine.claim_id)
        .join(Clearing, Clearing.claim_id == Claim.id)
        .where(
            SettlementLine.batch_id.in_(sorted(batch_ids)),
            SettlementLine.outcome == str(Outcome.MANUAL),
            Claim.institution_id.in_(sorted(payees)),
            Clearing.confirmed_at.is_not(None),
            ~published.exists(),
            ~filed_again.exists(),
        )
        .group_by(SettlementLine.batch_id)
    )
    return [(batch_id, count, int(total_fen)) for batch_id, count, total_fen in rows]


def is_cleared(line: SettlementLine, claim: Claim) -> bool:
    """Return whether two people cleared a line in its batch: what is signed and paid is theirs."""
    is_here = claim.batch_id == line.batch_id
    return is_here and line.outcome == str(Outcome.MANUAL) and claim.amount_fen > 0

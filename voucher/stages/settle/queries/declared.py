"""What payees declared in the batches they share with others, as a batch tells it of all of them."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from voucher.rules.vocabulary import Outcome
from voucher.stages.settle.models.claims import Claim, Clearing, SettlementBatch, SettlementLine
from voucher.stages.settle.models.notices import Notice
from voucher.stages.settle.queries.reach import Payees, lines_of


def sum_declared(session: Session, batch_ids: Collection[int], payees: Payees) -> dict[int, tuple[int, int]]:
    """Return, per batch, what these payees declared in it: how many lines and how much in fen.

    As in a batch as a whole, a line counts that was payable as filed or cleared before it was published.
    """
    rows = session.execute(
        select(SettlementLine.batch_id, func.count(), func.sum(SettlementLine.amount_fen))
        .where(
            SettlementLine.batch_id.in_(sorted(batch_ids)),
            SettlementLine.outcome == str(Outcome.PAYABLE),
            lines_of(payees),
        )
        .group_by(SettlementLine.batch_id)
    )
    declared = {batch_id: (count, int(total or 0)) for batch_id, count, total in rows}
    for batch_id, count, total_fen in _list_cleared(session, batch_ids, payees):
        before_count, before_fen = declared.get(batch_id, (0, 0))
        declared[batch_id] = (before_count + count, before_fen + total_fen)
    return declared


def _list_cleared(
    session: Session, batch_ids: Collection[int], payees: Collection[int]
) -> list[tuple[int, int, int]]:
    """Return (batch, how many, fen) of what two people cleared of these payees' before it was published.

    A claim filed again is cleared again: each clearing counts in the one batch its claim stood in then.
    """
    published = select(Notice.id).where(
        Notice.batch_id == SettlementLine.batch_id, Notice.posted_at <= Clearing.confirmed_at
    )
    later, batch, own = aliased(SettlementLine), aliased(SettlementBatch), aliased(SettlementBatch)
    filed_again = select(later.id).where(
        later.claim_id == Clearing.claim_id,
        later.batch_id > SettlementLine.batch_id,
        batch.id == later.batch_id,
        batch.created_at <= Clearing.confirmed_at,
    )
    rows = session.execute(
        select(SettlementLine.batch_id, func.count(), func.sum(Clearing.amount_fen))
        .join(own, own.id == SettlementLine.batch_id)
        .join(Claim, Claim.id == SettlementLine.claim_id)
        .join(Clearing, Clearing.claim_id == Claim.id)
        .where(
            SettlementLine.batch_id.in_(sorted(batch_ids)),
            SettlementLine.outcome == str(Outcome.MANUAL),
            Claim.institution_id.in_(sorted(payees)),
            Clearing.confirmed_at >= own.created_at,
            ~published.exists(),
            ~filed_again.exists(),
        )
        .group_by(SettlementLine.batch_id)
    )
    return [(batch_id, count, int(total_fen)) for batch_id, count, total_fen in rows]

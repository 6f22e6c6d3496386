"""Lists of batches: filtered as the address says, the newest first, and how many there are in all."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from voucher.stages.settle.models.claims import Claim, SettlementBatch
from voucher.stages.settle.queries.batches import batches_within
from voucher.stages.settle.queries.reach import Payees


@dataclass(frozen=True, slots=True)
class BatchFilter:
    """Which batches are wanted: in a state, with a line standing there, of a region, among these ids."""

    state: str | None = None
    line_state: str | None = None
    region_code: str | None = None
    among: Select[int] | Sequence[int] | None = None

    def list_conditions(self) -> list[ColumnElement[bool]]:
        """Return what a batch has to meet."""
        found: list[ColumnElement[bool]] = []
        if self.state is not None:
            found.append(SettlementBatch.state == self.state)
        if self.line_state is not None:
            there = select(Claim.id).where(
                Claim.batch_id == SettlementBatch.id, Claim.state == self.line_state
            )
            found.append(there.exists())
        if self.region_code is not None:
            found.append(SettlementBatch.region_code == self.region_code)
        if self.among is not None:
            found.append(SettlementBatch.id.in_(self.among))
        return found


ALL = BatchFilter()


def list_batches(
    session: Session,
    regions: Collection[str],
    wanted: BatchFilter = ALL,
    *,
    payees: Payees = (),
    before_id: int | None = None,
    limit: int = 20,
) -> list[SettlementBatch]:
    """Return the newest batches of these regions and those with lines of these payees; nothing else."""
    query = select(SettlementBatch).where(batches_within(regions, payees), *wanted.list_conditions())
    if before_id is not None:
        query = query.where(SettlementBatch.id < before_id)
    return list(session.scalars(query.order_by(SettlementBatch.id.desc()).limit(limit)))


def count_batches(session: Session, regions: Collection[str], wanted: BatchFilter = ALL) -> int:
    """Return how many batches of these regions `list_batches` finds, page by page."""
    query = select(func.count()).select_from(SettlementBatch)
    return session.scalar(query.where(batches_within(regions, ()), *wanted.list_conditions())) or 0

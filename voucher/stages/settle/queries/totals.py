"""What vouchers have cost so far, for whoever adds up: kept by claims, paid out; also without a voucher."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Subquery, case, func, select
from sqlalchemy.orm import Session

from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import Clawback

# money stays paid as far as it has not come back: of an advance a part may, and its claim is met by it
PAID = ("paid", "recovering", "recovered")


@dataclass(frozen=True, slots=True)
class Direct:
    """Claims of one payee in one region that no voucher stands behind; amounts in fen."""

    region_code: str
    institution_id: int
    claims: int
    reserved_fen: int
    paid_fen: int


def select_recovered() -> Subquery:
    """Return, per claim with a receivable, what has come back of it, in fen; also where it was waived."""
    return (
        select(Clawback.claim_id, func.sum(Clawback.recovered_fen).label("recovered_fen"))
        .group_by(Clawback.claim_id)
        .subquery()
    )


def paid_of(recovered: Subquery) -> ColumnElement[int]:
    """Return what is paid of a claim and has not come back, in fen; `recovered` is joined to it."""
    stays = Claim.amount_fen - func.coalesce(recovered.c.recovered_fen, 0)
    return case((Claim.state.in_(PAID), stays), else_=0)


def select_voucher_sums() -> Subquery:
    """Return, per voucher with claims, what they keep and what was paid, in fen."""
    recovered = select_recovered()
    return (
        select(
            Claim.voucher_id,
            func.sum(Claim.reserved_fen).label("reserved_fen"),
            func.sum(paid_of(recovered)).label("paid_fen"),
        )
        .outerjoin(recovered, recovered.c.claim_id == Claim.id)
        .where(Claim.voucher_id.is_not(None))
        .group_by(Claim.voucher_id)
        .subquery()
    )


def list_direct(
    session: Session, regions: Collection[str], from_on: date | None = None, until_on: date | None = None
) -> list[Direct]:
    """Return what was claimed without a voucher in these regions, filed in these days (both included)."""
    recovered = select_recovered()
    query = (
        select(
            Claim.region_code,
            Claim.institution_id,
            func.count(),
            func.sum(Claim.reserved_fen),
            func.sum(paid_of(recovered)),
        )
        .outerjoin(recovered, recovered.c.claim_id == Claim.id)
        .where(Claim.voucher_id.is_(None), Claim.region_code.in_(sorted(regions)))
        .group_by(Claim.region_code, Claim.institution_id)
    )
    if from_on is not None:
        query = query.where(Claim.filed_on >= from_on)
    if until_on is not None:
        query = query.where(Claim.filed_on <= until_on)
    return [
        Direct(region_code, institution_id, count, int(reserved), int(paid))
        for region_code, institution_id, count, reserved, paid in session.execute(query)
    ]

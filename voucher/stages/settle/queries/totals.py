"""What vouchers have cost so far, for whoever adds up: kept by claims, paid out; also without a voucher."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Subquery, case, func, select
from sqlalchemy.orm import Session

from voucher.stages.settle.models.claims import Claim

# money stays paid until it has come back
PAID = ("paid", "recovering")


@dataclass(frozen=True, slots=True)
class Direct:
    """Claims of one payee in one region that no voucher stands behind; amounts in fen."""

    region_code: str
    institution_id: int
    claims: int
    reserved_fen: int
    paid_fen: int


def select_voucher_sums() -> Subquery:
    """Return, per voucher with claims, what they keep and what was paid, in fen."""
    return (
        select(
            Claim.voucher_id,
            func.sum(Claim.reserved_fen).label("reserved_fen"),
            func.sum(case((Claim.state.in_(PAID), Claim.amount_fen), else_=0)).label("paid_fen"),
        )
        .where(Claim.voucher_id.is_not(None))
        .group_by(Claim.voucher_id)
        .subquery()
    )


def list_direct(
    session: Session, regions: Collection[str], from_on: date | None = None, until_on: date | None = None
) -> list[Direct]:
    """Return what was claimed without a voucher in these regions, filed in these days (both included)."""
    query = (
        select(
            Claim.region_code,
            Claim.institution_id,
            func.count(),
            func.sum(Claim.reserved_fen),
            func.sum(case((Claim.state.in_(PAID), Claim.amount_fen), else_=0)),
        )
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

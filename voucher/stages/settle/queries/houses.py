"""The claims of one payee by how far their money has come, for whoever decides about the payee."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from voucher.stages.settle.models.claims import Claim

OVER = ("rejected", "withdrawn", "recovering", "recovered")
PAYING, PAID = "paying", "paid"


@dataclass(frozen=True, slots=True)
class ClaimCount:
    """So many claims of so many people, in fen."""

    count: int
    people: int
    amount_fen: int


def count_claims_of(session: Session, institution_id: int) -> dict[str, ClaimCount]:
    """Return an institution's claims under `claims` (not at the bank yet), `paying` and `paid`."""
    return {
        "claims": _count(session, institution_id, Claim.state.not_in((PAYING, PAID, *OVER))),
        "paying": _count(session, institution_id, Claim.state == PAYING),
        "paid": _count(session, institution_id, Claim.state == PAID),
    }


def _count(session: Session, institution_id: int, where: ColumnElement[bool]) -> ClaimCount:
    row = session.execute(
        select(
            func.count(),
            func.count(func.distinct(Claim.person_id)),
            func.coalesce(func.sum(Claim.amount_fen), 0),
        ).where(Claim.institution_id == institution_id, where)
    ).one()
    return ClaimCount(*(int(each) for each in row))

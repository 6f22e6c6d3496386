"""What statistics ask about claims: whose voucher, which payee, what is kept and what was paid, and when."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.budget import Budget
from voucher.ledger.states import StateEvent
from voucher.plumbing.bulk import among
from voucher.rules.lifecycle import Thing
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.queries.totals import paid_of, select_recovered


@dataclass(frozen=True, slots=True)
class CountedClaim:
    """One claim as statistics count it; amounts in fen, `paid_fen` less what came back.

    `paid_at` is known only where money is out.
    """

    id: int
    voucher_id: int | None
    person_id: int
    region_code: str
    institution_id: int
    fund: str
    trade_code: str
    level: int
    filed_on: date
    reserved_fen: int
    paid_fen: int
    paid_at: datetime | None


def list_counted_claims(
    session: Session, claim_ids: Collection[int], voucher_ids: Collection[int]
) -> list[CountedClaim]:
    """Return these claims, and all of these vouchers."""
    paid = (
        select(StateEvent.object_id, func.max(StateEvent.at).label("at"))
        .where(StateEvent.thing == str(Thing.CLAIM), StateEvent.to_state == "paid")
        .group_by(StateEvent.object_id)
    )
    recovered = select_recovered()
    rows = session.execute(
        select(Claim, Budget.source, paid_of(recovered))
        .join(Budget, Budget.id == Claim.budget_id)
        .outerjoin(recovered, recovered.c.claim_id == Claim.id)
        .where(among(session, Claim.id, claim_ids) | among(session, Claim.voucher_id, voucher_ids))
        .order_by(Claim.id)
    ).all()
    moments = dict(
        session.execute(
            paid.where(among(session, StateEvent.object_id, [claim.id for claim, _, _ in rows]))
        ).all()
    )
    return [
        CountedClaim(
            id=each.id,
            voucher_id=each.voucher_id,
            person_id=each.person_id,
            region_code=each.region_code,
            institution_id=each.institution_id,
            fund=fund,
            trade_code=each.trade_code,
            level=each.level,
            filed_on=each.filed_on,
            reserved_fen=each.reserved_fen,
            paid_fen=int(paid_fen),
            paid_at=moments.get(each.id) if paid_fen else None,
        )
        for each, fund, paid_fen in rows
    ]


def list_vouchers_of_claims(session: Session, claim_ids: Collection[int]) -> list[int]:
    """Return the vouchers these claims stand on."""
    return [
        each
        for each in session.scalars(select(Claim.voucher_id).where(among(session, Claim.id, claim_ids)))
        if each is not None
    ]


def list_direct_claims(session: Session) -> list[int]:
    """Return the claims no voucher stands behind."""
    return list(session.scalars(select(Claim.id).where(Claim.voucher_id.is_(None))))

"""Where the money of one voucher is, for its holder and for whoever follows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.states import StateEvent
from voucher.registry.institutions import Institution
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.vocabulary import SUBSIDY_NAMES, SubsidyKind
from voucher.stages.settle.models.claims import Claim


@dataclass(frozen=True, slots=True)
class VoucherClaim:
    """One subsidy claimed on a voucher: whom it is for, how far it is, and since when."""

    claim_id: int
    number: str
    kind_name: str
    payee_name: str
    state: str
    state_name: str
    amount_fen: int
    filed_on: date
    since: datetime


def list_voucher_claims(session: Session, voucher_id: int) -> list[VoucherClaim]:
    """Return the claims made on a voucher, the first filed first."""
    newest = (
        select(func.max(StateEvent.at))
        .where(StateEvent.thing == str(Thing.CLAIM), StateEvent.object_id == Claim.id)
        .correlate(Claim)
        .scalar_subquery()
    )
    rows = session.execute(
        select(Claim, Institution.name, newest)
        .join(Institution, Institution.id == Claim.institution_id)
        .where(Claim.voucher_id == voucher_id)
        .order_by(Claim.id)
    )
    return [
        VoucherClaim(
            claim_id=claim.id,
            number=claim.number,
            kind_name=SUBSIDY_NAMES[SubsidyKind(claim.kind)],
            payee_name=name,
            state=claim.state,
            state_name=STATE_NAMES[Thing.CLAIM][claim.state],
            amount_fen=claim.amount_fen,
            filed_on=claim.filed_on,
            since=since,
        )
        for claim, name, since in rows
    ]

"""What has come in for receivables, as finance decides on it: what is open, and what was decided."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.registry.institutions import Institution
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.credits import BankCredit
from voucher.stages.settle.models.payments import Clawback
from voucher.stages.settle.offset_plans import letter_number

OPEN, DECIDED = "open", "decided"


@dataclass(frozen=True, slots=True)
class CreditView:
    """One credit with the receivable it stands with; `left_fen` is what that still asks today."""

    credit: BankCredit
    letter: str | None
    clawback_id: int | None
    payee_name: str | None
    left_fen: int

    @property
    def over_fen(self) -> int:
        """Return what was paid too much: beyond what is owed, or was owed when it was booked."""
        met = self.credit.applied_fen if self.credit.decision is not None else self.left_fen
        return max(0, self.credit.amount_fen - (met or 0)) if self.clawback_id is not None else 0


def page_credits(
    session: Session, regions: Collection[str], which: str, *, before_id: int | None = None, limit: int = 50
) -> list[CreditView]:
    """Return credits of these regions that are open, or decided, the newest first."""
    query = (
        select(BankCredit, Clawback, Claim.region_code, Institution.name)
        .outerjoin(Clawback, Clawback.id == BankCredit.clawback_id)
        .outerjoin(Claim, Claim.id == Clawback.claim_id)
        .outerjoin(Institution, Institution.id == Clawback.institution_id)
        .where(BankCredit.region_code.in_(sorted(regions)))
        .order_by(BankCredit.id.desc())
        .limit(limit)
    )
    query = query.where(BankCredit.decision.is_(None) if which == OPEN else BankCredit.decision.is_not(None))
    if before_id is not None:
        query = query.where(BankCredit.id < before_id)
    seen = []
    for credit, clawback, region, payee in session.execute(query):
        if clawback is None:
            seen.append(CreditView(credit, None, None, None, 0))
            continue
        left_fen = clawback.amount_fen - clawback.recovered_fen if clawback.state == "opened" else 0
        seen.append(CreditView(credit, letter_number(clawback, region), clawback.id, payee, left_fen))
    return seen

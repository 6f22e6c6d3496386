"""汇总表: what a batch pays, by payee, occupation and level, with a fingerprint of the figures."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from sqlalchemy import and_, func, literal, select, union_all
from sqlalchemy.orm import Session

from voucher.ledger.budget import Budget
from voucher.ledger.year_ends import home_of
from voucher.registry.catalogue import name_trades
from voucher.registry.institutions import Institution
from voucher.rules.approval import Step
from voucher.rules.levels import Level, name_level
from voucher.stages.settle.models.claims import Claim, SettlementBatch, Signature

# what has come back, or is to, is paid to nobody any more
ENDED = ("withdrawn", "rejected", "recovering", "recovered")


@dataclass(frozen=True, slots=True)
class SummaryRow:
    """One payee, occupation and level: how many claims of how many people, how much in fen."""

    payee_name: str
    payee_code: str
    trade_code: str
    trade_name: str
    level_name: str
    claims: int
    people: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class BatchSummarySheet:
    """The summary of one batch as it stands.

    `fund` is the budget its money stands in by now. `sha256` is of number, fund and rows, in this order.
    """

    batch: SettlementBatch
    fund: Budget
    rows: list[SummaryRow]
    people: int
    sha256: str

    @property
    def claims(self) -> int:
        """Return how many claims the sheet adds up."""
        return sum(each.claims for each in self.rows)

    @property
    def amount_fen(self) -> int:
        """Return what all of them come to."""
        return sum(each.amount_fen for each in self.rows)


def read_summary(session: Session, batch: SettlementBatch) -> BatchSummarySheet:
    """Return what a batch still pays, by payee, occupation and level; what has ended is not in it."""
    standing = (Claim.batch_id == batch.id, Claim.state.not_in(ENDED), Claim.amount_fen > 0)
    found = session.execute(
        select(
            Claim.institution_id,
            Claim.trade_code,
            Claim.level,
            func.count(),
            func.count(func.distinct(Claim.person_id)),
            func.sum(Claim.amount_fen),
        )
        .where(*standing)
        .group_by(Claim.institution_id, Claim.trade_code, Claim.level)
        .order_by(Claim.institution_id, Claim.trade_code, Claim.level)
    ).all()
    payees = {
        each.id: each
        for each in session.scalars(
            select(Institution).where(Institution.id.in_({row.institution_id for row in found}))
        )
    }
    trades = name_trades(session, sorted({row.trade_code for row in found}))
    rows = [
        SummaryRow(
            payees[payee_id].name,
            payees[payee_id].code,
            trade_code,
            trades.get(trade_code, trade_code),
            name_level(Level(level)) if level else "—",
            claims,
            people,
            int(amount_fen),
        )
        for payee_id, trade_code, level, claims, people, amount_fen in found
    ]
    people = session.scalar(select(func.count(func.distinct(Claim.person_id))).where(*standing)) or 0
    fund = session.get_one(Budget, home_of(session, batch.budget_id))
    told = [
        batch.number,
        [fund.year, fund.source],
        people,
        [
            [row.payee_code, row.trade_code, row.level_name, row.claims, row.people, row.amount_fen]
            for row in rows
        ],
    ]
    digest = hashlib.sha256(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()
    return BatchSummarySheet(batch, fund, rows, people, digest)


def list_signed(session: Session, batch: SettlementBatch) -> list[tuple[str, int]]:
    """Return every (step, person) that passed what a batch still pays, as it stands now, and who filed it.

    Whoever only sent lines back, or passed what has ended or an earlier revision, has signed nothing of it.
    """
    standing = (Claim.batch_id == batch.id, Claim.state.not_in(ENDED), Claim.amount_fen > 0)
    filed = select(literal(str(Step.SUBMIT)), Claim.submitter_person_id).where(*standing).distinct()
    passed = (
        select(Signature.step, Signature.signer_person_id)
        .join(Claim, and_(Claim.id == Signature.claim_id, Claim.revision == Signature.revision))
        .where(*standing, Signature.decision == "pass")
        .distinct()
    )
    return [(step, person_id) for step, person_id in session.execute(union_all(filed, passed))]

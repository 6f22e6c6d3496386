"""The three-way comparison (system, finance, bank): what differs is always in sight, however much it is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Subquery, func, literal, select
from sqlalchemy.orm import Session, aliased

from voucher.ledger.budget import Budget
from voucher.plumbing.bulk import among
from voucher.registry.institutions import Institution
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import BankResult, Payment, PaymentFile, PaymentLine

# the state of a claim the bank sent back: what is said of its line
OWED_STILL = {"approved": "银行退票，账户已更正，待重新制单签发", "bounced": "银行退票，未支出"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One released line on which system, finance and bank do not say the same yet, in fen."""

    payment_file_id: int
    payment_file_number: str
    position: int
    reference: str
    institution_name: str
    released_fen: int
    bank_fen: int
    booked_fen: int
    why: str
    line_id: int


def find_owed_of_file(session: Session, payment_file_id: int) -> tuple[int, str] | None:
    """Return what of a file the bank sent back and nobody sent again yet, or None where nothing is."""
    owed_fen, state = session.execute(
        select(func.sum(Payment.amount_fen), func.max(Claim.state))
        .join(Claim, Claim.id == Payment.claim_id)
        .where(Payment.payment_file_id == payment_file_id, _owed_still())
    ).one()
    return None if state is None else (int(owed_fen), state)


def reconcile(
    session: Session, regions: Collection[str], *, after_id: int = 0, limit: int | None = None
) -> list[Difference]:
    """Return the released lines on which system, finance and bank differ: unanswered or bounced.

    The oldest come first. What bounced differs until it was sent again, where the new line says for itself
    how it stands, or until its claim ended unpaid.
    """
    owed = _sum_owed()
    rows = session.execute(
        select(
            PaymentFile.id, PaymentFile.number, PaymentLine.position, PaymentLine.reference, Institution.name,
            func.coalesce(owed.c.owed_fen, PaymentLine.amount_fen), owed.c.state, PaymentLine.id,
        )
        .join(PaymentFile, PaymentFile.id == PaymentLine.payment_file_id)
        .join(Institution, Institution.id == PaymentLine.institution_id)
        .outerjoin(BankResult, BankResult.payment_line_id == PaymentLine.id)
        .outerjoin(owed, owed.c.payment_line_id == PaymentLine.id)
        .where(_differs(regions, owed), PaymentLine.id > after_id)
        .order_by(PaymentLine.id)
        .limit(limit)
    )  # fmt: skip
    return [
        Difference(
            payment_file_id=file_id,
            payment_file_number=number,
            position=position,
            reference=reference,
            institution_name=name,
            released_fen=int(differing_fen),
            bank_fen=0,
            booked_fen=0,
            why="已签发，银行尚未回盘" if state is None else OWED_STILL[state],
            line_id=line_id,
        )
        for file_id, number, position, reference, name, differing_fen, state, line_id in rows
    ]


def sum_differences(session: Session, regions: Collection[str]) -> tuple[int, int]:
    """Return how many released lines differ, and what was released on them and is owed still, in fen."""
    owed = _sum_owed()
    differing_fen = func.coalesce(owed.c.owed_fen, PaymentLine.amount_fen)
    count, released_fen = session.execute(
        select(func.count(), func.coalesce(func.sum(differing_fen), 0))
        .select_from(PaymentLine)
        .join(PaymentFile, PaymentFile.id == PaymentLine.payment_file_id)
        .outerjoin(BankResult, BankResult.payment_line_id == PaymentLine.id)
        .outerjoin(owed, owed.c.payment_line_id == PaymentLine.id)
        .where(_differs(regions, owed))
    ).one()
    return int(count), int(released_fen)


def sum_bounced(session: Session, regions: Collection[str]) -> tuple[int, int]:
    """Return how many released lines the bank ever sent back, and their sum in fen, settled since or not."""
    here = select(Budget.id).where(Budget.region_code.in_(sorted(regions)))
    count, bounced_fen = session.execute(
        select(func.count(), func.coalesce(func.sum(PaymentLine.amount_fen), 0))
        .join(PaymentFile, PaymentFile.id == PaymentLine.payment_file_id)
        .join(BankResult, BankResult.payment_line_id == PaymentLine.id)
        .where(PaymentFile.budget_id.in_(here), BankResult.outcome == "failed")
    ).one()
    return int(count), int(bounced_fen)


def _differs(regions: Collection[str], owed: Subquery) -> ColumnElement[bool]:
    here = PaymentFile.budget_id.in_(select(Budget.id).where(Budget.region_code.in_(sorted(regions))))
    unanswered = BankResult.outcome.is_(None)
    return (
        here
        & PaymentFile.released_at.is_not(None)
        & (PaymentLine.amount_fen > 0)
        & (unanswered | ((BankResult.outcome == "failed") & owed.c.state.is_not(None)))
    )


def _owed_still() -> ColumnElement[bool]:
    """Return whether a payment is the last of a claim that came back and is owed still.

    One that bounced more than once owes its sum once, on the line that bounced last.
    """
    later = aliased(Payment)
    # written out, so that the small index of what bounced is seen to fit
    bounced = literal("failed", literal_execute=True)
    again = select(later.id).where(
        later.claim_id == Payment.claim_id, later.id > Payment.id, later.state == bounced
    )
    return (Payment.state == bounced) & Claim.state.in_(list(OWED_STILL)) & ~again.exists()


def _sum_owed() -> Subquery:
    """Return what of each bounced line was not sent again yet, and its claims' state furthest behind."""
    return (
        select(
            Payment.payment_line_id,
            func.sum(Payment.amount_fen).label("owed_fen"),
            func.max(Claim.state).label("state"),
        )
        .join(Claim, Claim.id == Payment.claim_id)
        .where(_owed_still())
        .group_by(Payment.payment_line_id)
        .subquery()
    )


def read_owed_still(session: Session, line_ids: Collection[int]) -> dict[int, tuple[int, str]]:
    """Return what of bounced lines was not sent again yet, in fen, and the claims' state furthest behind."""
    owed = _sum_owed()
    rows = session.execute(select(owed).where(among(session, owed.c.payment_line_id, line_ids)))
    return {line_id: (int(fen), state) for line_id, fen, state in rows}

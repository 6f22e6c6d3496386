"""The money of one voucher from the application to the bank: who signed, which file, what the bank said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.registry.institutions import Institution, PayeeAccount
from voucher.rules.approval import STEP_NAMES, Step
from voucher.stages.settle.models.claims import Claim, SettlementBatch, Signature
from voucher.stages.settle.models.notices import Notice
from voucher.stages.settle.models.payments import BankResult, Clawback, Payment, PaymentFile, PaymentLine


@dataclass(frozen=True, slots=True)
class Signed:
    """One decision on a claim."""

    step_name: str
    decision: str
    opinion: str
    person_id: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Sent:
    """One payment of a claim: its file with the three hands, its line, the bank's word."""

    payment_id: int
    file_id: int
    file_number: str
    reference: str
    account_masked: str
    computed_fen: int
    offset_fen: int
    amount_fen: int
    state: str
    hands: tuple[tuple[str, int | None, datetime | None], ...]
    bank_outcome: str | None
    bank_words: str | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class TracedClaim:
    """One claim of a voucher with everything that stands behind its money; amounts in fen."""

    claim: Claim
    payee_name: str
    batch_number: str
    notice_id: int | None
    notice_number: str | None
    signatures: list[Signed]
    payments: list[Sent]
    clawed_fen: int
    repaid_fen: int


def trace_claims(session: Session, voucher_id: int) -> list[TracedClaim]:
    """Return the claims of a voucher, the first filed first, each down to the bank's answer."""
    rows = session.execute(
        select(Claim, Institution.name, SettlementBatch, Notice)
        .join(Institution, Institution.id == Claim.institution_id)
        .join(SettlementBatch, SettlementBatch.id == Claim.batch_id)
        .outerjoin(Notice, (Notice.batch_id == Claim.batch_id) & (Notice.state != "withdrawn"))
        .where(Claim.voucher_id == voucher_id)
        .order_by(Claim.id)
    ).all()
    signed, sent = _list_signed(session, voucher_id), _list_sent(session, voucher_id)
    clawed: dict[int, tuple[int, int]] = {}
    for each in session.scalars(
        select(Clawback)
        .join(Claim, Claim.id == Clawback.claim_id)
        .where(Claim.voucher_id == voucher_id, Clawback.state != "waived")
    ):
        clawed[each.claim_id] = (each.amount_fen, each.recovered_fen)
    return [
        TracedClaim(
            claim=claim,
            payee_name=name,
            batch_number=batch.number,
            notice_id=notice.id if notice is not None else None,
            notice_number=notice.number if notice is not None else None,
            signatures=signed.get(claim.id, []),
            payments=sent.get(claim.id, []),
            clawed_fen=clawed.get(claim.id, (0, 0))[0],
            repaid_fen=clawed.get(claim.id, (0, 0))[1],
        )
        for claim, name, batch, notice in rows
    ]


def _list_signed(session: Session, voucher_id: int) -> dict[int, list[Signed]]:
    found: dict[int, list[Signed]] = {}
    for each in session.scalars(
        select(Signature)
        .join(Claim, Claim.id == Signature.claim_id)
        .where(Claim.voucher_id == voucher_id)
        .order_by(Signature.id)
    ):
        told = Signed(
            STEP_NAMES[Step(each.step)], each.decision, each.opinion, each.signer_person_id, each.signed_at
        )
        found.setdefault(each.claim_id, []).append(told)
    return found


def _list_sent(session: Session, voucher_id: int) -> dict[int, list[Sent]]:
    found: dict[int, list[Sent]] = {}
    rows = session.execute(
        select(Payment, PaymentFile, PaymentLine, PayeeAccount, BankResult)
        .join(Claim, Claim.id == Payment.claim_id)
        .join(PaymentFile, PaymentFile.id == Payment.payment_file_id)
        .join(PaymentLine, PaymentLine.id == Payment.payment_line_id)
        .join(PayeeAccount, PayeeAccount.id == PaymentLine.payee_account_id)
        .outerjoin(BankResult, BankResult.payment_line_id == PaymentLine.id)
        .where(Claim.voucher_id == voucher_id)
        .order_by(Payment.id)
    )
    answer: BankResult | None
    for payment, file, line, account, answer in rows:
        hands = (
            ("制单", file.maker_person_id, file.made_at),
            ("复核", file.checker_person_id, file.checked_at),
            ("签发", file.releaser_person_id, file.released_at),
        )
        told = Sent(
            payment_id=payment.id,
            file_id=file.id,
            file_number=file.number,
            reference=line.reference,
            account_masked=account.account_masked,
            computed_fen=payment.computed_fen,
            offset_fen=payment.offset_fen,
            amount_fen=payment.amount_fen,
            state=payment.state,
            hands=hands,
            bank_outcome=answer.outcome if answer is not None else None,
            bank_words=answer.bank_words if answer is not None else None,
            answered_at=answer.received_at if answer is not None else None,
        )
        found.setdefault(payment.claim_id, []).append(told)
    return found

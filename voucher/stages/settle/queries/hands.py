"""Who had a hand in money (经办签字): what somebody granted, decided, paid, took in or claimed back.

Only for people who ever were staff: the tables are read whole, not by an index.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, literal, select, union_all
from sqlalchemy.orm import Session

from voucher.ledger.month_closes import MonthClose
from voucher.ledger.postings import TREASURY, Account, Transfer
from voucher.ledger.reinstatements import Reinstatement
from voucher.ledger.year_ends import YearEnd
from voucher.registry.institutions import PayeeAccount
from voucher.stages.certify.queries.higher import HIGHER_HANDS
from voucher.stages.issue.queries.persons import DECIDERS
from voucher.stages.settle.models.banking import PaymentDownload, QuarantineSettlement
from voucher.stages.settle.models.claims import Claim, ClaimHand, Clearing, Signature
from voucher.stages.settle.models.class_clawbacks import ClassClawback
from voucher.stages.settle.models.credits import BankCredit
from voucher.stages.settle.models.denials import Denial
from voucher.stages.settle.models.notices import Notice, Objection
from voucher.stages.settle.models.offsets import OffsetStay
from voucher.stages.settle.models.payments import BankResult, Clawback, PaymentFile, Repayment

# the column that names the hand, and the one that says when
HANDS = (
    *DECIDERS,
    *HIGHER_HANDS,
    (PaymentFile.maker_person_id, PaymentFile.made_at),
    (PaymentFile.checker_person_id, PaymentFile.checked_at),
    (PaymentFile.releaser_person_id, PaymentFile.released_at),
    (PaymentDownload.opened_by_person_id, PaymentDownload.opened_at),
    (PaymentDownload.downloaded_by_person_id, PaymentDownload.downloaded_at),
    (QuarantineSettlement.explained_by_person_id, QuarantineSettlement.explained_at),
    (QuarantineSettlement.settled_by_person_id, QuarantineSettlement.settled_at),
    (BankResult.received_by_person_id, BankResult.received_at),
    (Clawback.opened_by_person_id, Clawback.opened_at),
    (Repayment.received_by_person_id, Repayment.received_at),
    (PayeeAccount.proposed_by_person_id, PayeeAccount.proposed_at),
    (PayeeAccount.agreed_by_person_id, PayeeAccount.agreed_at),
    (PayeeAccount.confirmed_by_person_id, PayeeAccount.confirmed_at),
    (Clearing.proposed_by_person_id, Clearing.proposed_at),
    (Clearing.confirmed_by_person_id, Clearing.confirmed_at),
    (Notice.posted_by_person_id, Notice.posted_at),
    (Objection.decided_by_person_id, Objection.decided_at),
    (Denial.answered_by_person_id, Denial.answered_at),
    (Denial.confirmed_by_person_id, Denial.confirmed_at),
    (Reinstatement.asked_by_person_id, Reinstatement.asked_at),
    (Reinstatement.decided_by_person_id, Reinstatement.decided_at),
    (BankCredit.proposed_by_person_id, BankCredit.proposed_at),
    (BankCredit.decided_by_person_id, BankCredit.decided_at),
    (OffsetStay.asked_by_person_id, OffsetStay.asked_at),
    (OffsetStay.agreed_by_person_id, OffsetStay.agreed_at),
    (ClassClawback.asked_by_person_id, ClassClawback.asked_at),
    (ClassClawback.decided_by_person_id, ClassClawback.decided_at),
    (MonthClose.asked_by_person_id, MonthClose.asked_at),
    (MonthClose.closed_by_person_id, MonthClose.closed_at),
    (YearEnd.asked_by_person_id, YearEnd.asked_at),
    (YearEnd.done_by_person_id, YearEnd.done_at),
    (YearEnd.dropped_by_person_id, YearEnd.dropped_at),
)


@dataclass(frozen=True, slots=True)
class HandsHeld:
    """How often somebody had a hand in money, and when last."""

    count: int
    last_at: datetime | None


def read_hands_held(session: Session, person_id: int) -> HandsHeld:
    """Return the hands a person had in money; each claim counts once, by its filing or its last signature."""
    signed = select(func.max(Signature.signed_at)).where(
        Signature.claim_id == ClaimHand.claim_id, Signature.signer_person_id == ClaimHand.person_id
    )
    claims = (
        select(literal(1).label("one"), func.coalesce(signed.scalar_subquery(), Claim.filed_at).label("at"))
        .select_from(ClaimHand)
        .join(Claim, Claim.id == ClaimHand.claim_id)
        .where(ClaimHand.person_id == person_id)
    )
    others = [select(literal(1).label("one"), at.label("at")).where(who == person_id) for who, at in HANDS]
    grants = (
        select(literal(1).label("one"), Transfer.at.label("at"))
        .join(Account, Account.id == Transfer.from_account_id)
        .where(Account.role == TREASURY, Transfer.actor_person_id == person_id)
    )
    every = union_all(claims, grants, *others).subquery()
    count, last_at = session.execute(select(func.count(), func.max(every.c.at))).one()
    return HandsHeld(count, last_at)

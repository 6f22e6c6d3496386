"""Settlement as a payee's own people follow it: what may be claimed, what became of it, what was paid."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from voucher.ledger.commitments import Commitment
from voucher.ledger.holds import select_held
from voucher.ledger.states import StateEvent
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.secrets import Keyring
from voucher.registry.card_numbers import open_numbers
from voucher.registry.institutions import PayeeAccount
from voucher.registry.people import read_people
from voucher.rules.card_numbers import mask_number
from voucher.rules.lifecycle import Thing
from voucher.rules.privacy import mask_name
from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.certify.queries import find_certificates, find_proofs
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import BankResult, PaymentFile, PaymentLine
from voucher.stages.settle.queries.reach import Payees
from voucher.stages.train.queries import TrainingClass, classes_of
from voucher.stages.train.queries.trained import select_vouchers_trained_by

WAITING = "waiting"  # for the bank's word


@dataclass(frozen=True, slots=True)
class Claimable:
    """A certified voucher whose training subsidy nobody has claimed, and what was promised for it."""

    voucher_id: int
    voucher_number: str
    masked_name: str
    found: TrainingClass
    certificate_number: str | None
    amount_fen: int
    explanation: str
    on_hold: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """How many claims of a payee are in one state, and what they come to."""

    state: str
    count: int
    amount_fen: int


@dataclass(frozen=True, slots=True)
class Paid:
    """One row of a released payment file that pays a payee, and what the bank said."""

    line_id: int
    file_number: str
    reference: str
    amount_fen: int
    offset_fen: int
    released_at: datetime | None
    bank_name: str
    account_masked: str
    outcome: str | None
    bank_words: str | None
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Said:
    """The newest thing that happened to a claim: when, and with what words."""

    at: datetime
    words: str | None


def list_claimable(
    session: Session,
    keyring: Keyring,
    payees: Payees,
    *,
    after_id: int = 0,
    limit: int = 100,
    chosen: Collection[int] = (),
) -> list[Claimable]:
    """Return the vouchers trained by these institutions that may be claimed for, in their order.

    What was chosen before stands first in the list, however long it is.
    """
    first = [Voucher.id.in_(sorted(chosen)).desc()] if chosen else []
    rows = session.execute(
        select(Voucher, Commitment)
        .join(Commitment, Commitment.voucher_id == Voucher.id)
        .where(
            Voucher.id.in_(select_vouchers_trained_by(payees)),
            Voucher.id > after_id,
            Voucher.state == "certified",
            Commitment.kind == str(SubsidyKind.TRAINING),
            Commitment.ended_at.is_(None),
            Voucher.id.not_in(_claimed(SubsidyKind.TRAINING)),
        )
        .order_by(*first, Voucher.id)
        .limit(max(limit, len(chosen)))
    ).all()
    ids = [voucher.id for voucher, _ in rows]
    classes, proofs = classes_of(session, ids), find_proofs(session, ids)
    certificates = find_certificates(session, [each.certificate_id for each in proofs.values()])
    numbers = {each.id: (each.person_id, each.number) for each in certificates.values()}
    whole = open_numbers(session, keyring, numbers.values())
    shown = {key: mask_number(whole[card]) for key, card in numbers.items()}
    named = read_people(session, keyring, [voucher.holder_person_id for voucher, _ in rows])
    held = set(session.scalars(select_held(Thing.VOUCHER)))
    found = []
    for voucher, commitment in rows:
        who, proof = named.get(voucher.holder_person_id), proofs.get(voucher.id)
        found.append(
            Claimable(
                voucher_id=voucher.id,
                voucher_number=voucher.number,
                masked_name=mask_name(who.name) if who else "",
                found=classes[voucher.id],
                certificate_number=shown.get(proof.certificate_id) if proof else None,
                amount_fen=commitment.amount_fen,
                explanation=commitment.explanation,
                on_hold=voucher.id in held,
            )
        )
    return found


def _claimed(kind: SubsidyKind) -> Select[int | None]:
    """Return the query for the vouchers with a claim that has not come to nothing."""
    return select(Claim.voucher_id).where(
        Claim.kind == str(kind), Claim.voucher_id.is_not(None), Claim.state.not_in(("rejected", "withdrawn"))
    )


def count_claims(session: Session, payees: Payees) -> list[Standing]:
    """Return the claims of these payees by state."""
    rows = session.execute(
        select(Claim.state, func.count(), func.sum(Claim.amount_fen))
        .where(Claim.institution_id.in_(sorted(payees)))
        .group_by(Claim.state)
    )
    return [Standing(state, count, int(amount_fen or 0)) for state, count, amount_fen in rows]


def newest_words(session: Session, claim_ids: Collection[int]) -> Mapping[int, Said]:
    """Return what happened last to each claim."""
    newest = (
        select(StateEvent.object_id, func.max(StateEvent.seq).label("seq"))
        .where(StateEvent.thing == str(Thing.CLAIM), StateEvent.object_id.in_(sorted(claim_ids)))
        .group_by(StateEvent.object_id)
        .subquery()
    )
    rows = session.scalars(
        select(StateEvent)
        .join(newest, (newest.c.object_id == StateEvent.object_id) & (newest.c.seq == StateEvent.seq))
        .where(StateEvent.thing == str(Thing.CLAIM))
    )
    return {each.object_id: Said(each.at, each.reason) for each in rows}


def list_paid(
    session: Session,
    payees: Payees,
    *,
    outcome: str | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[Paid]:
    """Return what was sent to the bank for these payees, the newest first, accounts masked.

    `outcome` is what the bank said, or `waiting` where a payment waits for its word.
    """
    wanted: list[ColumnElement[bool]] = [
        PaymentLine.institution_id.in_(sorted(payees)),
        PaymentFile.released_at.is_not(None),
    ]
    if outcome == WAITING:
        wanted += [BankResult.id.is_(None), PaymentLine.amount_fen > 0]
    elif outcome is not None:
        wanted.append(BankResult.outcome == outcome)
    if before_id is not None:
        wanted.append(PaymentLine.id < before_id)
    rows: Iterable[tuple[PaymentFile, PaymentLine, PayeeAccount, BankResult | None]] = session.execute(
        select(PaymentFile, PaymentLine, PayeeAccount, BankResult)
        .join(PaymentLine, PaymentLine.payment_file_id == PaymentFile.id)
        .join(PayeeAccount, PayeeAccount.id == PaymentLine.payee_account_id)
        .outerjoin(BankResult, BankResult.payment_line_id == PaymentLine.id)
        .where(*wanted)
        .order_by(PaymentLine.id.desc())
        .limit(limit)
    )
    return [
        Paid(
            line_id=line.id,
            file_number=file.number,
            reference=line.reference,
            amount_fen=line.amount_fen,
            offset_fen=line.offset_fen,
            released_at=file.released_at,
            bank_name=account.bank_name,
            account_masked=account.account_masked,
            outcome=result.outcome if result is not None else None,
            bank_words=result.bank_words if result is not None else None,
            answered_at=result.received_at if result is not None else None,
        )
        for file, line, account, result in rows
    ]

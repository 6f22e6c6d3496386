"""Where one's own subsidies are, what was said of them, and what the office still owes an answer to."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.secrets import Keyring
from voucher.registry.catalogue import name_trades
from voucher.registry.institutions import Institution
from voucher.registry.phones import read_keys
from voucher.rules.bonuses import name_claim_kind
from voucher.rules.levels import Level, name_level
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.denials import DENIAL_ANSWER, DENIAL_SAID, Denial
from voucher.stages.settle.models.payments import BankResult, Payment, PaymentFile
from voucher.stages.settle.queries.claim_paces import Pace, list_claim_paces


@dataclass(frozen=True, slots=True)
class Words:
    """What a person said and what was answered; None where nothing was, or nobody may read it any more."""

    said: str | None = None
    answer: str | None = None


def read_words(session: Session, keyring: Keyring, case: Denial) -> Words:
    """Return the words of a case, unsealed."""
    key = read_keys(session, keyring, [case.person_id]).get(case.person_id)
    if key is None:
        return Words()
    sealed = ((case.said_sealed, DENIAL_SAID), (case.answer_sealed, DENIAL_ANSWER))
    return Words(*(keyring.unseal(key, context, each) if each else None for each, context in sealed))


@dataclass(frozen=True, slots=True)
class OwnSubsidy:
    """One claim in a person's name: for what, to whom, where it is, until when, and what was said of it.

    `paid_at` is when the bank confirmed it.
    """

    claim: Claim
    kind_name: str
    trade_name: str
    level_name: str
    payee_name: str
    voucher_number: str | None
    pace: Pace | None
    paid_at: datetime | None
    denial: Denial | None
    words: Words = field(default_factory=Words)


def page_own_subsidies(
    session: Session,
    keyring: Keyring,
    person_id: int,
    today: date,
    *,
    before_id: int | None = None,
    limit: int = 20,
) -> list[OwnSubsidy]:
    """Return the claims made in a person's name, the newest first, whoever filed them and whoever is paid."""
    query = select(Claim).where(Claim.person_id == person_id)
    if before_id is not None:
        query = query.where(Claim.id < before_id)
    claims = session.scalars(query.order_by(Claim.id.desc()).limit(limit)).all()
    ids = [each.id for each in claims]
    payees = _names(session, {each.institution_id for each in claims})
    trades = name_trades(session, sorted({each.trade_code for each in claims}))
    vouchers = {
        each.id: each.number
        for each in session.scalars(select(Voucher).where(Voucher.id.in_([c.voucher_id for c in claims])))
    }
    paces = list_claim_paces(session, claims, today)
    paid: dict[int, datetime] = dict(
        session.execute(
            select(Payment.claim_id, func.max(BankResult.received_at))
            .join(BankResult, BankResult.payment_line_id == Payment.payment_line_id)
            .where(Payment.claim_id.in_(ids), Payment.state == "succeeded")
            .group_by(Payment.claim_id)
        ).all()
    )
    denials = {
        each.claim_id: each
        for each in session.scalars(select(Denial).where(Denial.claim_id.in_(ids)).order_by(Denial.id))
    }
    words = {each.claim_id: read_words(session, keyring, each) for each in denials.values()}
    return [
        OwnSubsidy(
            claim=each,
            kind_name=name_claim_kind(each.kind),
            trade_name=trades.get(each.trade_code, ""),
            level_name=name_level(Level(each.level)) if each.level else "",
            payee_name=payees.get(each.institution_id, ""),
            voucher_number=vouchers.get(each.voucher_id or 0),
            pace=paces.get(each.id),
            paid_at=paid.get(each.id),
            denial=denials.get(each.id),
            words=words.get(each.id, Words()),
        )
        for each in claims
    ]


@dataclass(frozen=True, slots=True)
class DenialView:
    """A case with its claim, its payee, and the payment file the claim stands in, if it does."""

    denial: Denial
    claim: Claim
    payee_name: str
    file_number: str | None
    file_state: str | None


def page_denials(
    session: Session,
    regions: Collection[str],
    *,
    standing: bool | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> list[DenialView]:
    """Return the cases of these regions, the newest first; only those still open, or only those closed."""
    query = _within(regions)
    if standing is not None:
        query = query.where(Denial.confirmed_at.is_(None) if standing else Denial.confirmed_at.is_not(None))
    if before_id is not None:
        query = query.where(Denial.id < before_id)
    return _tell(session, list(session.scalars(query.order_by(Denial.id.desc()).limit(limit))))


def find_denial(session: Session, denial_id: int, regions: Collection[str]) -> DenialView | None:
    """Return a case of these regions, or none."""
    found = session.scalars(_within(regions).where(Denial.id == denial_id)).first()
    return _tell(session, [found])[0] if found is not None else None


def count_denials(session: Session, regions: Collection[str]) -> tuple[int, datetime | None]:
    """Return how many cases of these regions are open, and since when the oldest is."""
    standing = _within(regions).where(Denial.confirmed_at.is_(None)).subquery()
    count, oldest = session.execute(select(func.count(), func.min(standing.c.opened_at))).one()
    return count, oldest


def _within(regions: Collection[str]) -> Select[Denial]:
    return select(Denial).join(Claim, Claim.id == Denial.claim_id).where(
        Claim.region_code.in_(sorted(regions))
    )  # fmt: skip


def _tell(session: Session, found: list[Denial]) -> list[DenialView]:
    ids = [each.claim_id for each in found]
    claims = {each.id: each for each in session.scalars(select(Claim).where(Claim.id.in_(ids)))}
    payees = _names(session, {each.institution_id for each in claims.values()})
    files: dict[int, tuple[str, str]] = {
        claim_id: (number, state)
        for claim_id, number, state in session.execute(
            select(Payment.claim_id, PaymentFile.number, PaymentFile.state)
            .join(PaymentFile, PaymentFile.id == Payment.payment_file_id)
            .where(Payment.claim_id.in_(ids), Payment.state != "voided")
            .order_by(Payment.id)
        )
    }
    return [
        DenialView(
            each,
            claims[each.claim_id],
            payees.get(claims[each.claim_id].institution_id, ""),
            *files.get(each.claim_id, (None, None)),
        )
        for each in found
    ]


def _names(session: Session, ids: Collection[int]) -> dict[int, str]:
    return dict(
        session.execute(select(Institution.id, Institution.name).where(Institution.id.in_(ids))).all()
    )

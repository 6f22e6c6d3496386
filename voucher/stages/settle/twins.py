"""One payment told twice, by the bank and by hand: found by its sum and by who pays, in either order."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from voucher.registry.accounts import find_accounts_in_use
from voucher.registry.institutions import Institution, PayeeAccount
from voucher.stages.settle.models.credits import BY_HAND, SET_ASIDE, BankCredit
from voucher.stages.settle.models.payments import Clawback
from voucher.stages.settle.offset_plans import letter_number


class Told(Protocol):
    """What the bank tells of a credit, in a file or taken in; in fen."""

    @property
    def payer_name(self) -> str:
        """Return who paid, as the bank wrote it."""

    @property
    def remark(self) -> str:
        """Return what the payer said it is for."""

    @property
    def amount_fen(self) -> int:
        """Return how much came in."""


@dataclass(frozen=True, slots=True)
class ByHand:
    """Money registered by hand: a line of the bank may tell it once more; in fen."""

    credit_id: int
    clawback_id: int
    letter_number: str
    names: frozenset[str]
    amount_fen: int
    reference: str


def list_by_hand(session: Session, region_code: str, amount_fen: int | None = None) -> list[ByHand]:
    """Return what was registered by hand in a region and not set aside since, of one sum where asked."""
    query = (
        select(BankCredit, Clawback, Institution)
        .join(Clawback, Clawback.id == BankCredit.clawback_id)
        .join(Institution, Institution.id == Clawback.institution_id)
        .where(BankCredit.region_code == region_code, BankCredit.line == BY_HAND, _stands())
        .order_by(BankCredit.id)
    )
    if amount_fen is not None:
        query = query.where(BankCredit.amount_fen == amount_fen)
    rows = session.execute(query).all()
    accounts = find_accounts_in_use(session, sorted({payee.id for _, _, payee in rows}))
    return [
        ByHand(
            credit.id,
            clawback.id,
            letter_number(clawback, region_code),
            names_of(payee, accounts),
            credit.amount_fen,
            credit.bank_reference or "",
        )
        for credit, clawback, payee in rows
    ]


def find_twin(
    told: Told, clawback_id: int | None, by_hand: Sequence[ByHand], payers: Collection[str] = ()
) -> ByHand | None:
    """Return what was registered by hand and may be this money: as much, of the same receivable or payer.

    A receivable that was met by it is closed by now, and the same money would be taken for another one's.
    `payers` are more names it may have been paid under.
    """
    names = {_plain(told.payer_name), *payers}
    return next(
        (
            each
            for each in by_hand
            if each.amount_fen == told.amount_fen
            and (each.clawback_id == clawback_id or names & each.names or each.letter_number in told.remark)
        ),
        None,
    )


def find_told_by_bank(
    session: Session, clawback: Clawback, region_code: str, amount_fen: int
) -> BankCredit | None:
    """Return a line of the bank that may be what is now registered by hand on a receivable, in fen.

    It stands, decided or not, with the same sum: under a name of the payee, with its letter, or on another
    receivable of the same payee.
    """
    payee = session.get_one(Institution, clawback.institution_id)
    names = names_of(payee, find_accounts_in_use(session, [payee.id]))
    letter = letter_number(clawback, region_code)
    rows = session.execute(
        select(BankCredit, Clawback.institution_id)
        .outerjoin(Clawback, Clawback.id == BankCredit.clawback_id)
        .where(
            BankCredit.region_code == region_code,
            BankCredit.amount_fen == amount_fen,
            BankCredit.line != BY_HAND,
            _stands(),
        )
        .order_by(BankCredit.id.desc())
    )
    return next(
        (
            credit
            for credit, payee_id in rows
            if payee_id == payee.id or _plain(credit.payer_name) in names or letter in credit.remark
        ),
        None,
    )


def names_of(payee: Institution, accounts: Mapping[int, PayeeAccount]) -> frozenset[str]:
    """Return the names under which a payee may pay back."""
    account = accounts.get(payee.id)
    return frozenset({payee.name} | ({account.holder_name} if account is not None else set()))


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip()


def _stands() -> ColumnElement[bool]:
    return func.coalesce(BankCredit.decision, "") != SET_ASIDE

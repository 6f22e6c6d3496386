"""For the pages of payment files: the pre-check of a budget, who was handed a file, what was set aside."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from voucher.ledger import holds
from voucher.ledger.budget import Budget
from voucher.ledger.year_ends import select_family
from voucher.registry.bank_templates import BankTemplate, layout_of
from voucher.registry.standards import get_value_at
from voucher.rules.competitions import Doubt
from voucher.rules.lifecycle import Thing
from voucher.stages.certify import queries as certificates
from voucher.stages.settle import offsetting
from voucher.stages.settle.entered import find_doubts
from voucher.stages.settle.models.banking import PaymentDownload, PaymentLayout, QuarantineSettlement
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import LIVE_PAYMENT, BankQuarantine, Payment, PaymentFile
from voucher.stages.settle.payment_content import choose_template
from voucher.stages.settle.payment_precheck import (
    PayeeLook,
    add_up_dues,
    look_at_payees,
    select_stopped,
)
from voucher.stages.settle.queries.payments import get_budget


@dataclass(frozen=True, slots=True)
class PreCheck:
    """What a budget would pay now: layout, payees, claims held back, claims whose certificate has fallen.

    `taken_back` are the claims whose place or honour has been taken back.
    """

    budget: Budget
    template: BankTemplate
    looks: list[PayeeLook]
    held: int
    fallen: list[str]
    taken_back: list[str]

    @property
    def claims(self) -> int:
        """Return how many claims would be paid."""
        return sum(each.due.claims for each in self.looks)

    @property
    def amount_fen(self) -> int:
        """Return what the bank would pay in fen."""
        return sum(each.due.amount_fen for each in self.looks)

    @property
    def offset_fen(self) -> int:
        """Return what receivables would be met by instead, in fen."""
        return sum(each.due.offset_fen for each in self.looks)

    @property
    def stopping(self) -> int:
        """Return how many payees would have the file refused; those stopped only stay behind."""
        return sum(1 for each in self.looks if each.faults)


@dataclass(frozen=True, slots=True)
class SetAside:
    """A quarantined line with the number of its file and how it was settled, if it was."""

    line: BankQuarantine
    payment_file_number: str
    settlement: QuarantineSettlement | None


def precheck(
    session: Session, budget_id: int, regions: Collection[str], on: date, template_code: str | None
) -> PreCheck:
    """Return what would be in a file of a budget of these regions, and why not.

    Raises Refused budget_missing, bank_template_missing, parameter_missing.
    """
    budget = get_budget(session, budget_id, regions)
    template = choose_template(session, on, budget.region_code, template_code)
    layout = layout_of(template, get_value_at(session, "bank_file_encoding", on, "*") or "gbk")
    waiting = (
        Claim.budget_id.in_(select_family(budget_id)),
        Claim.state == "approved",
        Claim.id.not_in(select(Payment.claim_id).where(LIVE_PAYMENT)),
    )
    free = (*waiting, Claim.id.not_in(holds.select_held(Thing.CLAIM)))
    every = session.scalars(select(Claim).where(*free).order_by(Claim.id)).all()
    doubts = find_doubts(session, every)
    # what somebody asks to take back waits, as what is on hold does
    claims = [each for each in every if doubts.get(each.id) is not Doubt.CONTESTED]
    # those stopped stay behind, and so do their debts
    stopped = set(session.scalars(select_stopped()))
    paid = [each for each in claims if each.institution_id not in stopped]
    less = offsetting.sum_by_claim(offsetting.plan(session, budget, paid, on))
    standing = certificates.list_verified_certificates(
        session, [each.certificate_id for each in claims if each.certificate_id is not None]
    )
    return PreCheck(
        budget,
        template,
        look_at_payees(session, on, add_up_dues(claims, less), layout),
        held=(session.scalar(select(func.count()).where(*waiting)) or 0) - len(claims),
        fallen=[
            each.number
            for each in claims
            if each.certificate_id is not None and each.certificate_id not in standing
        ],
        taken_back=[each.number for each in claims if each.id in doubts],
    )


def list_downloads(session: Session, payment_file_id: int) -> list[PaymentDownload]:
    """Return every handing out of a file, also one that is opened and not taken yet, in order."""
    return list(
        session.scalars(
            select(PaymentDownload)
            .where(PaymentDownload.payment_file_id == payment_file_id)
            .order_by(PaymentDownload.turn)
        )
    )


def find_template_of(session: Session, payment_file_id: int) -> BankTemplate | None:
    """Return the layout a file is written in; None for one made before there was a choice."""
    return session.scalars(
        select(BankTemplate)
        .join(PaymentLayout, PaymentLayout.bank_template_id == BankTemplate.id)
        .where(PaymentLayout.payment_file_id == payment_file_id)
    ).first()


def list_set_aside(
    session: Session,
    regions: Collection[str],
    *,
    payment_file_id: int | None = None,
    settled: bool | None = None,
    after_id: int | None = None,
    limit: int = 200,
) -> list[SetAside]:
    """Return quarantined lines of these regions, or of one file, settled or not, the oldest first."""
    query = (
        _set_aside(select(BankQuarantine, PaymentFile.number, QuarantineSettlement), regions)
        .order_by(BankQuarantine.id)
        .limit(limit)
    )
    if payment_file_id is not None:
        query = query.where(BankQuarantine.payment_file_id == payment_file_id)
    if settled is not None:
        at = QuarantineSettlement.settled_at
        query = query.where(at.is_not(None) if settled else at.is_(None))
    if after_id is not None:
        query = query.where(BankQuarantine.id > after_id)
    return [SetAside(*row) for row in session.execute(query)]


def count_set_aside(
    session: Session, regions: Collection[str], *, payment_file_id: int | None = None
) -> tuple[int, int]:
    """Return how many lines of these regions, or of one file, were set aside, and how many nobody settled."""
    counts = select(func.count(), func.count(case((QuarantineSettlement.settled_at.is_(None), 1))))
    query = _set_aside(counts.select_from(BankQuarantine), regions)
    if payment_file_id is not None:
        query = query.where(BankQuarantine.payment_file_id == payment_file_id)
    every, still_open = session.execute(query).one()
    return int(every), int(still_open)


def _set_aside(query: Select[*tuple[Any, ...]], regions: Collection[str]) -> Select[*tuple[Any, ...]]:
    return (
        query.join(PaymentFile, PaymentFile.id == BankQuarantine.payment_file_id)
        .join(Budget, Budget.id == PaymentFile.budget_id)
        .outerjoin(QuarantineSettlement, QuarantineSettlement.bank_quarantine_id == BankQuarantine.id)
        .where(Budget.region_code.in_(sorted(regions)))
    )

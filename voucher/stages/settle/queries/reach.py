"""Whose money it is: the office looks by region, a payee's own staff by institution, and at nothing else."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, select

from voucher.rules.vocabulary import SubsidyKind
from voucher.stages.certify.queries import select_certificates_for, select_certificates_of
from voucher.stages.settle.models.bonuses import BonusBasis
from voucher.stages.settle.models.claims import Claim, SettlementBatch, SettlementLine
from voucher.stages.train.queries.trained import select_vouchers_trained_by

Payees = Collection[int]


def claims_within(regions: Collection[str], payees: Payees) -> ColumnElement[bool]:
    """Return the condition for the claims of these regions and those paid to these institutions."""
    here = Claim.region_code.in_(sorted(regions))
    return here | Claim.institution_id.in_(sorted(payees)) if payees else here


def lines_of(payees: Payees) -> ColumnElement[bool]:
    """Return the condition for the lines of these payees, beside their claims where there are any.

    A line that was refused has no claim: it belongs to whoever issued its certificate where evaluations
    are paid, to whoever trained where trainings are, and to whoever asked where it is a bonus.
    """
    evaluated = _of_kind(SubsidyKind.EVALUATION) & SettlementLine.certificate_id.in_(
        select_certificates_of(payees)
    )
    trained = _of_kind(SubsidyKind.TRAINING) & SettlementLine.certificate_id.in_(
        select_certificates_for(select_vouchers_trained_by(payees))
    )
    bonuses = SettlementLine.basis_id.in_(
        select(BonusBasis.id).where(BonusBasis.institution_id.in_(sorted(payees)))
    )
    claims = select(Claim.id).where(Claim.institution_id.in_(sorted(payees)))
    refused = evaluated | trained | bonuses
    return SettlementLine.claim_id.in_(claims) | (SettlementLine.claim_id.is_(None) & refused)


def _of_kind(kind: SubsidyKind) -> ColumnElement[bool]:
    return SettlementLine.batch_id.in_(select(SettlementBatch.id).where(SettlementBatch.kind == str(kind)))


def select_batches_of(payees: Payees) -> Select[int]:
    """Return the query for the ids of every batch with a line of these payees."""
    return select(SettlementLine.batch_id).where(lines_of(payees))

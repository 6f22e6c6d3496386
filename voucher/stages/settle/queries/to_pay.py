"""Whose certificates money is about to be paid on, so that their register can be asked before."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.budget import Budget
from voucher.ledger.year_ends import select_family
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.payments import Payment


def list_certificates_of_budget(session: Session, budget_id: int, regions: Collection[str]) -> list[int]:
    """Return the certificates of what is approved under a budget of these regions."""
    return list(
        session.scalars(
            select(Claim.certificate_id)
            .join(Budget, Budget.id == Claim.budget_id)
            .where(
                Claim.certificate_id.is_not(None),
                Claim.budget_id.in_(select_family(budget_id)),
                Claim.state == "approved",
                Budget.region_code.in_(sorted(regions)),
            )
        )
    )


def list_certificates_of_file(session: Session, file_id: int, regions: Collection[str]) -> list[int]:
    """Return the certificates of the claims in a payment file from a budget of these regions."""
    return list(
        session.scalars(
            select(Claim.certificate_id)
            .join(Payment, Payment.claim_id == Claim.id)
            .join(Budget, Budget.id == Claim.budget_id)
            .where(
                Claim.certificate_id.is_not(None),
                Payment.payment_file_id == file_id,
                Budget.region_code.in_(sorted(regions)),
            )
        )
    )


def list_certificates_to_pay(session: Session) -> list[int]:
    """Return the certificates of everything that is approved and not paid yet."""
    due = select(Claim.certificate_id).where(Claim.state == "approved", Claim.certificate_id.is_not(None))
    return list(session.scalars(due))

"""What statistics ask about certificates: which vouchers have one that stands, which vouchers it concerns."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.stages.certify.models import VoucherProof
from voucher.stages.certify.queries.register import select_proven_vouchers


def find_proven_among(session: Session, voucher_ids: Collection[int]) -> set[int]:
    """Return those of some vouchers whose certificate stands."""
    return set(
        session.scalars(select_proven_vouchers().where(among(session, VoucherProof.voucher_id, voucher_ids)))
    )


def list_vouchers_of_certificates(session: Session, certificate_ids: Collection[int]) -> list[int]:
    """Return the vouchers these certificates prove."""
    return list(
        session.scalars(
            select(VoucherProof.voucher_id).where(
                among(session, VoucherProof.certificate_id, certificate_ids)
            )
        )
    )

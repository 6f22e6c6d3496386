"""An evaluator's own certificates by what the register said last, so that what failed is found again."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import ColumnElement, func, literal, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.types import Flag
from voucher.stages.certify.models import Certificate, Verification


def list_by_verification(
    session: Session,
    institution_ids: Collection[int],
    *,
    verified: bool,
    before_id: int | None = None,
    limit: int = 20,
) -> list[Certificate]:
    """Return the newest certificates whose newest look-up matched, or those nobody could match yet."""
    query = select(Certificate).where(_own(institution_ids, verified=verified))
    if before_id is not None:
        query = query.where(Certificate.id < before_id)
    return list(session.scalars(query.order_by(Certificate.id.desc()).limit(limit)))


def count_unverified(session: Session, institution_ids: Collection[int]) -> int:
    """Return how many unrevoked certificates of these institutions have no match in the register."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Certificate)
            .where(_own(institution_ids, verified=False), Certificate.state != "revoked")
        )
        or 0
    )


def list_waiting(session: Session, named: ColumnElement[bool]) -> list[int]:
    """Return the vouchers of the people whom some certificates name that may wait for a certificate.

    Trained ones too: what another authority examines for is never assessed here.
    """
    holders = select(Certificate.person_id).where(named)
    return list(
        session.scalars(
            select(Voucher.id)
            .where(Voucher.state.in_(("assessed", "trained")), Voucher.holder_person_id.in_(holders))
            .order_by(Voucher.id)
        )
    )


def _own(institution_ids: Collection[int], *, verified: bool) -> ColumnElement[bool]:
    # of each certificate by itself: their houses are few, the look-ups are the province's
    newest = (
        select(Verification.verified)
        .where(Verification.certificate_id == Certificate.id)
        .order_by(Verification.id.desc())
        .limit(1)
        .correlate(Certificate)
        .scalar_subquery()
    )
    own = Certificate.institution_id.in_(sorted(institution_ids))
    matched = func.coalesce(newest, literal(False, Flag())) == literal(True, Flag())
    return own & (matched if verified else ~matched)

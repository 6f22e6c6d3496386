"""How many certificates of a period stand and how many were revoked, per evaluator."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.stages.certify.models import Certificate


def count_standing(
    session: Session, evaluator_ids: Collection[int], first: date, last: date
) -> dict[int, tuple[int, int]]:
    """Return per evaluator how many certificates are dated in a period, and how many of them are revoked."""
    rows = session.execute(
        select(
            Certificate.institution_id,
            func.count(),
            func.sum(case((Certificate.state == "revoked", 1), else_=0)),
        )
        .where(
            among(session, Certificate.institution_id, evaluator_ids),
            Certificate.issued_on >= first,
            Certificate.issued_on <= last,
        )
        .group_by(Certificate.institution_id)
    )
    return {house: (int(count), int(revoked)) for house, count, revoked in rows}

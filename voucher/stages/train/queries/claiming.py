"""What a claim asks of training first: was the voucher redeemed."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.stages.train.models.places import Redemption

LOOKUP_CHUNK = 500


def list_redeemed(session: Session, voucher_ids: Sequence[int]) -> set[int]:
    """Return the vouchers among these whose redemption stands."""
    found: set[int] = set()
    ordered = sorted(set(voucher_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        found.update(
            session.scalars(
                select(Redemption.voucher_id).where(
                    Redemption.voucher_id.in_(ordered[start : start + LOOKUP_CHUNK]),
                    Redemption.reversed_at.is_(None),
                )
            )
        )
    return found

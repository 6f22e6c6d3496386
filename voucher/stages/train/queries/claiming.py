"""What a claim asks of training: was the voucher redeemed, and how did its holder finish."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.stages.train.models.places import Completion, Redemption

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


def find_completions(session: Session, voucher_ids: Sequence[int]) -> dict[int, Completion]:
    """Return the sign-off of each voucher that has one, passed or not."""
    found: dict[int, Completion] = {}
    ordered = sorted(set(voucher_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        rows = session.scalars(
            select(Completion).where(Completion.voucher_id.in_(ordered[start : start + LOOKUP_CHUNK]))
        )
        found.update({row.voucher_id: row for row in rows})
    return found

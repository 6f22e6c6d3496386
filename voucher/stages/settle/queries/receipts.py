"""The receipts payees gave for money that arrived: the number that counts, and those it took the place of."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.bulk import among
from voucher.stages.settle.models.receipts import PaymentReceipt


def find_receipts(session: Session, payment_line_ids: Collection[int]) -> dict[int, PaymentReceipt]:
    """Return the receipt that counts for each of these rows of payment files that has one."""
    written = session.scalars(
        select(PaymentReceipt)
        .where(among(session, PaymentReceipt.payment_line_id, sorted(payment_line_ids)))
        .order_by(PaymentReceipt.payment_line_id, PaymentReceipt.revision)
    )
    return {each.payment_line_id: each for each in written}

"""What the lines of a batch come to: added up when they are written, and never changed, as they are not."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text


class BatchSum(Model):
    """The lines of one payee, outcome and level: how many, how many with a claim, how much in fen.

    `institution_id` is who is paid; of a line without a claim, who would have been. `people` counts each
    person once in a batch, at their first payable line, so that the sums of a batch add up to its people.
    """

    __tablename__ = "batch_sum"
    __table_args__ = (
        CheckConstraint("lines >= claims AND lines >= people AND claims >= 0 AND people >= 0", name="counts"),
        CheckConstraint("outcome = 'payable' OR (amount_fen = 0 AND people = 0)", name="only_payable_adds"),
        CheckConstraint("amount_fen >= 0", name="amount"),
        {"sqlite_strict": True},
    )

    batch_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("settlement_batch.id"), primary_key=True, autoincrement=False
    )
    institution_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("institution.id"), primary_key=True, autoincrement=False
    )
    outcome: Mapped[str] = mapped_column(Text, primary_key=True)
    level: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    lines: Mapped[int] = mapped_column(Int64, nullable=False)
    claims: Mapped[int] = mapped_column(Int64, nullable=False)
    people: Mapped[int] = mapped_column(Int64, nullable=False)
    amount_fen: Mapped[int] = mapped_column(Int64, nullable=False)

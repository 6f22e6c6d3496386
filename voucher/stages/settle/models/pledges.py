"""The promise (告知承诺) a claimant gave with a batch: kept as it was worded, never changed."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text, UtcTime


class ClaimPledge(Model):
    """Who promised what with which batch, and since when these words are in force."""

    __tablename__ = "claim_pledge"
    __table_args__ = (CheckConstraint("length(words) > 0", name="words"), {"sqlite_strict": True})

    batch_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("settlement_batch.id"), primary_key=True, autoincrement=False
    )
    words: Mapped[str] = mapped_column(Text, nullable=False)
    words_since: Mapped[date] = mapped_column(Day, nullable=False)
    given_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    given_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)

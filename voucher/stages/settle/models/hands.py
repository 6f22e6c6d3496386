"""Who signed lines of which batch: what 已审 lists, found without reading every signature of a person."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text


class BatchHand(Model):
    """A step somebody signed on at least one line of a batch while it stood there; append-only by trigger."""

    __tablename__ = "batch_hand"
    __table_args__ = (Index("ix_batch_hand_person", "person_id", "batch_id"), {"sqlite_strict": True})

    batch_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("settlement_batch.id"), primary_key=True, autoincrement=False
    )
    person_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("person.id"), primary_key=True, autoincrement=False
    )
    step: Mapped[str] = mapped_column(Text, primary_key=True)

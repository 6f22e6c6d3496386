"""Claims set out and put aside (申领草稿): which vouchers, by whom, how it ended; nothing is taken by it."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime

STILL_KEPT = text("ended_at IS NULL")


class ClaimDraft(Model):
    """A selection of vouchers of one institution for one subsidy, with a word to colleagues."""

    __tablename__ = "claim_draft"
    __table_args__ = (
        CheckConstraint("kind IN ('training','evaluation')", name="kind"),
        CheckConstraint("length(note) <= 200", name="note"),
        CheckConstraint("ending IN ('submitted','replaced','discarded')", name="ending"),
        CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name="ended_how"),
        CheckConstraint("(ended_at IS NULL) = (ended_by_person_id IS NULL)", name="ended_by"),
        Index("ix_claim_draft_kept", "institution_id", "kind", sqlite_where=STILL_KEPT,
              postgresql_where=STILL_KEPT),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    note: Mapped[str] = mapped_column(Text, nullable=False)
    saved_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    saved_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ending: Mapped[str | None] = mapped_column(Text)
    ended_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))


class ClaimDraftLine(Model):
    """One voucher of a draft."""

    __tablename__ = "claim_draft_line"
    __table_args__ = ({"sqlite_strict": True},)

    draft_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("claim_draft.id"), primary_key=True, autoincrement=False
    )
    voucher_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("voucher.id"), primary_key=True, autoincrement=False
    )

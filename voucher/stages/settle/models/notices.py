"""Public notices (公示) and the objections lodged against a line."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger.states import Stateful, life
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Bytes, Day, Int64, Text, UtcTime
from voucher.rules.lifecycle import Thing


class Notice(Stateful, Model):
    """A batch shown to the public, masked, for a number of working days."""

    __tablename__ = "notice"
    __thing__ = Thing.NOTICE
    __table_args__ = (
        *life(Thing.NOTICE, "notice"),
        CheckConstraint("until_on >= from_on", name="period"),
        Index("uq_notice_batch", "batch_id", unique=True, sqlite_where=text("state <> 'withdrawn'"),
              postgresql_where=text("state <> 'withdrawn'")),
        {"sqlite_strict": True},
    )  # fmt: skip

    number: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    batch_id: Mapped[int] = mapped_column(Int64, ForeignKey("settlement_batch.id"), nullable=False)
    title: Mapped[str] = mapped_column(Text, nullable=False)
    from_on: Mapped[date] = mapped_column(Day, nullable=False)
    until_on: Mapped[date] = mapped_column(Day, nullable=False)
    workdays: Mapped[int] = mapped_column(Int64, nullable=False)
    first_day_counts: Mapped[int] = mapped_column(Int64, nullable=False)
    posted_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    posted_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


class NoticeList(Model):
    """What a notice showed when it was posted: how many lines, how much in fen, the list's SHA-256."""

    __tablename__ = "notice_list"
    __table_args__ = (
        CheckConstraint("line_count >= 0 AND total_fen >= 0", name="sums"),
        CheckConstraint("length(fingerprint) = 64", name="fingerprint"),
        {"sqlite_strict": True},
    )

    notice_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("notice.id"), primary_key=True, autoincrement=False
    )
    line_count: Mapped[int] = mapped_column(Int64, nullable=False)
    total_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    fingerprint: Mapped[str] = mapped_column(Text, nullable=False)
    made_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


class Objection(Stateful, Model):
    """What somebody says against a published line, with a number to follow it by.

    The contact is sealed under a key of the objection's own subject.
    """

    __tablename__ = "objection"
    __thing__ = Thing.OBJECTION
    __table_args__ = (
        *life(Thing.OBJECTION, "objection"),
        Index("ix_objection_notice", "notice_id"),
        Index("ix_objection_claim", "claim_id"),
        {"sqlite_strict": True},
    )

    number: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    notice_id: Mapped[int] = mapped_column(Int64, ForeignKey("notice.id"), nullable=False)
    claim_id: Mapped[int] = mapped_column(Int64, ForeignKey("claim.id"), nullable=False)
    words: Mapped[str] = mapped_column(Text, nullable=False)
    subject_index: Mapped[str] = mapped_column(Text, ForeignKey("subject_key.blind_index"), nullable=False)
    contact_sealed: Mapped[bytes | None] = mapped_column(Bytes)
    lodged_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    decided_by_person_id: Mapped[int | None] = mapped_column(Int64)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    conclusion: Mapped[str | None] = mapped_column(Text)


translate("uq_notice_batch", "notice.batch_id", CHANGED_MEANWHILE)
translate("uq_notice_number", "notice.number", CHANGED_MEANWHILE)
translate("uq_objection_number", "objection.number", CHANGED_MEANWHILE)

"""Tables of outside facts: which system is asked, its lists, every call and answer, what is still to ask."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Flag, Int64, Text, UtcTime

WAYS = "way IN ('embedded','http')"
OPEN = text("done_at IS NULL")


class OutsideSystem(Model):
    """Which system answers for one kind of fact between two days; embedded means lists kept in this house."""

    __tablename__ = "outside_system"
    __table_args__ = (
        CheckConstraint(WAYS, name="way"),
        CheckConstraint("(way = 'http') = (address IS NOT NULL)", name="address"),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        UniqueConstraint("kind", "since"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    way: Mapped[str] = mapped_column(Text, nullable=False)
    address: Mapped[str | None] = mapped_column(Text)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    connected_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    connected_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


translate("uq_outside_system_kind_since", "outside_system.kind, outside_system.since", CHANGED_MEANWHILE)


class OutsideRecord(Model):
    """One line of an imported list: a person by blind index, and what the list says of them."""

    __tablename__ = "outside_record"
    __table_args__ = (
        Index("ix_outside_record_person", "kind", "blind_index"),
        CheckConstraint("amount IS NULL OR amount >= 0", name="amount"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    blind_index: Mapped[str] = mapped_column(Text, nullable=False)
    name_index: Mapped[str] = mapped_column(Text, nullable=False)
    held: Mapped[bool] = mapped_column(Flag, nullable=False)
    since: Mapped[date | None] = mapped_column(Day)
    until: Mapped[date | None] = mapped_column(Day)
    amount: Mapped[int | None] = mapped_column(Int64)
    trade_code: Mapped[str | None] = mapped_column(Text)
    level: Mapped[int | None] = mapped_column(Int64)
    number: Mapped[str | None] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text, nullable=False)
    listed_on: Mapped[date] = mapped_column(Day, nullable=False)
    imported_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


class OutsideCall(Model):
    """One question put to a system about a person, and what came of it; append only, no name in it."""

    __tablename__ = "outside_call"
    __table_args__ = (
        CheckConstraint(WAYS, name="way"),
        CheckConstraint(
            "outcome IN ('answered','unknown','unreachable','refused','malformed','resting')", name="outcome"
        ),
        Index("ix_outside_call_person", "person_id", "kind"),
        Index("ix_outside_call_region", "region_code", "id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    system: Mapped[str] = mapped_column(Text, nullable=False)
    way: Mapped[str] = mapped_column(Text, nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    region_code: Mapped[str | None] = mapped_column(Text, ForeignKey("region.code"))
    asked_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    milliseconds: Mapped[int] = mapped_column(Int64, nullable=False)
    outcome: Mapped[str] = mapped_column(Text, nullable=False)
    detail: Mapped[str | None] = mapped_column(Text)


class OutsideAnswer(Model):
    """One fact of a person as a system said it, or as an officer verified it by hand; the newest counts.

    `as_of` is the day it is true of: that of the call, or that of the list it was read from.
    """

    __tablename__ = "outside_answer"
    __table_args__ = (
        CheckConstraint("(call_id IS NULL) = (verified_by_person_id IS NOT NULL)", name="by_call_or_hand"),
        CheckConstraint("(verified_by_person_id IS NULL) = (evidence IS NULL)", name="evidence"),
        CheckConstraint("amount IS NULL OR amount >= 0", name="amount"),
        Index("ix_outside_answer_person", "person_id", "kind", "id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    held: Mapped[bool] = mapped_column(Flag, nullable=False)
    since: Mapped[date | None] = mapped_column(Day)
    until: Mapped[date | None] = mapped_column(Day)
    amount: Mapped[int | None] = mapped_column(Int64)
    trade_code: Mapped[str | None] = mapped_column(Text)
    level: Mapped[int | None] = mapped_column(Int64)
    number: Mapped[str | None] = mapped_column(Text)
    system: Mapped[str] = mapped_column(Text, nullable=False)
    as_of: Mapped[date] = mapped_column(Day, nullable=False)
    told_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    call_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("outside_call.id"))
    verified_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    evidence: Mapped[str | None] = mapped_column(Text)


class OutsideQuestion(Model):
    """What is still to be asked of a person: written with the act that needs it, asked after its commit."""

    __tablename__ = "outside_question"
    __table_args__ = (
        Index("uq_outside_question_open", "person_id", "kind", unique=True, sqlite_where=OPEN,
              postgresql_where=OPEN),
        Index("ix_outside_question_due", "done_at", "tried_at"),
        # how often somebody was asked about on a day
        Index("ix_outside_question_person", "person_id", "kind", "asked_at"),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    tries: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    tried_at: Mapped[datetime | None] = mapped_column(UtcTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_outside_question_open", "outside_question.person_id, outside_question.kind", CHANGED_MEANWHILE)

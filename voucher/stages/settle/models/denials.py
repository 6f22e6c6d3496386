"""本人反映 (不是我、没收到): what people say of subsidies claimed in their names, and the answers."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.clock import day_of
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.sealed_columns import sealed_of_person
from voucher.plumbing.types import Bytes, Day, Flag, Int64, Text, UtcTime
from voucher.rules.errors import Family, reason

SOURCE = "DESIGN §8 不是我、没收到; LIFECYCLE 待处置; S2-04p"
DENIAL_SAID, DENIAL_ANSWER = "claim_denial.said", "claim_denial.answer"
OPEN = text("confirmed_at IS NULL")

DENIED_ALREADY = reason(
    "denied_already",
    "您已经反映过这笔补贴，正在核查",
    "请等待答复，进度在“我的补贴”里看；有新的情况请拨打 12333",
    SOURCE,
    Family.CONFLICT,
)


class Denial(Model):
    """One case: a person denies a claim or misses what it pays for; answered by one, confirmed by another.

    `hold_id` is the hold that keeps the line from being paid; empty where nothing was stopped. `answer_by` is
    the day by which the office answers, empty where the calendar of that year is not announced yet. What was
    said and answered is sealed under the key of the person.
    """

    __tablename__ = "claim_denial"
    __table_args__ = (
        ForeignKeyConstraint(["claim_id"], ["claim.id"], name="fk_claim_denial_claim_id"),
        UniqueConstraint("hold_id"),
        Index("uq_claim_denial_open", "claim_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_claim_denial_person", "person_id"),
        Index("ix_claim_denial_claim", "claim_id"),
        CheckConstraint("problem IN ('not_me','not_received','other')", name="problem"),
        CheckConstraint(
            "(answered_at IS NULL) = (answered_by_person_id IS NULL)"
            " AND (answered_at IS NULL) = (upheld IS NULL)"
            " AND (answer_sealed IS NULL OR answered_at IS NOT NULL)",
            name="answered_whole",
        ),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by_person_id IS NULL)", name="confirmed_by"),
        CheckConstraint("confirmed_at IS NULL OR answered_at IS NOT NULL", name="answered_first"),
        CheckConstraint("confirmed_by_person_id <> answered_by_person_id", name="two_people"),
        CheckConstraint(
            "answered_by_person_id <> person_id AND confirmed_by_person_id <> person_id",
            name="not_by_oneself",
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    claim_id: Mapped[int] = mapped_column(Int64, nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    hold_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("hold.id"))
    problem: Mapped[str] = mapped_column(Text, nullable=False)
    said_sealed: Mapped[bytes | None] = mapped_column(Bytes)
    opened_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    answer_by: Mapped[date | None] = mapped_column(Day)
    taken_back_at: Mapped[datetime | None] = mapped_column(UtcTime)
    upheld: Mapped[bool | None] = mapped_column(Flag)
    answer_sealed: Mapped[bytes | None] = mapped_column(Bytes)
    answered_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    answered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    confirmed_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)

    @property
    def number(self) -> str:
        """Return the number people quote, e.g. FY-2024-000012."""
        return f"FY-{day_of(self.opened_at).year}-{self.id:06d}"


for _column, _context in ((Denial.said_sealed, DENIAL_SAID), (Denial.answer_sealed, DENIAL_ANSWER)):
    sealed_of_person(_column, _context, lambda person_id: Denial.person_id == person_id)
translate("uq_claim_denial_open", "claim_denial.claim_id", DENIED_ALREADY)
translate("uq_claim_denial_hold_id", "claim_denial.hold_id", CHANGED_MEANWHILE)

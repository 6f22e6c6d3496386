"""What two people decide of a certificate whose level is higher than its holder's voucher is for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.rules.errors import Family, reason
from voucher.rules.proofs import HIGHER_SOURCE

OPEN = text("decided_at IS NULL")

HIGHER_PROPOSED = reason(
    "higher_certificate_proposed_already",
    "对这张培训券已有人提出按高等级证书兑现，正在等另一人决定",
    "请由提出人以外的人确认或者不同意，不必重复提出",
    HIGHER_SOURCE,
    Family.CONFLICT,
)


class HigherCertificate(Model):
    """A certificate above the level of a voucher: proposed by one with evidence, decided by another.

    `declined_why` is empty where the other agreed. Never deleted, and final once decided.
    """

    __tablename__ = "higher_certificate"
    __table_args__ = (
        CheckConstraint("length(why) > 0", name="why"),
        CheckConstraint("length(evidence) > 0", name="evidence"),
        CheckConstraint("(decided_at IS NULL) = (decided_by_person_id IS NULL)", name="decided_by_somebody"),
        CheckConstraint("declined_why IS NULL OR decided_at IS NOT NULL", name="declined_by_somebody"),
        CheckConstraint("decided_by_person_id <> proposed_by_person_id", name="two_people"),
        Index("uq_higher_certificate_open", "voucher_id", unique=True, sqlite_where=OPEN,
              postgresql_where=OPEN),
        Index("ix_higher_certificate_voucher", "voucher_id"),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    voucher_id: Mapped[int] = mapped_column(Int64, ForeignKey("voucher.id"), nullable=False)
    certificate_id: Mapped[int] = mapped_column(Int64, ForeignKey("certificate.id"), nullable=False)
    why: Mapped[str] = mapped_column(Text, nullable=False)
    evidence: Mapped[str] = mapped_column(Text, nullable=False)
    proposed_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    proposed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    decided_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    declined_why: Mapped[str | None] = mapped_column(Text)


translate("uq_higher_certificate_open", "higher_certificate.voucher_id", HIGHER_PROPOSED)

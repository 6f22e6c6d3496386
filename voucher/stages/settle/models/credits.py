"""What the bank says has come in for receivables: proposed by one person, decided by another."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime

BOOKED, SET_ASIDE = "booked", "set_aside"
BY_HAND = 0  # the line of a credit no file told


class BankCredit(Model):
    """One credit on the account that is paid back to, as the bank told it; never deleted.

    It stands with a receivable, or with the problem that keeps it from one, and never both with a receivable
    and with words that it is no repayment. Who imported, assigned or explained it last proposes; somebody
    else books it, or sets it aside. `applied_fen` is what of it met the
    receivable; the rest was paid too much and goes back outside of the ledger. `source_sha256` is over the
    region and its file, so that one file may be taken in for two regions, and each line once for each.
    What a person registers by its document stands here too, as line 0, under the same references.
    `another_why` is why it is another payment than the one it looks like, as the proposal says; what the bank
    said, and what was decided, stays by trigger.
    """

    __tablename__ = "bank_credit"
    __table_args__ = (
        UniqueConstraint("source_sha256", "line"),
        Index("uq_bank_credit_reference", "region_code", "bank_reference", unique=True),
        Index("ix_bank_credit_clawback", "clawback_id"),
        CheckConstraint("amount_fen > 0", name="amount_above_zero"),
        CheckConstraint("(clawback_id IS NULL) = (problem IS NOT NULL)", name="matched_or_why_not"),
        CheckConstraint("decision IN ('booked','set_aside')", name="decision"),
        CheckConstraint(
            "(decision IS NULL) = (decided_by_person_id IS NULL)"
            " AND (decision IS NULL) = (decided_at IS NULL)",
            name="decided_by_somebody",
        ),
        CheckConstraint("decided_by_person_id <> proposed_by_person_id", name="two_people"),
        CheckConstraint(
            "COALESCE(decision, '') <> 'booked' OR (clawback_id IS NOT NULL AND applied_fen IS NOT NULL)",
            name="booked_on_a_receivable",
        ),
        CheckConstraint("applied_fen BETWEEN 1 AND amount_fen", name="applied"),
        CheckConstraint(
            "COALESCE(decision, '') <> 'set_aside' OR (note IS NOT NULL AND applied_fen IS NULL)",
            name="set_aside_with_words",
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    source_sha256: Mapped[str] = mapped_column(Text, nullable=False)
    line: Mapped[int] = mapped_column(Int64, nullable=False)
    bank_reference: Mapped[str | None] = mapped_column(Text)
    payer_name: Mapped[str] = mapped_column(Text, nullable=False)
    remark: Mapped[str] = mapped_column(Text, nullable=False)
    amount_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    clawback_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("clawback.id"))
    problem: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    another_why: Mapped[str | None] = mapped_column(Text)
    proposed_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    proposed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    decision: Mapped[str | None] = mapped_column(Text)
    applied_fen: Mapped[int | None] = mapped_column(Int64)
    decided_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate(
    "uq_bank_credit_reference", "bank_credit.region_code, bank_credit.bank_reference", CHANGED_MEANWHILE
)
translate(
    "uq_bank_credit_source_sha256_line", "bank_credit.source_sha256, bank_credit.line", CHANGED_MEANWHILE
)

"""Payment files, their payments and lines, what the bank answered, and what is recovered."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger.states import Stateful, life
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Flag, Int64, Text, UtcTime
from voucher.rules.bonuses import SUBSIDIES_PURPOSE
from voucher.rules.lifecycle import Thing

LIVE_PAYMENT = text("state IN ('pending','released','succeeded')")
BOUNCED_PAYMENT = text("state = 'failed'")


class PaymentFile(Stateful, Model):
    """One file for the bank from one budget: made, checked and released by three different people.

    Count, total, what is offset against receivables (not in the total) and SHA-256 are fixed when it is made.
    """

    __tablename__ = "payment_file"
    __thing__ = Thing.PAYMENT_FILE
    __table_args__ = (
        *life(Thing.PAYMENT_FILE, "payment_file"),
        CheckConstraint("checker_person_id <> maker_person_id", name="checker_not_maker"),
        CheckConstraint(
            "releaser_person_id <> maker_person_id AND releaser_person_id <> checker_person_id",
            name="releaser_not_maker_nor_checker",
        ),
        CheckConstraint(
            "line_count > 0 AND total_fen >= 0 AND offset_fen >= 0 AND total_fen + offset_fen > 0",
            name="not_empty",
        ),
        CheckConstraint("length(sha256) = 64", name="sha256_length"),
        UniqueConstraint("id", "budget_id"),
        {"sqlite_strict": True},
    )

    number: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    budget_id: Mapped[int] = mapped_column(Int64, ForeignKey("budget.id"), nullable=False)
    line_count: Mapped[int] = mapped_column(Int64, nullable=False)
    total_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    offset_fen: Mapped[int] = mapped_column(Int64, nullable=False, server_default=text("0"))
    sha256: Mapped[str] = mapped_column(Text, nullable=False)
    maker_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    made_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    checker_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    checked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    releaser_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    released_at: Mapped[datetime | None] = mapped_column(UtcTime)
    downloaded_by_person_id: Mapped[int | None] = mapped_column(Int64)
    downloaded_at: Mapped[datetime | None] = mapped_column(UtcTime)


class PaymentLine(Model):
    """One row of the file: everything one payee gets in it, to one confirmed account, and what it is for.

    A row whose whole sum is offset against receivables comes to nothing and is not sent to the bank.
    """

    __tablename__ = "payment_line"
    __table_args__ = (
        UniqueConstraint("payment_file_id", "position"),
        UniqueConstraint("payment_file_id", "institution_id"),
        UniqueConstraint("id", "payment_file_id", "institution_id"),
        CheckConstraint(
            "amount_fen >= 0 AND offset_fen >= 0 AND amount_fen + offset_fen > 0", name="amount_or_offset"
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    payment_file_id: Mapped[int] = mapped_column(Int64, ForeignKey("payment_file.id"), nullable=False)
    position: Mapped[int] = mapped_column(Int64, nullable=False)
    reference: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    payee_account_id: Mapped[int] = mapped_column(Int64, ForeignKey("payee_account.id"), nullable=False)
    amount_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    offset_fen: Mapped[int] = mapped_column(Int64, nullable=False, server_default=text("0"))
    purpose: Mapped[str] = mapped_column(Text, nullable=False, server_default=text(f"'{SUBSIDIES_PURPOSE}'"))


class Payment(Stateful, Model):
    """The money of one claim; its basis is a verified snapshot, or a bonus basis, of the same person.

    amount = what the standard gave − what was offset against a receivable of the payee.
    """

    __tablename__ = "payment"
    __thing__ = Thing.PAYMENT
    __table_args__ = (
        *life(Thing.PAYMENT, "payment"),
        ForeignKeyConstraint(
            ["verification_id", "person_id", "trade_code", "level", "verified"],
            [
                "verification.id",
                "verification.person_id",
                "verification.trade_code",
                "verification.level",
                "verification.verified",
            ],
            name="fk_payment_basis",
        ),
        ForeignKeyConstraint(
            ["basis_id", "person_id", "trade_code", "level", "institution_id"],
            [
                "bonus_basis.id",
                "bonus_basis.person_id",
                "bonus_basis.item_code",
                "bonus_basis.level",
                "bonus_basis.institution_id",
            ],
            name="fk_payment_bonus",
        ),
        CheckConstraint("(basis_id IS NULL) = (verification_id IS NOT NULL)", name="one_basis"),
        ForeignKeyConstraint(
            ["claim_id", "person_id", "trade_code", "level", "institution_id"],
            ["claim.id", "claim.person_id", "claim.trade_code", "claim.level", "claim.institution_id"],
            name="fk_payment_claim",
        ),
        ForeignKeyConstraint(
            ["payment_line_id", "payment_file_id", "institution_id"],
            ["payment_line.id", "payment_line.payment_file_id", "payment_line.institution_id"],
            name="fk_payment_line",
        ),
        CheckConstraint("verified = 1", name="verified"),
        CheckConstraint("amount_fen = computed_fen - offset_fen", name="computed_less_offset"),
        CheckConstraint("amount_fen >= 0 AND offset_fen >= 0", name="nothing_below_zero"),
        Index("uq_payment_live_claim", "claim_id", unique=True, sqlite_where=LIVE_PAYMENT,
              postgresql_where=LIVE_PAYMENT),
        Index("uq_payment_id_institution_id", "id", "institution_id", unique=True),
        Index("ix_payment_bounced", "claim_id", sqlite_where=BOUNCED_PAYMENT,
              postgresql_where=BOUNCED_PAYMENT),
        Index("ix_payment_file", "payment_file_id"),
        Index("ix_payment_line", "payment_line_id"),
        {"sqlite_strict": True},
    )  # fmt: skip

    claim_id: Mapped[int] = mapped_column(Int64, nullable=False)
    payment_file_id: Mapped[int] = mapped_column(Int64, ForeignKey("payment_file.id"), nullable=False)
    payment_line_id: Mapped[int] = mapped_column(Int64, nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    trade_code: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[int] = mapped_column(Int64, nullable=False)
    institution_id: Mapped[int] = mapped_column(Int64, nullable=False)
    verification_id: Mapped[int | None] = mapped_column(Int64)
    basis_id: Mapped[int | None] = mapped_column(Int64)
    verified: Mapped[bool] = mapped_column(Flag, nullable=False)
    computed_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    offset_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    amount_fen: Mapped[int] = mapped_column(Int64, nullable=False)


class BankResult(Model):
    """The bank's final word on one line, once; append-only by trigger."""

    __tablename__ = "bank_result"
    __table_args__ = (
        CheckConstraint("outcome IN ('succeeded','failed')", name="outcome"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    payment_line_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("payment_line.id"), nullable=False, unique=True
    )
    outcome: Mapped[str] = mapped_column(Text, nullable=False)
    amount_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    bank_words: Mapped[str | None] = mapped_column(Text)
    source_sha256: Mapped[str] = mapped_column(Text, nullable=False)
    received_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    received_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


class BankQuarantine(Model):
    """A line of a result file that matches nothing, or contradicts what is known; kept until resolved."""

    __tablename__ = "bank_quarantine"
    __table_args__ = (
        UniqueConstraint("source_sha256", "line"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    payment_file_id: Mapped[int] = mapped_column(Int64, ForeignKey("payment_file.id"), nullable=False)
    source_sha256: Mapped[str] = mapped_column(Text, nullable=False)
    line: Mapped[int] = mapped_column(Int64, nullable=False)
    reference: Mapped[str] = mapped_column(Text, nullable=False)
    amount_fen: Mapped[int | None] = mapped_column(Int64)
    why: Mapped[str] = mapped_column(Text, nullable=False)
    received_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


class Clawback(Stateful, Model):
    """A receivable against a payee for money that should not have been paid; no interest.

    One per claim, unless an earlier one was waived when an appeal was upheld. `planned_fen` is what payments
    not answered yet are to meet of it by offset.
    """

    __tablename__ = "clawback"
    __thing__ = Thing.CLAWBACK
    __table_args__ = (
        *life(Thing.CLAWBACK, "clawback"),
        CheckConstraint("amount_fen > 0", name="amount_above_zero"),
        CheckConstraint("recovered_fen BETWEEN 0 AND amount_fen", name="never_more_than_owed"),
        CheckConstraint(
            "planned_fen >= 0 AND recovered_fen + planned_fen <= amount_fen", name="never_more_planned"
        ),
        CheckConstraint("planned_fen = 0 OR state = 'opened'", name="planned_while_open"),
        Index("uq_clawback_id_institution_id", "id", "institution_id", unique=True),
        Index("uq_clawback_claim_id", "claim_id", unique=True, sqlite_where=text("state <> 'waived'"),
              postgresql_where=text("state <> 'waived'")),
        {"sqlite_strict": True},
    )  # fmt: skip

    claim_id: Mapped[int] = mapped_column(Int64, ForeignKey("claim.id"), nullable=False)
    payment_id: Mapped[int] = mapped_column(Int64, ForeignKey("payment.id"), nullable=False)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    amount_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    recovered_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    planned_fen: Mapped[int] = mapped_column(Int64, nullable=False, default=0, server_default=text("0"))
    why: Mapped[str] = mapped_column(Text, nullable=False)
    opened_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    opened_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


class Repayment(Model):
    """Money that came back for a clawback, by bank or by offset; append-only by trigger."""

    __tablename__ = "repayment"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_above_zero"),
        CheckConstraint("way IN ('bank','offset')", name="way"),
        CheckConstraint("(way = 'offset') = (payment_id IS NOT NULL)", name="offset_names_payment"),
        Index("uq_repayment_offset", "payment_id", "clawback_id", unique=True),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    clawback_id: Mapped[int] = mapped_column(Int64, ForeignKey("clawback.id"), nullable=False)
    payment_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("payment.id"))
    way: Mapped[str] = mapped_column(Text, nullable=False)
    amount_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    received_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    received_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


translate("uq_bank_result_payment_line_id", "bank_result.payment_line_id", CHANGED_MEANWHILE)
translate(
    "uq_bank_quarantine_source_sha256_line",
    "bank_quarantine.source_sha256, bank_quarantine.line",
    CHANGED_MEANWHILE,
)
translate("uq_clawback_claim_id", "clawback.claim_id", CHANGED_MEANWHILE)
translate("uq_repayment_offset", "repayment.payment_id, repayment.clawback_id", CHANGED_MEANWHILE)
translate("ck_clawback_never_more_planned", "ck_clawback_never_more_planned", CHANGED_MEANWHILE)

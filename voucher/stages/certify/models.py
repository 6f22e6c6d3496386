"""Certificates from two sources: an evaluator's upload is a claim, the register extract is the proof.

Only a match of both makes a verification snapshot that money may stand on.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger.states import Stateful, life
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.sealed_columns import sealed_of_person
from voucher.plumbing.types import Bytes, Day, Flag, Int64, Json, Text, UtcTime
from voucher.rules.lifecycle import Thing

CERTIFICATE_NAME = "certificate.name"
RENEWED = text("kind = 'special_operation'")


class Certificate(Stateful, Model):
    """What an evaluator says it issued: whom, for what, how earned, with which scores and fee.

    `trade_code` is the occupation code, or the item for a 专项职业能力证书; level 0 stands for none.
    Scores are in hundredths of a point, the fee in fen; null means not recorded (未核). A number is one
    certificate's; a renewed 特种作业操作证 keeps it, and so does one of another trade: each is the
    `renewal`-th after the first, of the same person, which a trigger holds.
    """

    __tablename__ = "certificate"
    __thing__ = Thing.CERTIFICATE
    __table_args__ = (
        *life(Thing.CERTIFICATE, "certificate"),
        CheckConstraint("level BETWEEN 0 AND 8", name="level"),
        CheckConstraint("fee_fen IS NULL OR fee_fen >= 0", name="fee"),
        CheckConstraint(
            "filing_id IS NOT NULL OR kind = 'training_completion'", name="evaluated_under_filing"
        ),
        CheckConstraint("renewal = 0 OR kind = 'special_operation'", name="renewal"),
        UniqueConstraint("number", "renewal"),
        Index(
            "uq_certificate_card",
            "number",
            "trade_code",
            "issued_on",
            unique=True,
            sqlite_where=RENEWED,
            postgresql_where=RENEWED,
        ),
        Index("ix_certificate_person", "person_id"),
        Index("ix_certificate_institution_issued", "institution_id", "issued_on"),
        # nearly every certificate is verified once, soon: its row finds room on its page, and no index moves
        {"sqlite_strict": True, "postgresql_with": {"fillfactor": 50}},
    )

    number: Mapped[str] = mapped_column(Text, nullable=False)
    renewal: Mapped[int] = mapped_column(Int64, nullable=False, default=0, server_default=text("0"))
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    name_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    name_index: Mapped[str] = mapped_column(Text, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    trade_code: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[int] = mapped_column(Int64, nullable=False)
    issued_on: Mapped[date] = mapped_column(Day, nullable=False)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    filing_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("evaluator_filing.id"))
    method: Mapped[str] = mapped_column(Text, nullable=False)
    theory_hundredths: Mapped[int | None] = mapped_column(Int64)
    skill_hundredths: Mapped[int | None] = mapped_column(Int64)
    comprehensive_hundredths: Mapped[int | None] = mapped_column(Int64)
    fee_fen: Mapped[int | None] = mapped_column(Int64)
    evaluation_batch: Mapped[str | None] = mapped_column(Text)
    uploaded_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    uploaded_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


class RegisterEntry(Model):
    """What the register says of a certificate number; append-only, the newest revision counts.

    The person need not be known: name and number are kept under the subject's own key and blind index.
    """

    __tablename__ = "register_entry"
    __table_args__ = (
        UniqueConstraint("number", "revision"),
        CheckConstraint("level BETWEEN 0 AND 8", name="level"),
        CheckConstraint("status IN ('valid','revoked')", name="status"),
        Index("ix_register_entry_subject", "subject_index"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    number: Mapped[str] = mapped_column(Text, nullable=False)
    revision: Mapped[int] = mapped_column(Int64, nullable=False)
    subject_index: Mapped[str] = mapped_column(Text, ForeignKey("subject_key.blind_index"), nullable=False)
    name_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    name_index: Mapped[str] = mapped_column(Text, nullable=False)
    trade_code: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[int] = mapped_column(Int64, nullable=False)
    issued_on: Mapped[date] = mapped_column(Day, nullable=False)
    evaluator_code: Mapped[str] = mapped_column(Text, nullable=False)
    status: Mapped[str] = mapped_column(Text, nullable=False)
    recorded_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    recorded_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


class Verification(Model):
    """A look-up of one certificate in the register: who asked, when, what matched; append-only.

    Only a row with verified = 1 can be the basis of a claim or a payment: their composite foreign
    keys carry person, trade, level and that flag. `trade_code` is canonical (after the alias map).
    """

    __tablename__ = "verification"
    __table_args__ = (
        UniqueConstraint("id", "person_id", "trade_code", "level", "verified"),
        CheckConstraint("verified = 0 OR register_entry_id IS NOT NULL", name="proof"),
        Index("ix_verification_certificate", "certificate_id", "id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    certificate_id: Mapped[int] = mapped_column(Int64, ForeignKey("certificate.id"), nullable=False)
    register_entry_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("register_entry.id"))
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    trade_code: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[int] = mapped_column(Int64, nullable=False)
    verified: Mapped[bool] = mapped_column(Flag, nullable=False)
    codes: Mapped[Any] = mapped_column(Json, nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


class VoucherProof(Model):
    """The certificate a voucher turned into (以证换券): one each way, matched in person, trade and level.

    The composite foreign keys carry holder, person, trade, level and `verified`, so that a voucher cannot
    be certified by another person's certificate, by an unverified one, or by one of another trade.
    """

    __tablename__ = "voucher_proof"
    __table_args__ = (
        UniqueConstraint("certificate_id"),
        CheckConstraint("verified = 1", name="verified"),
        ForeignKeyConstraint(
            ["verification_id", "person_id", "trade_code", "level", "verified"],
            [
                "verification.id",
                "verification.person_id",
                "verification.trade_code",
                "verification.level",
                "verification.verified",
            ],
            name="fk_voucher_proof_basis",
        ),
        ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_voucher_proof_holder",
        ),
        {"sqlite_strict": True},
    )

    voucher_id: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    certificate_id: Mapped[int] = mapped_column(Int64, ForeignKey("certificate.id"), nullable=False)
    verification_id: Mapped[int] = mapped_column(Int64, nullable=False)
    trade_code: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[int] = mapped_column(Int64, nullable=False)
    verified: Mapped[bool] = mapped_column(Flag, nullable=False)
    attached_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


sealed_of_person(
    Certificate.name_sealed, CERTIFICATE_NAME, lambda person_id: Certificate.person_id == person_id
)
translate("uq_voucher_proof_certificate_id", "voucher_proof.certificate_id", CHANGED_MEANWHILE)
translate("pk_voucher_proof", "voucher_proof.voucher_id", CHANGED_MEANWHILE)
translate("uq_certificate_number_renewal", "certificate.number, certificate.renewal", CHANGED_MEANWHILE)
translate(
    "uq_certificate_card",
    "certificate.number, certificate.trade_code, certificate.issued_on",
    CHANGED_MEANWHILE,
)
translate(
    "uq_register_entry_number_revision", "register_entry.number, register_entry.revision", CHANGED_MEANWHILE
)

"""Settlement batches, their lines, and the claims that come of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger.entitlements import ENTITLEMENT_TAKEN
from voucher.ledger.holders import claim_number as claim_number
from voucher.ledger.states import Stateful, life
from voucher.plumbing.clock import day_of
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Flag, Int64, Json, Text, UtcTime
from voucher.rules.lifecycle import Thing

# as a caution (!) stands in the kept text, which is canonical: an index finds such lines among all others
WITH_CAUTION = 'findings LIKE \'%"mark":"!"%\''
LIVE_CLAIM = text("state NOT IN ('withdrawn','rejected','recovered')")


class SettlementBatch(Stateful, Model):
    """Everything of one kind, region and period that was settled together, from one budget.

    `declared_count` and `declared_total_fen` are the payable lines as submitted; never exceeded.
    """

    __tablename__ = "settlement_batch"
    __thing__ = Thing.BATCH
    __table_args__ = (
        *life(Thing.BATCH, "settlement_batch"),
        CheckConstraint("until_on >= from_on", name="period"),
        CheckConstraint("declared_count >= 0 AND declared_total_fen >= 0", name="declared"),
        UniqueConstraint("id", "budget_id"),
        {"sqlite_strict": True},
    )

    kind: Mapped[str] = mapped_column(Text, nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    from_on: Mapped[date] = mapped_column(Day, nullable=False)
    until_on: Mapped[date] = mapped_column(Day, nullable=False)
    project_id: Mapped[int] = mapped_column(Int64, ForeignKey("project.id"), nullable=False)
    budget_id: Mapped[int] = mapped_column(Int64, ForeignKey("budget.id"), nullable=False)
    declared_count: Mapped[int] = mapped_column(Int64, nullable=False)
    declared_total_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    created_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    created_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)

    @property
    def number(self) -> str:
        """Return the number people quote, e.g. JS-419001-2024-0012."""
        return f"JS-{self.region_code}-{day_of(self.created_at).year}-{self.id:04d}"


class SettlementLine(Model):
    """What the rules said of one certificate or bonus basis when it was settled: kept as it was said."""

    __tablename__ = "settlement_line"
    __table_args__ = (
        UniqueConstraint("batch_id", "position"),
        UniqueConstraint("batch_id", "certificate_id"),
        CheckConstraint("(basis_id IS NULL) = (certificate_id IS NOT NULL)", name="one_basis"),
        CheckConstraint("outcome IN ('payable','refused','manual')", name="outcome"),
        CheckConstraint("outcome = 'payable' OR amount_fen = 0", name="only_payable_has_amount"),
        CheckConstraint("outcome <> 'refused' OR refusal IS NOT NULL", name="refused_with_reason"),
        CheckConstraint("outcome = 'refused' OR claim_id IS NOT NULL", name="claimed"),
        Index("ix_settlement_line_claim", "claim_id"),
        Index("ix_settlement_line_caution", "batch_id", "claim_id", sqlite_where=text(WITH_CAUTION),
              postgresql_where=text(WITH_CAUTION)),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    batch_id: Mapped[int] = mapped_column(Int64, ForeignKey("settlement_batch.id"), nullable=False)
    position: Mapped[int] = mapped_column(Int64, nullable=False)
    certificate_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("certificate.id"))
    basis_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("bonus_basis.id"))
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    outcome: Mapped[str] = mapped_column(Text, nullable=False)
    amount_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    explanation: Mapped[str] = mapped_column(Text, nullable=False)
    findings: Mapped[Any] = mapped_column(Json, nullable=False)
    refusal: Mapped[Any | None] = mapped_column(Json)
    claim_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("claim.id"))


class Claim(Stateful, Model):
    """One application for one subsidy: whose, for which certificate, to whom it is paid, how much.

    The composite foreign key carries person, trade, level and `verified` from the snapshot it stands
    on, so a claim on an unverified or foreign certificate cannot be written. A bonus stands on a basis of
    its kind instead, whose item is its trade, and whose payee it has.
    """

    __tablename__ = "claim"
    __thing__ = Thing.CLAIM
    __table_args__ = (
        *life(Thing.CLAIM, "claim"),
        ForeignKeyConstraint(
            ["verification_id", "person_id", "trade_code", "level", "verified"],
            [
                "verification.id",
                "verification.person_id",
                "verification.trade_code",
                "verification.level",
                "verification.verified",
            ],
            name="fk_claim_basis",
        ),
        ForeignKeyConstraint(
            ["basis_id", "kind", "person_id", "trade_code", "level", "institution_id"],
            [
                "bonus_basis.id",
                "bonus_basis.kind",
                "bonus_basis.person_id",
                "bonus_basis.item_code",
                "bonus_basis.level",
                "bonus_basis.institution_id",
            ],
            name="fk_claim_bonus",
        ),
        ForeignKeyConstraint(
            ["batch_id", "budget_id"],
            ["settlement_batch.id", "settlement_batch.budget_id"],
            name="fk_claim_batch_fund",
        ),
        CheckConstraint("verified = 1", name="verified"),
        CheckConstraint("amount_fen >= 0 AND reserved_fen >= 0", name="nothing_below_zero"),
        CheckConstraint("amount_fen <= proposed_fen", name="never_above_the_standard"),
        CheckConstraint("revision >= 1", name="revision"),
        CheckConstraint("kind <> 'training' OR voucher_id IS NOT NULL", name="training_by_voucher"),
        CheckConstraint("(basis_id IS NULL) = (kind IN ('training','evaluation'))", name="basis_of_kind"),
        CheckConstraint(
            "(basis_id IS NULL) = (certificate_id IS NOT NULL)"
            " AND (certificate_id IS NULL) = (verification_id IS NULL)",
            name="one_basis",
        ),
        UniqueConstraint("id", "submitter_person_id"),
        UniqueConstraint("id", "person_id", "trade_code", "level", "institution_id"),
        Index("uq_claim_live_key", "entitlement_key", unique=True, sqlite_where=LIVE_CLAIM,
              postgresql_where=LIVE_CLAIM),
        Index("uq_claim_entitlement", "entitlement_id", unique=True),
        Index("uq_claim_live_voucher", "voucher_id", "kind", unique=True, sqlite_where=LIVE_CLAIM,
              postgresql_where=LIVE_CLAIM),
        ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_claim_holder",
        ),
        Index("ix_claim_batch", "batch_id", "state"),
        Index("ix_claim_person", "person_id"),
        Index("ix_claim_voucher", "voucher_id"),
        Index("ix_claim_certificate", "certificate_id"),
        Index("uq_claim_basis", "basis_id", unique=True),
        {"sqlite_strict": True},
    )  # fmt: skip

    kind: Mapped[str] = mapped_column(Text, nullable=False)
    batch_id: Mapped[int] = mapped_column(Int64, nullable=False)
    budget_id: Mapped[int] = mapped_column(Int64, ForeignKey("budget.id"), nullable=False)
    project_id: Mapped[int] = mapped_column(Int64, ForeignKey("project.id"), nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    trade_code: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[int] = mapped_column(Int64, nullable=False)
    voucher_id: Mapped[int | None] = mapped_column(Int64)
    certificate_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("certificate.id"))
    verification_id: Mapped[int | None] = mapped_column(Int64)
    basis_id: Mapped[int | None] = mapped_column(Int64)
    verified: Mapped[bool] = mapped_column(Flag, nullable=False)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    entitlement_id: Mapped[int] = mapped_column(Int64, ForeignKey("entitlement.id"), nullable=False)
    entitlement_key: Mapped[str] = mapped_column(Text, nullable=False)
    proposed_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    amount_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    reserved_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    explanation: Mapped[str] = mapped_column(Text, nullable=False)
    revision: Mapped[int] = mapped_column(Int64, nullable=False)
    submitter_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    filed_on: Mapped[date] = mapped_column(Day, nullable=False)
    filed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)

    @property
    def number(self) -> str:
        """Return the number people quote: kind, region, year of filing, serial."""
        return claim_number(self.region_code, self.filed_on.year, self.id)


class ClaimHand(Model):
    """The one role a person has in one claim, through all its revisions."""

    __tablename__ = "claim_hand"
    __table_args__ = (
        UniqueConstraint("claim_id", "person_id", "step"),
        Index("ix_claim_hand_person", "person_id"),
        {"sqlite_strict": True},
    )

    claim_id: Mapped[int] = mapped_column(Int64, ForeignKey("claim.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), primary_key=True)
    step: Mapped[str] = mapped_column(Text, nullable=False)


class Signature(Model):
    """One person's decision on one revision of a claim; never the submitter's, never twice one person's."""

    __tablename__ = "signature"
    __table_args__ = (
        CheckConstraint("signer_person_id <> submitter_person_id", name="not_the_submitter"),
        CheckConstraint("decision IN ('pass','return','reject','clear')", name="decision"),
        UniqueConstraint("claim_id", "revision", "signer_person_id"),
        ForeignKeyConstraint(
            ["claim_id", "signer_person_id", "step"],
            ["claim_hand.claim_id", "claim_hand.person_id", "claim_hand.step"],
            name="fk_signature_hand",
        ),
        ForeignKeyConstraint(
            ["claim_id", "submitter_person_id"],
            ["claim.id", "claim.submitter_person_id"],
            name="fk_signature_submitter",
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    claim_id: Mapped[int] = mapped_column(Int64, nullable=False)
    revision: Mapped[int] = mapped_column(Int64, nullable=False)
    step: Mapped[str] = mapped_column(Text, nullable=False)
    decision: Mapped[str] = mapped_column(Text, nullable=False)
    opinion: Mapped[str] = mapped_column(Text, nullable=False)
    signer_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    submitter_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    signed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


class Clearing(Model):
    """What two people decided of a claim the rules left to a person: one proposes, another confirms."""

    __tablename__ = "clearing"
    __table_args__ = (
        CheckConstraint("confirmed_by_person_id <> proposed_by_person_id", name="two_people"),
        CheckConstraint("proposed_by_person_id <> submitter_person_id", name="not_the_submitter"),
        CheckConstraint("confirmed_by_person_id <> submitter_person_id", name="not_the_submitter_either"),
        CheckConstraint("amount_fen > 0", name="amount_above_zero"),
        UniqueConstraint("claim_id", "revision"),
        ForeignKeyConstraint(
            ["claim_id", "submitter_person_id"],
            ["claim.id", "claim.submitter_person_id"],
            name="fk_clearing_submitter",
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    claim_id: Mapped[int] = mapped_column(Int64, nullable=False)
    revision: Mapped[int] = mapped_column(Int64, nullable=False)
    amount_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    opinion: Mapped[str] = mapped_column(Text, nullable=False)
    submitter_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    proposed_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    proposed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    confirmed_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_claim_live_key", "claim.entitlement_key", ENTITLEMENT_TAKEN)
translate("uq_claim_entitlement", "claim.entitlement_id", ENTITLEMENT_TAKEN)
translate("uq_claim_basis", "claim.basis_id", CHANGED_MEANWHILE)
translate("uq_claim_live_voucher", "claim.voucher_id, claim.kind", CHANGED_MEANWHILE)
translate("uq_clearing_claim_id_revision", "clearing.claim_id, clearing.revision", CHANGED_MEANWHILE)

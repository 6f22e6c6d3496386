"""Institutions, what evaluators are filed for, and the accounts money is paid to."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger.states import Stateful, life
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Bytes, Day, Int64, Text, UtcTime
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing

INSTITUTION_MISSING = reason(
    "institution_missing",
    "没有登记过统一社会信用代码为 {code} 的机构",
    "请先导入机构或评价机构清单，再办理此事",
    "S2-15h; S2-04f",
    Family.MISSING,
)


class Institution(Stateful, Model):
    """A body that trains or evaluates, by its 统一社会信用代码.

    `licensed_until` is the day its licences end, empty where none does.
    """

    __tablename__ = "institution"
    __thing__ = Thing.INSTITUTION
    __table_args__ = (
        *life(Thing.INSTITUTION, "institution"),
        Index("ix_institution_region", "region_code"),
        {"sqlite_strict": True},
    )

    code: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    filing_number: Mapped[str | None] = mapped_column(Text)
    since: Mapped[date | None] = mapped_column(Day)
    until: Mapped[date | None] = mapped_column(Day)
    licensed_until: Mapped[date | None] = mapped_column(Day)


class EvaluatorFiling(Model):
    """An entry of the 评价目录清单: kind, filing number (备案号) and the region it is filed in."""

    __tablename__ = "evaluator_filing"
    __table_args__ = (
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        Index("ix_evaluator_filing_institution", "institution_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    filing_number: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)


class EvaluatorScope(Model):
    """One occupation (or special item) and level an evaluator is filed for, with its days in force.

    Level 0 stands for items without a level; NOT NULL keeps the unique constraint true. What it examines by,
    and the year of the list, are null where the file did not say (未核).
    """

    __tablename__ = "evaluator_scope"
    __table_args__ = (
        UniqueConstraint("filing_id", "trade_code", "level", "since"),
        CheckConstraint("level BETWEEN 0 AND 8", name="level"),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        Index("ix_evaluator_scope_trade", "trade_code"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    filing_id: Mapped[int] = mapped_column(Int64, ForeignKey("evaluator_filing.id"), nullable=False)
    trade_code: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[int] = mapped_column(Int64, nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    standard_kind: Mapped[str | None] = mapped_column(Text)
    standard_document: Mapped[str | None] = mapped_column(Text)
    list_year: Mapped[int | None] = mapped_column(Int64)


class InstitutionListing(Model):
    """A place on the yearly list of training institutions (目录清单): without one no class is subsidised."""

    __tablename__ = "institution_listing"
    __table_args__ = (
        UniqueConstraint("institution_id", "year"),
        CheckConstraint("year BETWEEN 2000 AND 2100", name="year"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    year: Mapped[int] = mapped_column(Int64, nullable=False)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    listed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    listed_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


class ListingScope(Model):
    """One occupation and level an institution is on a year's list for; a place with none is for all it filed.

    Level 0 stands for every level, or for an item without one.
    """

    __tablename__ = "listing_scope"
    __table_args__ = (
        UniqueConstraint("listing_id", "trade_code", "level"),
        CheckConstraint("level BETWEEN 0 AND 8", name="level"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    listing_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution_listing.id"), nullable=False)
    trade_code: Mapped[str] = mapped_column(Text, nullable=False)
    level: Mapped[int] = mapped_column(Int64, nullable=False)


class PayeeAccount(Stateful, Model):
    """A bank account of an institution, proposed by one person and confirmed by another.

    One suggested within the institution is agreed to there by a second person first.
    """

    __tablename__ = "payee_account"
    __thing__ = Thing.ACCOUNT_CORRECTION
    __table_args__ = (
        *life(Thing.ACCOUNT_CORRECTION, "payee_account"),
        CheckConstraint("confirmed_by_person_id <> proposed_by_person_id", name="two_people"),
        CheckConstraint(
            "state <> 'confirmed' OR confirmed_by_person_id IS NOT NULL", name="confirmed_by_somebody"
        ),
        CheckConstraint(
            "agreed_by_person_id <> proposed_by_person_id AND (confirmed_by_person_id IS NULL"
            " OR agreed_by_person_id <> confirmed_by_person_id)",
            name="agreed_by_another",
        ),
        Index(
            "uq_payee_account_in_use",
            "institution_id",
            unique=True,
            sqlite_where=text("state = 'confirmed' AND replaced_at IS NULL"),
            postgresql_where=text("state = 'confirmed' AND replaced_at IS NULL"),
        ),
        Index(
            "uq_payee_account_waiting",
            "institution_id",
            unique=True,
            sqlite_where=text("state IN ('suggested','proposed')"),
            postgresql_where=text("state IN ('suggested','proposed')"),
        ),
        Index("ix_payee_account_account_index", "account_index"),
        {"sqlite_strict": True},
    )

    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    holder_name: Mapped[str] = mapped_column(Text, nullable=False)
    bank_name: Mapped[str] = mapped_column(Text, nullable=False)
    account_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    account_index: Mapped[str] = mapped_column(Text, nullable=False)
    account_masked: Mapped[str] = mapped_column(Text, nullable=False)
    evidence: Mapped[str] = mapped_column(Text, nullable=False)
    proposed_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    proposed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    agreed_by_person_id: Mapped[int | None] = mapped_column(Int64)
    agreed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    confirmed_by_person_id: Mapped[int | None] = mapped_column(Int64)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    replaced_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_institution_code", "institution.code", CHANGED_MEANWHILE)
translate(
    "uq_institution_listing_institution_id_year",
    "institution_listing.institution_id, institution_listing.year",
    CHANGED_MEANWHILE,
)
translate(
    "uq_listing_scope_listing_id_trade_code_level",
    "listing_scope.listing_id, listing_scope.trade_code, listing_scope.level",
    CHANGED_MEANWHILE,
)
translate("uq_evaluator_filing_filing_number", "evaluator_filing.filing_number", CHANGED_MEANWHILE)
translate(
    "uq_evaluator_scope_filing_id_trade_code_level_since",
    "evaluator_scope.filing_id, evaluator_scope.trade_code, evaluator_scope.level, evaluator_scope.since",
    CHANGED_MEANWHILE,
)


def get_institution(session: Session, code: str) -> Institution:
    """Return an institution by its 统一社会信用代码. Raises Refused institution_missing."""
    found = session.scalars(select(Institution).where(Institution.code == code)).first()
    if found is None:
        raise INSTITUTION_MISSING.refused(code=code)
    return found

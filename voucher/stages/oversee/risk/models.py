"""Risk flags (风险线索): what a rule said, the rows behind it, and what people said and did about it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger.states import Stateful, life
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Flag, Int64, Json, Text, UtcTime
from voucher.rules.lifecycle import Thing


class RiskFlag(Stateful, Model):
    """One finding of one rule about one subject in one period; raised once, concluded once.

    What the rule said never changes; `suspect_person_id` is the officer a flag is about, who never concludes
    it, nor does anybody of the institution (by trigger), nor who answered for it. A void one rested on a list
    that two have withdrawn, whatever was concluded of it.
    """

    __thing__ = Thing.RISK_FLAG
    __tablename__ = "risk_flag"
    __table_args__ = (
        *life(Thing.RISK_FLAG, "risk_flag"),
        UniqueConstraint("rule", "kind", "subject", "period"),
        CheckConstraint("score BETWEEN 1 AND 100", name="score"),
        CheckConstraint("(assigned_at IS NULL) = (assigned_to_person_id IS NULL)", name="assigned"),
        CheckConstraint("(asked_at IS NULL) = (question IS NULL)", name="asked"),
        CheckConstraint("(asked_at IS NULL) = (answer_by IS NULL)", name="asked_until"),
        CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name="answered"),
        CheckConstraint("answered_at IS NULL OR asked_at IS NOT NULL", name="answered_after"),
        CheckConstraint("(concluded_at IS NULL) = (conclusion IS NULL)", name="concluded"),
        CheckConstraint("state NOT IN ('upheld','dismissed') OR concluded_at IS NOT NULL", name="outcome"),
        CheckConstraint(
            "concluded_by_person_id <> suspect_person_id AND concluded_by_person_id <> answered_by_person_id",
            name="hands",
        ),
        Index("ix_risk_flag_queue", "region_code", "state", "score"),
        Index("ix_risk_flag_institution", "institution_id"),
        {"sqlite_strict": True},
    )

    rule: Mapped[str] = mapped_column(Text, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    subject: Mapped[str] = mapped_column(Text, nullable=False)
    period: Mapped[str] = mapped_column(Text, nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    institution_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("institution.id"))
    suspect_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    figure: Mapped[int] = mapped_column(Int64, nullable=False)
    unit: Mapped[str] = mapped_column(Text, nullable=False)
    threshold: Mapped[int] = mapped_column(Int64, nullable=False)
    peer_median: Mapped[int | None] = mapped_column(Int64)
    sentence: Mapped[str] = mapped_column(Text, nullable=False)
    score: Mapped[int] = mapped_column(Int64, nullable=False)
    is_blocking: Mapped[bool] = mapped_column(Flag, nullable=False)
    row_count: Mapped[int] = mapped_column(Int64, nullable=False)
    raised_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    assigned_at: Mapped[datetime | None] = mapped_column(UtcTime)
    assigned_to_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    question: Mapped[str | None] = mapped_column(Text)
    answer_by: Mapped[date | None] = mapped_column(Day)
    asked_at: Mapped[datetime | None] = mapped_column(UtcTime)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    answered_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    conclusion: Mapped[str | None] = mapped_column(Text)
    concluded_at: Mapped[datetime | None] = mapped_column(UtcTime)
    concluded_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))


class RiskRun(Model):
    """A day on which the rules ran over the database, and how many flags were new. Append-only."""

    __tablename__ = "risk_run"
    __table_args__ = ({"sqlite_strict": True},)

    ran_on: Mapped[date] = mapped_column(Day, primary_key=True)
    ran_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    raised: Mapped[int] = mapped_column(Int64, nullable=False)


class RiskFlagRow(Model):
    """A row behind a flag as it was read that day: its table, its number, what stood in it. Append-only."""

    __tablename__ = "risk_flag_row"
    __table_args__ = ({"sqlite_strict": True},)

    flag_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("risk_flag.id"), primary_key=True, autoincrement=False
    )
    position: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    fact: Mapped[str] = mapped_column(Text, nullable=False)
    fact_key: Mapped[str] = mapped_column(Text, nullable=False)
    person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    said: Mapped[Any] = mapped_column(Json, nullable=False)


class RiskFlagList(Model):
    """A list brought along that a flag rests on: with so many of the rows behind it. Append-only.

    Nothing new rests on a withdrawn list (by trigger). `of_rows` counts all rows that speak against somebody;
    where lists have them all, nothing is left without those lists.
    """

    __tablename__ = "risk_flag_list"
    __table_args__ = (
        CheckConstraint("rows BETWEEN 1 AND of_rows", name="rows"),
        Index("ix_risk_flag_list_list", "list_id"),
        {"sqlite_strict": True},
    )

    flag_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("risk_flag.id"), primary_key=True, autoincrement=False
    )
    list_id: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    rows: Mapped[int] = mapped_column(Int64, nullable=False)
    of_rows: Mapped[int] = mapped_column(Int64, nullable=False)


translate("pk_risk_run", "risk_run.ran_on", CHANGED_MEANWHILE)
translate(
    "uq_risk_flag_rule_kind_subject_period",
    "risk_flag.rule, risk_flag.kind, risk_flag.subject, risk_flag.period",
    CHANGED_MEANWHILE,
)

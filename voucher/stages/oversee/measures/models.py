"""Measures (处置措施): what was proposed against an institution, on which grounds, what it was to touch."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger.states import Stateful, life
from voucher.plumbing.clock import day_of
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Flag, Int64, Json, Text, UtcTime
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing
from voucher.rules.measures import SOURCE, STEP_NAMES, Step

PROPOSED = text("state = 'proposed'")
WAITS = text("ended_at IS NULL")

MEASURE_OPEN = reason(
    "measure_open_already",
    "对这家机构已有一项处置在等另一人确认",
    "请先确认或作废那一项，再提出新的",
    SOURCE,
    Family.CONFLICT,
)


class Measure(Stateful, Model):
    """One step proposed against one institution, or its way back; what was proposed never changes.

    Who confirms is another person than who proposed, and never of the institution (by trigger). `shown` is
    the effect as it was counted for the proposal, `applied` what the confirmation really held or released.
    """

    __thing__ = Thing.MEASURE
    __tablename__ = "measure"
    __table_args__ = (
        *life(Thing.MEASURE, "measure"),
        CheckConstraint(
            "step IN ('warn','rectify','suspend','delist','blacklist','refer','restore')", name="step"
        ),
        CheckConstraint("decided_by_person_id <> proposed_by_person_id", name="two_people"),
        CheckConstraint("(decided_at IS NULL) = (decided_by_person_id IS NULL)", name="decided_by"),
        CheckConstraint("(decided_at IS NULL) = (appeal_until IS NULL)", name="appealable"),
        CheckConstraint("state IN ('proposed','dropped') OR decided_at IS NOT NULL", name="decided"),
        CheckConstraint("(stated_at IS NULL) = (statement IS NULL)", name="stated"),
        CheckConstraint("(proven_at IS NULL) = (proof IS NULL)", name="proven"),
        CheckConstraint("is_direct = 0 OR skip_why IS NOT NULL", name="skipped_with_reason"),
        CheckConstraint("step <> 'blacklist' OR until_on IS NOT NULL", name="blacklist_ends"),
        CheckConstraint("step NOT IN ('rectify','suspend') OR deadline_on IS NOT NULL", name="deadline"),
        CheckConstraint("(step = 'refer') = (recipient IS NOT NULL)", name="recipient"),
        CheckConstraint("(step = 'restore') = (ending IS NOT NULL)", name="ending"),
        CheckConstraint("ending IN ('accepted','upheld','expired')", name="ending_word"),
        Index("uq_measure_proposed", "institution_id", unique=True, sqlite_where=PROPOSED,
              postgresql_where=PROPOSED),
        Index("ix_measure_institution", "institution_id"),
        Index("ix_measure_region", "region_code", "state"),
        {"sqlite_strict": True},
    )  # fmt: skip

    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    step: Mapped[str] = mapped_column(Text, nullable=False)
    from_state: Mapped[str] = mapped_column(Text, nullable=False)
    is_direct: Mapped[bool] = mapped_column(Flag, nullable=False)
    facts: Mapped[str] = mapped_column(Text, nullable=False)
    legal_basis: Mapped[str] = mapped_column(Text, nullable=False)
    skip_why: Mapped[str | None] = mapped_column(Text)
    demand: Mapped[str | None] = mapped_column(Text)
    deadline_on: Mapped[date | None] = mapped_column(Day)
    until_on: Mapped[date | None] = mapped_column(Day)
    recipient: Mapped[str | None] = mapped_column(Text)
    ending: Mapped[str | None] = mapped_column(Text)
    shown: Mapped[Any] = mapped_column(Json, nullable=False)
    heard_until: Mapped[date | None] = mapped_column(Day)
    proposed_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    proposed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    statement: Mapped[str | None] = mapped_column(Text)
    stated_at: Mapped[datetime | None] = mapped_column(UtcTime)
    decided_by_person_id: Mapped[int | None] = mapped_column(Int64)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    appeal_until: Mapped[date | None] = mapped_column(Day)
    applied: Mapped[Any | None] = mapped_column(Json)
    proof: Mapped[str | None] = mapped_column(Text)
    proven_at: Mapped[datetime | None] = mapped_column(UtcTime)

    @property
    def number(self) -> str:
        """Return the number people quote, e.g. CZ-419001-2024-0012."""
        return f"CZ-{self.region_code}-{day_of(self.proposed_at).year}-{self.id:04d}"

    @property
    def step_name(self) -> str:
        """Return the step in Chinese."""
        return STEP_NAMES[Step(self.step)]


class MeasureGround(Model):
    """A concluded finding a measure stands on: a flag, an inspection or a complaint. Append-only."""

    __tablename__ = "measure_ground"
    __table_args__ = (
        CheckConstraint("kind IN ('flag','inspection','complaint')", name="kind"),
        {"sqlite_strict": True},
    )

    measure_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("measure.id"), primary_key=True, autoincrement=False
    )
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    object_id: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)


class Exposure(Model):
    """What is shown to everybody of a final measure (向社会曝光), from a day to a day; taken down once."""

    __tablename__ = "exposure"
    __table_args__ = (
        UniqueConstraint("measure_id"),
        CheckConstraint("until_on >= from_on", name="period"),
        CheckConstraint("(removed_at IS NULL) = (removed_why IS NULL)", name="removed"),
        Index("ix_exposure_until", "until_on"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    measure_id: Mapped[int] = mapped_column(Int64, ForeignKey("measure.id"), nullable=False)
    words: Mapped[str] = mapped_column(Text, nullable=False)
    from_on: Mapped[date] = mapped_column(Day, nullable=False)
    until_on: Mapped[date] = mapped_column(Day, nullable=False)
    posted_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    posted_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    removed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    removed_why: Mapped[str | None] = mapped_column(Text)


class ExposureDraft(Model):
    """What one officer wants shown of a measure, until another one releases it or somebody turns it down."""

    __tablename__ = "exposure_draft"
    __table_args__ = (
        CheckConstraint("until_on >= from_on", name="period"),
        CheckConstraint("ending IN ('released','declined')", name="ending"),
        CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name="ended_how"),
        CheckConstraint("(ended_at IS NULL) = (ended_by_person_id IS NULL)", name="ended_by"),
        CheckConstraint("ending = 'released' OR ending IS NULL OR why IS NOT NULL", name="why"),
        CheckConstraint(
            "ending <> 'released' OR ended_by_person_id <> drafted_by_person_id", name="two_people"
        ),
        Index(
            "uq_exposure_draft_open", "measure_id", unique=True, sqlite_where=WAITS, postgresql_where=WAITS
        ),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    measure_id: Mapped[int] = mapped_column(Int64, ForeignKey("measure.id"), nullable=False)
    words: Mapped[str] = mapped_column(Text, nullable=False)
    from_on: Mapped[date] = mapped_column(Day, nullable=False)
    until_on: Mapped[date] = mapped_column(Day, nullable=False)
    drafted_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    drafted_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    ending: Mapped[str | None] = mapped_column(Text)
    ended_by_person_id: Mapped[int | None] = mapped_column(Int64)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    why: Mapped[str | None] = mapped_column(Text)


translate("uq_exposure_draft_open", "exposure_draft.measure_id", CHANGED_MEANWHILE)
translate("uq_measure_proposed", "measure.institution_id", MEASURE_OPEN)
translate("uq_exposure_measure_id", "exposure.measure_id", CHANGED_MEANWHILE)

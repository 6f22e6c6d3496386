"""Corrections of who somebody is: names, numbers, and the numbers that go on reaching the person.

A correction is proposed by one person and decided by another; neither is the person corrected. What it does
to everything else that knows a person by number stands in `renumbering`.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.sealed_columns import sealed_of_person
from voucher.plumbing.types import Bytes, Flag, Int64, Text, UtcTime
from voucher.rules.errors import Family, reason

SOURCE = "S2-16c 身份更正须审核留痕; AC-I3"
FORMER_CONTEXT, NEW_CONTEXT = "former_name.former", "former_name.new"
FORMER_NUMBER_CONTEXT, NEW_NUMBER_CONTEXT = "number_correction.former", "number_correction.new"
OPEN, LIVE = text("decided_at IS NULL"), text("ended_at IS NULL")

CORRECTION_OPEN = reason(
    "correction_open",
    "已有一件待审核的号码更正，涉及此人或这个新号码",
    "请先审核通过或退回那一件，再重新提出",
    SOURCE,
    Family.CONFLICT,
)


class FormerName(Model):
    """A change of name: proposed by one person, approved or turned down by another."""

    __tablename__ = "former_name"
    __table_args__ = (
        CheckConstraint("approved_by_person_id <> proposed_by_person_id", name="two_people"),
        CheckConstraint("(approved_at IS NULL) = (approved_by_person_id IS NULL)", name="approved_by"),
        CheckConstraint("declined_by_person_id <> proposed_by_person_id", name="two_people_decline"),
        CheckConstraint(
            "(declined_at IS NULL) = (declined_by_person_id IS NULL)"
            " AND (declined_at IS NULL) = (declined_why IS NULL)",
            name="declined_by",
        ),
        CheckConstraint("approved_at IS NULL OR declined_at IS NULL", name="one_end"),
        Index("ix_former_name_person", "person_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    former_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    former_index: Mapped[str] = mapped_column(Text, nullable=False)
    new_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    new_index: Mapped[str] = mapped_column(Text, nullable=False)
    evidence: Mapped[str] = mapped_column(Text, nullable=False)
    proposed_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    proposed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    approved_by_person_id: Mapped[int | None] = mapped_column(Int64)
    approved_at: Mapped[datetime | None] = mapped_column(UtcTime)
    declined_by_person_id: Mapped[int | None] = mapped_column(Int64)
    declined_at: Mapped[datetime | None] = mapped_column(UtcTime)
    declined_why: Mapped[str | None] = mapped_column(Text)


class NumberCorrection(Model):
    """A corrected identity number as one person proposes it, and what another one decided.

    `kind` says what the number given up was: never this person's (`wrong`), or theirs before (`changed`).
    """

    __tablename__ = "number_correction"
    __table_args__ = (
        CheckConstraint("kind IN ('wrong','changed')", name="kind"),
        CheckConstraint("former_index <> new_index", name="another_number"),
        CheckConstraint("decided_by_person_id <> proposed_by_person_id", name="two_people"),
        CheckConstraint("person_id <> proposed_by_person_id", name="not_own_proposal"),
        CheckConstraint("person_id <> decided_by_person_id", name="not_own_decision"),
        CheckConstraint("(decided_at IS NULL) = (decided_by_person_id IS NULL)", name="decided_by"),
        CheckConstraint("(decided_at IS NULL) = (approved IS NULL)", name="decided_how"),
        Index("ix_number_correction_person", "person_id"),
        Index("uq_number_correction_open_person", "person_id", unique=True,
              sqlite_where=OPEN, postgresql_where=OPEN),
        Index("uq_number_correction_open_number", "new_index", unique=True,
              sqlite_where=OPEN, postgresql_where=OPEN),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    former_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    former_index: Mapped[str] = mapped_column(Text, nullable=False)
    new_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    new_index: Mapped[str] = mapped_column(Text, nullable=False)
    evidence: Mapped[str] = mapped_column(Text, nullable=False)
    proposed_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    proposed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    decided_by_person_id: Mapped[int | None] = mapped_column(Int64)
    decided_at: Mapped[datetime | None] = mapped_column(UtcTime)
    approved: Mapped[bool | None] = mapped_column(Flag)
    why: Mapped[str | None] = mapped_column(Text)


class FormerNumber(Model):
    """A number that was a person's before and goes on reaching the person; ended once it is theirs again.

    `present_index` follows the person's own by cascade, so that however often a number changes there is
    one hop from any of them. That no person is opened with a number that reaches another is a trigger's.
    """

    __tablename__ = "former_number"
    __table_args__ = (
        CheckConstraint("blind_index <> present_index OR ended_at IS NOT NULL", name="another_number"),
        Index("uq_former_number_live", "blind_index", unique=True, sqlite_where=LIVE, postgresql_where=LIVE),
        Index("ix_former_number_present", "present_index"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    blind_index: Mapped[str] = mapped_column(Text, ForeignKey("subject_key.blind_index"), nullable=False)
    present_index: Mapped[str] = mapped_column(
        Text, ForeignKey("person.blind_index", onupdate="CASCADE"), nullable=False
    )
    correction_id: Mapped[int] = mapped_column(Int64, ForeignKey("number_correction.id"), nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


for column, context in (
    (FormerName.former_sealed, FORMER_CONTEXT),
    (FormerName.new_sealed, NEW_CONTEXT),
):
    sealed_of_person(column, context, lambda person_id: FormerName.person_id == person_id)
for column, context in (
    (NumberCorrection.former_sealed, FORMER_NUMBER_CONTEXT),
    (NumberCorrection.new_sealed, NEW_NUMBER_CONTEXT),
):
    sealed_of_person(column, context, lambda person_id: NumberCorrection.person_id == person_id)
translate("uq_number_correction_open_person", "number_correction.person_id", CORRECTION_OPEN)
translate("uq_number_correction_open_number", "number_correction.new_index", CORRECTION_OPEN)
translate("uq_former_number_live", "former_number.blind_index", CHANGED_MEANWHILE)
# what the trigger on person says where somebody would be opened with a number that reaches another
translate("person_number_given_up", "", CHANGED_MEANWHILE)

"""Inspections on site (现场检查): which class, by draw or with a reason, what was found, said and done."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Bytes, Day, Flag, Int64, Json, Text, UtcTime

OPEN = text("concluded_at IS NULL")
UNUSED = text("draw_id IS NULL")


class InspectionDraw(Model):
    """A draw of classes to be inspected: seed, and the numbers it drew from, so that it can be repeated."""

    __tablename__ = "inspection_draw"
    __table_args__ = (CheckConstraint("size > 0", name="size"), {"sqlite_strict": True})

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    seed: Mapped[str] = mapped_column(Text, nullable=False)
    subject: Mapped[str] = mapped_column(Text, nullable=False)
    numbers: Mapped[Any] = mapped_column(Json, nullable=False)
    size: Mapped[int] = mapped_column(Int64, nullable=False)
    drawn_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    drawn_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


class InspectionSeed(Model):
    """The seed of the next draw in a region; only its hash is shown until everybody drawn was visited."""

    __tablename__ = "inspection_seed"
    __table_args__ = (
        UniqueConstraint("commitment"),
        UniqueConstraint("draw_id"),
        CheckConstraint("length(seed) = 64", name="seed_length"),
        Index(
            "uq_inspection_seed_waiting", "region_code", unique=True, sqlite_where=UNUSED,
            postgresql_where=UNUSED,
        ),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    seed: Mapped[str] = mapped_column(Text, nullable=False)
    commitment: Mapped[str] = mapped_column(Text, nullable=False)
    committed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    committed_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    draw_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("inspection_draw.id"))


class Inspection(Model):
    """One inspection of one class: opened, concluded on site, answered by the institution, closed."""

    __tablename__ = "inspection"
    __table_args__ = (
        CheckConstraint("(draw_id IS NULL) <> (why IS NULL)", name="drawn_or_reason"),
        CheckConstraint("conclusion IN ('in_order','findings','serious')", name="conclusion"),
        CheckConstraint("(concluded_at IS NULL) = (conclusion IS NULL)", name="concluded"),
        CheckConstraint("(concluded_at IS NULL) = (people_present IS NULL)", name="counted"),
        CheckConstraint("people_present <= people_seated", name="present"),
        CheckConstraint("(answered_at IS NULL) = (answer IS NULL)", name="answered"),
        CheckConstraint("(closed_at IS NULL) = (closing IS NULL)", name="closed"),
        CheckConstraint("closed_at IS NULL OR concluded_at IS NOT NULL", name="closed_after"),
        Index("uq_inspection_open", "class_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_inspection_class", "class_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    class_id: Mapped[int] = mapped_column(Int64, ForeignKey("training_class.id"), nullable=False)
    draw_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("inspection_draw.id"))
    why: Mapped[str | None] = mapped_column(Text)
    announced: Mapped[bool] = mapped_column(Flag, nullable=False)
    planned_on: Mapped[date] = mapped_column(Day, nullable=False)
    opened_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    opened_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    people_present: Mapped[int | None] = mapped_column(Int64)
    people_seated: Mapped[int | None] = mapped_column(Int64)
    marks: Mapped[Any | None] = mapped_column(Json)
    findings: Mapped[str | None] = mapped_column(Text)
    conclusion: Mapped[str | None] = mapped_column(Text)
    answer_by: Mapped[date | None] = mapped_column(Day)
    concluded_at: Mapped[datetime | None] = mapped_column(UtcTime)
    concluded_by_person_id: Mapped[int | None] = mapped_column(Int64)
    answer: Mapped[str | None] = mapped_column(Text)
    answered_at: Mapped[datetime | None] = mapped_column(UtcTime)
    answered_by_person_id: Mapped[int | None] = mapped_column(Int64)
    closing: Mapped[str | None] = mapped_column(Text)
    closed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    closed_by_person_id: Mapped[int | None] = mapped_column(Int64)


class InspectionPhoto(Model):
    """A photograph taken on site, without its metadata, sealed under the inspection's own key."""

    __tablename__ = "inspection_photo"
    __table_args__ = (
        UniqueConstraint("inspection_id", "sha256"),
        CheckConstraint("kind IN ('jpeg','png','pdf')", name="kind"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    inspection_id: Mapped[int] = mapped_column(Int64, ForeignKey("inspection.id"), nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    sha256: Mapped[str] = mapped_column(Text, nullable=False)
    size_bytes: Mapped[int] = mapped_column(Int64, nullable=False)
    content_sealed: Mapped[bytes] = mapped_column(Bytes, nullable=False)
    taken_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    taken_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


translate("uq_inspection_seed_waiting", "inspection_seed.region_code", CHANGED_MEANWHILE)
translate("uq_inspection_seed_commitment", "inspection_seed.commitment", CHANGED_MEANWHILE)
translate("uq_inspection_seed_draw_id", "inspection_seed.draw_id", CHANGED_MEANWHILE)
translate("uq_inspection_open", "inspection.class_id", CHANGED_MEANWHILE)
translate(
    "uq_inspection_photo_inspection_id_sha256",
    "inspection_photo.inspection_id, inspection_photo.sha256",
    CHANGED_MEANWHILE,
)

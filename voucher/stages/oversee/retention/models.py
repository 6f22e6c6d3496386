"""Runs of retention: what was listed and why, who confirmed, and what became of each."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text, UtcTime
from voucher.rules.errors import Family, reason

OPEN = text("ended_at IS NULL")

RUN_OPEN = reason(
    "retention_run_open",
    "这个地区，或者它的上级、下级，已有一次到期清除在办",
    "请先确认或作废那一次（从“到期清除”列表打开）；上级的请等上级办结",
    "【设】一个人同时只在一次到期清除的名单上",
    Family.CONFLICT,
)


class RetentionRun(Model):
    """One time that a region's data was held against its time: asked by one, confirmed by another.

    The list stands as it was made on `on_day`; `listed_kind` and `listed_id` say how far making it is, so
    that it goes on where it was cut off; `tell_from_on` is the day the messages name. `ending` is done or
    dropped.
    """

    __tablename__ = "retention_run"
    __table_args__ = (
        CheckConstraint("confirmed_by_person_id <> asked_by_person_id", name="two_people"),
        CheckConstraint("(confirmed_at IS NULL) = (confirmed_by_person_id IS NULL)", name="confirmed_by"),
        CheckConstraint("confirmed_at IS NULL OR from_on IS NOT NULL", name="listed_first"),
        CheckConstraint("(listed_at IS NULL) = (from_on IS NULL)", name="listed"),
        CheckConstraint("ending IN ('done','dropped')", name="ending"),
        CheckConstraint("(ended_at IS NULL) = (ending IS NULL)", name="ended_how"),
        CheckConstraint("ending <> 'done' OR confirmed_at IS NOT NULL", name="confirmed_first"),
        CheckConstraint("ending <> 'dropped' OR (confirmed_at IS NULL AND why IS NOT NULL)", name="dropped"),
        Index("uq_retention_run_open", "region_code", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    on_day: Mapped[date] = mapped_column(Day, nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    listed_kind: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    listed_id: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    listed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    from_on: Mapped[date | None] = mapped_column(Day)
    confirmed_by_person_id: Mapped[int | None] = mapped_column(Int64)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ending: Mapped[str | None] = mapped_column(Text)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    why: Mapped[str | None] = mapped_column(Text)
    tell_from_on: Mapped[date | None] = mapped_column(Day)

    @property
    def number(self) -> str:
        """Return the number people quote, e.g. QC-00000012."""
        return f"QC-{self.id:08d}"


class RetentionItem(Model):
    """One thing of a run: due or kept when listed, and what became of what was due. Neither is rewritten.

    `object_id` is of a person, an account or a complaint; `code` and `words` say why it is kept. `told_…` is
    what the office did where no message reached the person; `failed_…` why a deed was not done, which leaves
    the line open.
    """

    __tablename__ = "retention_item"
    __table_args__ = (
        UniqueConstraint("run_id", "kind", "object_id"),
        CheckConstraint("kind IN ('person','sign_in','complaint')", name="kind"),
        CheckConstraint("(code IS NULL) = (words IS NULL)", name="reason"),
        CheckConstraint("outcome IN ('erased','kept')", name="outcome"),
        CheckConstraint("(outcome IS NULL) = (done_at IS NULL)", name="done"),
        CheckConstraint("code IS NULL OR outcome IS NULL", name="only_due"),
        CheckConstraint("(outcome = 'kept') = (kept_words IS NOT NULL) OR outcome IS NULL", name="kept_why"),
        Index("ix_retention_item_due", "run_id", "id", sqlite_where=text("code IS NULL AND outcome IS NULL"),
              postgresql_where=text("code IS NULL AND outcome IS NULL")),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    run_id: Mapped[int] = mapped_column(Int64, ForeignKey("retention_run.id"), nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    object_id: Mapped[int] = mapped_column(Int64, nullable=False)
    region_code: Mapped[str | None] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(Text)
    words: Mapped[str | None] = mapped_column(Text)
    outcome: Mapped[str | None] = mapped_column(Text)
    kept_words: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcTime)
    told_words: Mapped[str | None] = mapped_column(Text)
    told_by_person_id: Mapped[int | None] = mapped_column(Int64)
    failed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    failed_words: Mapped[str | None] = mapped_column(Text)


translate("uq_retention_run_open", "retention_run.region_code", RUN_OPEN)
translate(
    "uq_retention_item_run_id_kind_object_id",
    "retention_item.run_id, retention_item.kind, retention_item.object_id",
    CHANGED_MEANWHILE,
)

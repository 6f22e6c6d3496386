"""A report as it was frozen; append-only by trigger, whole in its body and its hash."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Json, Text, UtcTime


class StatisticReport(Model):
    """One version of the report of a region and a period: everything it says, and the SHA-256 of that."""

    __tablename__ = "statistic_report"
    __table_args__ = (
        UniqueConstraint("kind", "period", "region_code", "version"),
        CheckConstraint("kind IN ('month','quarter','half','year')", name="kind"),
        CheckConstraint("(version = 1) = (why IS NULL)", name="corrections_with_reason"),
        CheckConstraint("length(sha256) = 64", name="sha256"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    period: Mapped[str] = mapped_column(Text, nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    version: Mapped[int] = mapped_column(Int64, nullable=False)
    why: Mapped[str | None] = mapped_column(Text)
    seal_seq: Mapped[int] = mapped_column(Int64, nullable=False)
    body: Mapped[Any] = mapped_column(Json, nullable=False)
    sha256: Mapped[str] = mapped_column(Text, nullable=False)
    frozen_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    frozen_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


translate(
    "uq_statistic_report_kind_period_region_code_version",
    "statistic_report.kind, statistic_report.period, statistic_report.region_code, statistic_report.version",
    CHANGED_MEANWHILE,
)

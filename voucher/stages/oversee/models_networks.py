"""From which networks counters and exam doors were reached: digests, kept for a time."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text, UtcTime

OF_COUNTER, OF_EXAM = text("candidate_id IS NULL"), text("candidate_id IS NOT NULL")


class NetworkSeen(Model):
    """A network a counter or an exam door was reached from on a day; never changed, kept a season at least.

    `institution_id` is whose counter or exam it was; the digest is keyed: no list of addresses finds it.
    """

    __tablename__ = "network_seen"
    __table_args__ = (
        CheckConstraint("place IN ('counter','exam')", name="place"),
        CheckConstraint("(place = 'exam') = (candidate_id IS NOT NULL)", name="candidate"),
        CheckConstraint("length(network_index) = 64", name="digest"),
        Index("uq_network_seen_counter", "institution_id", "used_on", "network_index", unique=True,
              sqlite_where=OF_COUNTER, postgresql_where=OF_COUNTER),
        Index("uq_network_seen_candidate", "candidate_id", unique=True,
              sqlite_where=OF_EXAM, postgresql_where=OF_EXAM),
        Index("ix_network_seen_used_at", "used_at"),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    place: Mapped[str] = mapped_column(Text, nullable=False)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    candidate_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("candidate.id"))
    network_index: Mapped[str] = mapped_column(Text, nullable=False)
    used_on: Mapped[date] = mapped_column(Day, nullable=False)
    used_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


translate(
    "uq_network_seen_counter",
    "network_seen.institution_id, network_seen.used_on, network_seen.network_index",
    CHANGED_MEANWHILE,
)
translate("uq_network_seen_candidate", "network_seen.candidate_id", CHANGED_MEANWHILE)

"""荣誉 of people: which honour of the dictionary somebody was given on which day, by which document.

A row is never written over or deleted: an honour that was taken back keeps its row, with the day and why.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.bulk import among
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text, UtcTime


class PersonHonour(Model):
    """An honour somebody was given; `revoked_on` and `why` once it was taken back, together and once."""

    __tablename__ = "person_honour"
    __table_args__ = (
        UniqueConstraint("person_id", "honour", "awarded_on"),
        CheckConstraint("length(document) > 0", name="document"),
        CheckConstraint("(revoked_on IS NULL) = (why IS NULL)", name="revoked"),
        CheckConstraint("revoked_on IS NULL OR revoked_on >= awarded_on", name="dates"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    honour: Mapped[str] = mapped_column(Text, nullable=False)
    awarded_on: Mapped[date] = mapped_column(Day, nullable=False)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    recorded_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    recorded_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    # empty only where one person entered it before two were needed
    award_file_id: Mapped[int | None] = mapped_column(Int64)
    revoked_on: Mapped[date | None] = mapped_column(Day)
    why: Mapped[str | None] = mapped_column(Text)


translate(
    "uq_person_honour_person_id_honour_awarded_on",
    "person_honour.person_id, person_honour.honour, person_honour.awarded_on",
    CHANGED_MEANWHILE,
)


def list_given(session: Session, person_ids: Sequence[int]) -> list[PersonHonour]:
    """Return the honours of people in order of time, those taken back among them."""
    return list(
        session.scalars(
            select(PersonHonour)
            .where(among(session, PersonHonour.person_id, person_ids))
            .order_by(PersonHonour.awarded_on, PersonHonour.id)
        )
    )

"""Who of the staff opened which page: once a day, kept for a time."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text, UtcTime


class PageOpening(Model):
    """The first opening of one page by one hand on one day; never changed, kept half a year at the least.

    `holder_person_id` is whose page it was, none for a batch; `matter` is what was open there at the time and
    made it somebody's duty, none where nothing was.
    """

    __tablename__ = "page_opening"
    __table_args__ = (
        UniqueConstraint("opened_by_person_id", "thing", "object_id", "opened_on"),
        CheckConstraint("thing IN ('person','voucher','claim','batch')", name="thing"),
        CheckConstraint("matter IN ('claim','hold','call','flag','complaint','inspection')", name="matter"),
        Index("ix_page_opening_holder", "holder_person_id", "id"),
        Index("ix_page_opening_opened_at", "opened_at"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    thing: Mapped[str] = mapped_column(Text, nullable=False)
    object_id: Mapped[int] = mapped_column(Int64, nullable=False)
    holder_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    opened_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    opened_by_user_id: Mapped[int] = mapped_column(Int64, nullable=False)
    matter: Mapped[str | None] = mapped_column(Text)
    opened_on: Mapped[date] = mapped_column(Day, nullable=False)
    opened_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


translate(
    "uq_page_opening_opened_by_person_id_thing_object_id_opened_on",
    "page_opening.opened_by_person_id, page_opening.thing, page_opening.object_id, page_opening.opened_on",
    CHANGED_MEANWHILE,
)

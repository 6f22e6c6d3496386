"""Where exams are sat: sites an evaluator filed, their rooms, rooms chosen for an exam, seats in them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.rules.errors import Family, reason
from voucher.rules.seats import SOURCE

LIVE = text("ended_at IS NULL")

ROOM_TAKEN = reason(
    "exam_room_taken",
    "所选考场在同一时间已安排另一场考试",
    "请换一个考场，或改开考时间",
    SOURCE,
    Family.CONFLICT,
)
SITE_NAMED_ALREADY = reason(
    "exam_site_named_already",
    "本机构已登记同名的考点或考场",
    "请换一个名称；人数有变的，先停用原考场再登记",
    SOURCE,
    Family.CONFLICT,
)


class ExamSite(Model):
    """A place an evaluator filed for exams (考点): its name and address."""

    __tablename__ = "exam_site"
    __table_args__ = (
        CheckConstraint("length(name) > 0 AND length(address) > 0", name="told"),
        Index("uq_exam_site_name", "institution_id", "name", unique=True,
              sqlite_where=LIVE, postgresql_where=LIVE),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    address: Mapped[str] = mapped_column(Text, nullable=False)
    filed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    filed_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ExamRoom(Model):
    """A hall or a workshop of a site (考场、车间) with as many seats as it has; the number never changes."""

    __tablename__ = "exam_room"
    __table_args__ = (
        UniqueConstraint("id", "seats"),
        CheckConstraint("kind IN ('hall','workshop')", name="kind"),
        CheckConstraint("seats >= 1", name="seats"),
        CheckConstraint("length(name) > 0", name="told"),
        Index("uq_exam_room_name", "site_id", "name", unique=True,
              sqlite_where=LIVE, postgresql_where=LIVE),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    site_id: Mapped[int] = mapped_column(Int64, ForeignKey("exam_site.id"), nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    seats: Mapped[int] = mapped_column(Int64, nullable=False)
    filed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    filed_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ExamRoomUse(Model):
    """A room at one exam, from its beginning until it is free again; no room is at two exams at once.

    `seats` is the room's, carried by the foreign key, so that no seat lies beyond it. What would overlap is
    refused by an exclusion constraint, on SQLite by a trigger, and so is a row without `until_at`.
    """

    __tablename__ = "exam_room_use"
    __table_args__ = (
        UniqueConstraint("id", "batch_id", "seats"),
        ForeignKeyConstraint(
            ["room_id", "seats"], ["exam_room.id", "exam_room.seats"], name="fk_exam_room_use_room"
        ),
        Index("uq_exam_room_use_moment", "room_id", "begins_at", unique=True,
              sqlite_where=LIVE, postgresql_where=LIVE),
        Index("ix_exam_room_use_batch", "batch_id"),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    batch_id: Mapped[int] = mapped_column(Int64, ForeignKey("exam_batch.id"), nullable=False)
    room_id: Mapped[int] = mapped_column(Int64, nullable=False)
    seats: Mapped[int] = mapped_column(Int64, nullable=False)
    begins_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    chosen_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    chosen_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)
    until_at: Mapped[datetime | None] = mapped_column(UtcTime)


class ExamSeat(Model):
    """The seat of one candidate (座位), inside the room, nobody else's and one only."""

    __tablename__ = "exam_seat"
    __table_args__ = (
        ForeignKeyConstraint(
            ["use_id", "batch_id", "seats"],
            ["exam_room_use.id", "exam_room_use.batch_id", "exam_room_use.seats"],
            name="fk_exam_seat_use",
        ),
        ForeignKeyConstraint(
            ["candidate_id", "batch_id"],
            ["candidate.id", "candidate.batch_id"],
            name="fk_exam_seat_candidate",
        ),
        CheckConstraint("number BETWEEN 1 AND seats", name="inside"),
        Index("uq_exam_seat_number", "use_id", "number", unique=True,
              sqlite_where=LIVE, postgresql_where=LIVE),
        Index("uq_exam_seat_candidate", "candidate_id", unique=True,
              sqlite_where=LIVE, postgresql_where=LIVE),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    batch_id: Mapped[int] = mapped_column(Int64, nullable=False)
    candidate_id: Mapped[int] = mapped_column(Int64, nullable=False)
    use_id: Mapped[int] = mapped_column(Int64, nullable=False)
    seats: Mapped[int] = mapped_column(Int64, nullable=False)
    number: Mapped[int] = mapped_column(Int64, nullable=False)
    given_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_exam_site_name", "exam_site.institution_id, exam_site.name", SITE_NAMED_ALREADY)
translate("uq_exam_room_name", "exam_room.site_id, exam_room.name", SITE_NAMED_ALREADY)
translate("uq_exam_room_use_moment", "exam_room_use.room_id, exam_room_use.begins_at", ROOM_TAKEN)
translate("ex_exam_room_use_apart", "", ROOM_TAKEN)
translate("uq_exam_seat_number", "exam_seat.use_id, exam_seat.number", CHANGED_MEANWHILE)
translate("uq_exam_seat_candidate", "exam_seat.candidate_id", CHANGED_MEANWHILE)

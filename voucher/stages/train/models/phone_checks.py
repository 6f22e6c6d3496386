"""Random phone checks (电话抽查): the seed of a class, whom it drew from which roster, every call made."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    UniqueConstraint,
    select,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.sealed_columns import sealed_of_person
from voucher.plumbing.types import Bytes, Flag, Int64, Text, UtcTime

UNANSWERED, CALL_SAID = text("result IS NULL"), "phone_call.said"


class PhoneDraw(Model):
    """The draw of a class: its seed, fixed and its hash shown when the class is approved, used at sign-off.

    `roster_digest` is the hash of the voucher numbers it drew from; `share_bp` the share in force then.
    """

    __tablename__ = "phone_draw"
    __table_args__ = (
        UniqueConstraint("class_id"),
        CheckConstraint("(drawn_at IS NULL) = (drawn_by_person_id IS NULL)", name="drawn_by"),
        CheckConstraint("(drawn_at IS NULL) = (share_bp IS NULL)", name="drawn_share"),
        CheckConstraint("(drawn_at IS NULL) = (roster_digest IS NULL)", name="drawn_from"),
        CheckConstraint("(drawn_at IS NULL) = (people_count IS NULL)", name="drawn_people"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    class_id: Mapped[int] = mapped_column(Int64, ForeignKey("training_class.id"), nullable=False)
    seed: Mapped[str] = mapped_column(Text, nullable=False)
    commitment: Mapped[str] = mapped_column(Text, nullable=False)
    committed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    drawn_at: Mapped[datetime | None] = mapped_column(UtcTime)
    drawn_by_person_id: Mapped[int | None] = mapped_column(Int64)
    share_bp: Mapped[int | None] = mapped_column(Int64)
    people_count: Mapped[int | None] = mapped_column(Int64)
    roster_digest: Mapped[str | None] = mapped_column(Text)

    @property
    def is_fixed_late(self) -> bool:
        """Return whether the seed was fixed at the draw itself, the class being older than draws."""
        return self.drawn_at is not None and self.committed_at >= self.drawn_at


class PhoneDrawEntry(Model):
    """Somebody on the roster at the draw, in the order of the scores; the first so many were drawn.

    `outcome` is what the calls came to, once they came to something.
    """

    __tablename__ = "phone_draw_entry"
    __table_args__ = (
        UniqueConstraint("draw_id", "position"),
        UniqueConstraint("draw_id", "voucher_id"),
        ForeignKeyConstraint(
            ["voucher_id", "person_id"],
            ["voucher.id", "voucher.holder_person_id"],
            name="fk_phone_draw_entry_holder",
        ),
        CheckConstraint("outcome IN ('confirmed','doubted','unreachable')", name="outcome"),
        CheckConstraint("(outcome IS NULL) = (concluded_at IS NULL)", name="concluded"),
        CheckConstraint("outcome IS NULL OR is_drawn = 1", name="only_the_drawn"),
        Index("ix_phone_draw_entry_voucher", "voucher_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    draw_id: Mapped[int] = mapped_column(Int64, ForeignKey("phone_draw.id"), nullable=False)
    position: Mapped[int] = mapped_column(Int64, nullable=False)
    voucher_id: Mapped[int] = mapped_column(Int64, nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    voucher_number: Mapped[str] = mapped_column(Text, nullable=False)
    is_drawn: Mapped[bool] = mapped_column(Flag, nullable=False)
    outcome: Mapped[str | None] = mapped_column(Text)
    concluded_at: Mapped[datetime | None] = mapped_column(UtcTime)


class PhoneCall(Model):
    """One call to somebody drawn: who was shown the number and when, and what came of it, written once.

    What somebody said is sealed under the own key, and goes with it.
    """

    __tablename__ = "phone_call"
    __table_args__ = (
        UniqueConstraint("entry_id", "attempt"),
        CheckConstraint("attempt > 0", name="attempt"),
        CheckConstraint(
            "result IN ('confirmed','denied','differs','wrong_number','unreached','declined','no_number')",
            name="result",
        ),
        CheckConstraint("(result IS NULL) = (told_at IS NULL)", name="told"),
        Index(
            "uq_phone_call_open", "entry_id", unique=True, sqlite_where=UNANSWERED,
            postgresql_where=UNANSWERED,
        ),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    entry_id: Mapped[int] = mapped_column(Int64, ForeignKey("phone_draw_entry.id"), nullable=False)
    attempt: Mapped[int] = mapped_column(Int64, nullable=False)
    shown_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    shown_to_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    result: Mapped[str | None] = mapped_column(Text)
    told_at: Mapped[datetime | None] = mapped_column(UtcTime)
    said_sealed: Mapped[bytes | None] = mapped_column(Bytes)


def _calls_of(person_id: int) -> ColumnElement[bool]:
    entries = select(PhoneDrawEntry.id).where(PhoneDrawEntry.person_id == person_id)
    return PhoneCall.entry_id.in_(entries)


sealed_of_person(PhoneCall.said_sealed, CALL_SAID, _calls_of)

translate("uq_phone_draw_class_id", "phone_draw.class_id", CHANGED_MEANWHILE)
translate("uq_phone_call_open", "phone_call.entry_id", CHANGED_MEANWHILE)
translate("uq_phone_call_entry_id_attempt", "phone_call.entry_id, phone_call.attempt", CHANGED_MEANWHILE)

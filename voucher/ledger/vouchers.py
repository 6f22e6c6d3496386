"""The voucher itself: its holder is fixed for ever, and one function moves it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, mapped_column

from voucher.ledger import states
from voucher.ledger.states import Stateful, life
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason
from voucher.rules.lifecycle import Thing

VOUCHER_MISSING = reason(
    "voucher_missing",
    "没有找到这张培训券",
    "请核对券号；如券号无误仍查不到，请联系发券的人社部门",
    "豫办〔2021〕29号 第16项; S2-16b",
    Family.MISSING,
)


class Voucher(Stateful, Model):
    """One voucher of one person for one project, with the money kept for it, in fen.

    The holder column cannot be updated: a trigger on both databases refuses it (不得转让).
    """

    __tablename__ = "voucher"
    __thing__ = Thing.VOUCHER
    __table_args__ = (
        *life(Thing.VOUCHER, "voucher"),
        CheckConstraint("cap_fen >= 0 AND reserved_fen >= 0", name="nothing_below_zero"),
        CheckConstraint("reserved_fen <= cap_fen", name="never_above_cap"),
        CheckConstraint("worth IN ('face_value','offset','sign_in')", name="worth"),
        CheckConstraint("channel IN ('open','directed')", name="channel"),
        Index("ix_voucher_holder", "holder_person_id"),
        {"sqlite_strict": True},
    )

    number: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    holder_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    project_id: Mapped[int] = mapped_column(Int64, ForeignKey("project.id"), nullable=False)
    budget_id: Mapped[int] = mapped_column(Int64, ForeignKey("budget.id"), nullable=False)
    worth: Mapped[str] = mapped_column(Text, nullable=False)
    channel: Mapped[str] = mapped_column(Text, nullable=False)
    cap_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    reserved_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    redeem_by: Mapped[date] = mapped_column(Day, nullable=False)
    certify_by: Mapped[date | None] = mapped_column(Day)
    replaces_voucher_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("voucher.id"))
    issued_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


def get_voucher(work: Work, voucher_id: int) -> Voucher:
    """Return a voucher, locked for this transaction. Raises Refused voucher_missing."""
    found = work.session.scalars(select(Voucher).where(Voucher.id == voucher_id).with_for_update()).first()
    if found is None:
        raise VOUCHER_MISSING.refused()
    return found


def issue(work: Work, voucher: Voucher) -> Voucher:
    """Give a new voucher its first event and return it; money and holder are the caller's to have settled."""
    for name, value in states.first_state(Thing.VOUCHER, "issue").items():
        setattr(voucher, name, value)
    work.session.add(voucher)
    work.session.flush()
    states.begin(work, Thing.VOUCHER, [voucher.id], "issue")
    return voucher


def advance(work: Work, voucher: Voucher, event: str, *, reason: str | None = None) -> Voucher:
    """Move a voucher by one event; the only way a voucher moves.

    Raises Refused event_not_allowed, on_hold.
    """
    states.move(work, Voucher, [voucher], event, reason=reason)
    return voucher

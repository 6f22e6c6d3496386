"""T codes that were sent by a short message: good for longer than a screen's, at one institution only."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ForeignKey, Index, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger.credentials.screen import ScreenCode
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.rules.presenting import CODE_ELSEWHERE


class TextedCode(Model):
    """Where a code may be used that went out by a short message, and who asked for it."""

    __tablename__ = "texted_code"
    __table_args__ = (
        Index("ix_texted_code_voucher", "voucher_id", "asked_at"),
        Index("ix_texted_code_institution", "institution_id", "asked_at"),
        {"sqlite_strict": True},
    )

    screen_code_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("screen_code.id"), primary_key=True, autoincrement=False
    )
    voucher_id: Mapped[int] = mapped_column(Int64, ForeignKey("voucher.id"), nullable=False)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


def keep_for(work: Work, code: ScreenCode, institution_id: int) -> None:
    """Keep a code to one institution."""
    work.session.add(
        TextedCode(
            screen_code_id=code.id,
            voucher_id=code.voucher_id,
            institution_id=institution_id,
            asked_by_person_id=work.actor.person_id,
            asked_at=work.at,
        )
    )
    work.session.flush()


def check_place(session: Session, code: ScreenCode, houses: Collection[int]) -> None:
    """Refuse a texted code at any institution but its own. Raises Refused code_elsewhere."""
    kept = session.get(TextedCode, code.id)
    if kept is not None and kept.institution_id not in houses:
        raise CODE_ELSEWHERE.refused()


def count_texted(
    session: Session, since: datetime, *, voucher_id: int | None = None, institution_id: int | None = None
) -> int:
    """Return how many codes of a voucher, or asked for by an institution, went out since a moment."""
    found = select(func.count()).select_from(TextedCode).where(TextedCode.asked_at >= since)
    if voucher_id is not None:
        found = found.where(TextedCode.voucher_id == voucher_id)
    if institution_id is not None:
        found = found.where(TextedCode.institution_id == institution_id)
    return session.scalar(found) or 0

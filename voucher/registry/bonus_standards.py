"""What bonuses are worth: dated rows per kind and item, with the fund they come from and who says so."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text
from voucher.rules.bonus_kinds import BonusKind
from voucher.rules.bonuses import BonusStandard


class BonusStandardRow(Model):
    """One item of one kind: from least to most in fen, and the terms it comes with; never written over."""

    __tablename__ = "bonus_standard"
    __table_args__ = (
        UniqueConstraint("item_code", "kind", "region_code", "since"),
        CheckConstraint("least_fen > 0 AND most_fen >= least_fen", name="amounts"),
        CheckConstraint("insured_months > 0", name="months"),
        CheckConstraint("payee_cap_fen > 0", name="cap"),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    item_code: Mapped[str] = mapped_column(Text, nullable=False)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    region_code: Mapped[str | None] = mapped_column(Text, ForeignKey("region.code"))
    least_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    most_fen: Mapped[int] = mapped_column(Int64, nullable=False)
    insured_months: Mapped[int | None] = mapped_column(Int64)
    payee_cap_fen: Mapped[int | None] = mapped_column(Int64)
    fund: Mapped[str | None] = mapped_column(Text)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    document: Mapped[str] = mapped_column(Text, nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)


def read_bonus_standards(session: Session) -> list[BonusStandard]:
    """Return every row, in force or not; the rule chooses by kind, item, day and region."""
    return [
        BonusStandard(
            kind=BonusKind(row.kind),
            item_code=row.item_code,
            name=row.name,
            region_code=row.region_code,
            least_fen=row.least_fen,
            most_fen=row.most_fen,
            insured_months=row.insured_months,
            payee_cap_fen=row.payee_cap_fen,
            fund=row.fund,
            since=row.since,
            until=row.until,
            document=row.document,
        )
        for row in session.scalars(select(BonusStandardRow).order_by(BonusStandardRow.id))
    ]

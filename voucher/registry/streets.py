"""乡镇街道: the places below a county, by their nine digits; no office stands there, addresses do."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import CheckConstraint, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.db import Model
from voucher.plumbing.types import Text


class Street(Model):
    """One town or street of a county or functional zone."""

    __tablename__ = "street"
    __table_args__ = (
        CheckConstraint("length(code) = 9", name="code_length"),
        Index("ix_street_region", "region_code"),
        {"sqlite_strict": True},
    )

    code: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text, nullable=False)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), nullable=False)
    source: Mapped[str] = mapped_column(Text, nullable=False)


def list_streets(session: Session, region_code: str) -> Sequence[Street]:
    """Return the towns and streets of a county or zone, by code."""
    return session.scalars(
        select(Street).where(Street.region_code == region_code).order_by(Street.code)
    ).all()

"""The credit an institution has (信用分): written by who watches, read by who lets a class begin."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Json, UtcTime
from voucher.registry.institutions import Institution
from voucher.registry.tables import require_parameter_number
from voucher.rules.credit import WHOLE, check_credit

LEAST = "credit_least_for_classes"


class CreditScore(Model):
    """The points of an institution as they stand, with every kind of finding they came of; no row is whole.

    Written where they change; each change is an act of the trail.
    """

    __tablename__ = "credit_score"
    __table_args__ = (CheckConstraint("points BETWEEN 0 AND 100", name="points"), {"sqlite_strict": True})

    institution_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("institution.id"), primary_key=True, autoincrement=False
    )
    points: Mapped[int] = mapped_column(Int64, nullable=False)
    lines: Mapped[Any] = mapped_column(Json, nullable=False)
    scored_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


def read_points(session: Session, institution_id: int) -> int:
    """Return the points of an institution; the whole hundred where nothing was found."""
    found = session.get(CreditScore, institution_id)
    return WHOLE if found is None else found.points


def check_credit_of(session: Session, institution_id: int, on: date) -> None:
    """Refuse a new class to an institution with too little credit. Raises Refused credit_too_low."""
    least = require_parameter_number(session, LEAST, on, ())
    house = session.get_one(Institution, institution_id)
    check_credit(house.name, read_points(session, institution_id), least)


translate("pk_credit_score", "credit_score.institution_id", CHANGED_MEANWHILE)

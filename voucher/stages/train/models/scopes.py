"""Whether a class lies in what its institution filed and is listed for, as last asked."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Flag, Int64, Text


class ClassScope(Model):
    """The last answer whether a class is in scope, since when it is this answer, and when it was last asked.

    `code` is the refusal that says what is missing; every change of the answer, and a no, is in the trail.
    """

    __tablename__ = "class_scope"
    __table_args__ = (
        CheckConstraint("(is_in_scope = 1) = (code IS NULL)", name="code"),
        CheckConstraint("asked_on >= since", name="asked"),
        Index("ix_class_scope_asked_on", "asked_on"),
        {"sqlite_strict": True},
    )

    class_id: Mapped[int] = mapped_column(
        Int64, ForeignKey("training_class.id"), primary_key=True, autoincrement=False
    )
    is_in_scope: Mapped[bool] = mapped_column(Flag, nullable=False)
    code: Mapped[str | None] = mapped_column(Text)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    asked_on: Mapped[date] = mapped_column(Day, nullable=False)

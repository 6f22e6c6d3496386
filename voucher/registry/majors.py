"""Majors of schools (专业) and the occupations each leads to: what a school may evaluate."""

from __future__ import annotations

from datetime import date

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Day, Int64, Text
from voucher.registry.institutions import Institution


class MajorOccupation(Model):
    """A major leads to an occupation between two days, by a published table."""

    __tablename__ = "major_occupation"
    __table_args__ = (
        UniqueConstraint("major_code", "occupation_code", "since"),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    major_code: Mapped[str] = mapped_column(Text, nullable=False)
    major_name: Mapped[str] = mapped_column(Text, nullable=False)
    occupation_code: Mapped[str] = mapped_column(Text, nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    document: Mapped[str] = mapped_column(Text, nullable=False)


class SchoolMajor(Model):
    """A school offers a major between two days."""

    __tablename__ = "school_major"
    __table_args__ = (
        UniqueConstraint("institution_id", "major_code", "since"),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    major_code: Mapped[str] = mapped_column(Text, nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)


def list_taught_occupations(session: Session, institution_code: str, on: date) -> frozenset[str]:
    """Return the occupations the majors of a school lead to on a day."""
    return frozenset(
        session.scalars(
            select(MajorOccupation.occupation_code)
            .join(SchoolMajor, SchoolMajor.major_code == MajorOccupation.major_code)
            .join(Institution, Institution.id == SchoolMajor.institution_id)
            .where(
                Institution.code == institution_code,
                SchoolMajor.since <= on,
                or_(SchoolMajor.until.is_(None), SchoolMajor.until >= on),
                MajorOccupation.since <= on,
                or_(MajorOccupation.until.is_(None), MajorOccupation.until >= on),
            )
        )
    )


translate(
    "uq_major_occupation_major_code_occupation_code_since",
    "major_occupation.major_code, major_occupation.occupation_code, major_occupation.since",
    CHANGED_MEANWHILE,
)
translate(
    "uq_school_major_institution_id_major_code_since",
    "school_major.institution_id, school_major.major_code, school_major.since",
    CHANGED_MEANWHILE,
)

"""Who works where between two days, by contract or insurance: whose people an employer may evaluate."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    Select,
    UniqueConstraint,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.bulk import among
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.types import Day, Int64, Text, UtcTime
from voucher.registry.people import Person, index_of, name_index_of
from voucher.rules.errors import Refused
from voucher.rules.names import normalise_name
from voucher.rules.spelling import fold_spelling

EVIDENCE_NAMES = {"contract": "劳动合同", "insurance": "社会保险"}


class Employment(Model):
    """A person works for an employer between two days; what proves it and who entered it."""

    __tablename__ = "employment"
    __table_args__ = (
        UniqueConstraint("person_id", "institution_id", "since"),
        CheckConstraint("until IS NULL OR until >= since", name="dates"),
        CheckConstraint("evidence_kind IN ('contract','insurance')", name="evidence_kind"),
        Index("ix_employment_institution", "institution_id", "person_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    institution_id: Mapped[int] = mapped_column(Int64, ForeignKey("institution.id"), nullable=False)
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)
    evidence_kind: Mapped[str] = mapped_column(Text, nullable=False)
    evidence: Mapped[str] = mapped_column(Text, nullable=False)
    recorded_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    recorded_by_person_id: Mapped[int] = mapped_column(Int64, nullable=False)


def list_staff(
    session: Session, institution_id: int, person_ids: Collection[int], on: date
) -> frozenset[int]:
    """Return those of some people who work for an employer on a day."""
    return frozenset(
        session.scalars(
            select(Employment.person_id).where(
                Employment.institution_id == institution_id,
                among(session, Employment.person_id, person_ids),
                Employment.since <= on,
                or_(Employment.until.is_(None), Employment.until >= on),
            )
        )
    )


def is_employed(session: Session, person_id: int, on: date) -> bool:
    """Return whether a person works for any employer on a day."""
    working = select(Employment.id).where(
        Employment.person_id == person_id,
        Employment.since <= on,
        or_(Employment.until.is_(None), Employment.until >= on),
    )
    return session.scalar(working.limit(1)) is not None


def count_staff(session: Session, institution_ids: Sequence[int], on: date) -> int:
    """Return how many people work for these employers on a day."""
    return (
        session.scalar(
            select(func.count(func.distinct(Employment.person_id))).where(
                Employment.institution_id.in_(sorted(institution_ids)),
                Employment.since <= on,
                func.coalesce(Employment.until, on) >= on,
            )
        )
        or 0
    )


def select_called(keyring: Keyring, typed: str) -> Select[Any]:
    """Return the query of the people who bear a name or a number; whole, for neither can be read in parts."""
    borne: list[ColumnElement[bool]] = [Person.blind_index == index_of(keyring, fold_spelling(typed).upper())]
    with suppress(Refused):  # a number is no name
        borne.append(Person.name_index == name_index_of(keyring, normalise_name(typed)))
    return select(Person.id).where(or_(*borne))


translate(
    "uq_employment_person_id_institution_id_since",
    "employment.person_id, employment.institution_id, employment.since",
    CHANGED_MEANWHILE,
)

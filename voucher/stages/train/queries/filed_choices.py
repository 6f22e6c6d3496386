"""What an institution has filed of itself, as choices: the teachers and rooms its classes may name."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry.filing.models import Filing, FilingRoom, FilingTeacher
from voucher.registry.people import read_people


def list_filed_teachers(session: Session, keyring: Keyring, institution_ids: Collection[int]) -> list[str]:
    """Return the names of the teachers in the filings in force of these institutions."""
    rows = session.scalars(
        select(FilingTeacher.person_id)
        .join(Filing, Filing.id == FilingTeacher.filing_id)
        .where(Filing.state == "accepted", Filing.institution_id.in_(sorted(institution_ids)))
    )
    people = read_people(session, keyring, sorted(set(rows)))
    return sorted({each.name for each in people.values()})


def list_filed_rooms(session: Session, institution_ids: Collection[int]) -> list[tuple[str, int]]:
    """Return name and seats of the rooms in the filings in force of these institutions."""
    rows = session.execute(
        select(FilingRoom.name, FilingRoom.seats)
        .join(Filing, Filing.id == FilingRoom.filing_id)
        .where(Filing.state == "accepted", Filing.institution_id.in_(sorted(institution_ids)))
        .order_by(FilingRoom.name)
    )
    return [(name, seats) for name, seats in rows]

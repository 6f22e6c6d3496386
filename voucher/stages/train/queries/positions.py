"""Positions marks were made at, opened for the rules that look for somebody in two places at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry.phones import read_keys
from voucher.stages.train.models.marks import AttendanceMark
from voucher.stages.train.models.positions import MarkPosition, position_context


@dataclass(frozen=True, slots=True)
class MarkedAt:
    """Where a mark was made in micro-degrees, and whether its device said that this is feigned."""

    latitude_e6: int | None = None
    longitude_e6: int | None = None
    is_mocked: int | None = None


NOWHERE = MarkedAt()


def read_positions(
    session: Session, keyring: Keyring, since: datetime, until: datetime
) -> Mapping[int, MarkedAt]:
    """Return where the marks of a window were made, by mark; of people who were erased nothing opens."""
    rows = session.execute(
        select(MarkPosition, AttendanceMark.person_id)
        .join(AttendanceMark, AttendanceMark.id == MarkPosition.mark_id)
        .where(AttendanceMark.marked_at >= since, AttendanceMark.marked_at < until)
    ).all()
    keys = read_keys(session, keyring, sorted({person_id for _, person_id in rows}))
    found = {}
    for each, person_id in rows:
        if person_id in keys:
            said = keyring.unseal(keys[person_id], position_context(each.mark_id), each.position_sealed)
            latitude, _, longitude = said.partition(",")
            found[each.mark_id] = MarkedAt(int(latitude), int(longitude), each.is_mocked)
    return found


def count_positions(session: Session, person_id: int) -> tuple[int, datetime | None]:
    """Return how many positions are kept of a person's marks, and of when the newest is."""
    count, last_at = session.execute(
        select(func.count(), func.max(AttendanceMark.marked_at))
        .select_from(MarkPosition)
        .join(AttendanceMark, AttendanceMark.id == MarkPosition.mark_id)
        .where(AttendanceMark.person_id == person_id)
    ).one()
    return count, last_at

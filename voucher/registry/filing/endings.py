"""Whose licences end soon, or have ended: told to the institution and to the office."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from voucher.registry import tables
from voucher.registry.institutions import Institution
from voucher.rules.filing import warned_until

WARNING = "licence_warning_days"


@dataclass(frozen=True, slots=True)
class Ending:
    """An institution whose licences end, or have ended."""

    institution: Institution
    until: date
    days_left: int


def list_endings(
    session: Session,
    today: date,
    *,
    regions: Collection[str] = (),
    institution_ids: Collection[int] = (),
    limit: int = 20,
) -> list[Ending]:
    """Return who still trains with licences that end within the days of warning or have ended.

    Those that end first, so many at the most. Raises Refused parameter_missing.
    """
    days = tables.require_parameter_number(session, WARNING, today, ())
    rows = session.execute(
        select(Institution, Institution.licensed_until)
        .where(
            Institution.licensed_until <= warned_until(today, days),
            Institution.state.in_(("listed", "warned", "rectifying", "suspended")),
            or_(Institution.region_code.in_(sorted(regions)), Institution.id.in_(sorted(institution_ids))),
        )
        .order_by(Institution.licensed_until, Institution.id)
        .limit(limit)
    )
    return [Ending(each, until, (until - today).days) for each, until in rows if until is not None]

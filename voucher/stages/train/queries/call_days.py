"""By when everybody a draw named is to be called."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy.orm import Session

from voucher.plumbing.clock import day_of
from voucher.registry import tables
from voucher.rules.calendar import WorkCalendar, add_workdays
from voucher.rules.errors import Refused
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.models.phone_checks import PhoneDraw

LIMIT = "phone_check_workdays"


def find_last_days(
    session: Session, rows: Sequence[tuple[PhoneDraw, TrainingClass]]
) -> dict[int, date | None]:
    """Return by draw the last day for its calls; None before it is made, without a limit or a calendar.

    Raises Refused parameter_missing.
    """
    calendar, limits = tables.read_calendar(session), dict[tuple[str, date], int | None]()
    found: dict[int, date | None] = {}
    for drawn, taught in rows:
        found[drawn.id] = None
        if drawn.drawn_at is None:
            continue
        key = taught.region_code, day_of(drawn.drawn_at)
        if key not in limits:
            limits[key] = tables.read_number_at(session, LIMIT, key[1], key[0])
        found[drawn.id] = _add(key[1], limits[key], calendar)
    return found


def _add(day: date, workdays: int | None, calendar: WorkCalendar) -> date | None:
    try:
        return add_workdays(day, workdays, calendar, count_first=False) if workdays else None
    except Refused:
        return None

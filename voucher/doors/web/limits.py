"""How long something may still wait, in working days, for every list and page that shows a limit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from flask import g

from voucher.doors.auth.door import the_door
from voucher.plumbing.clock import day_of
from voucher.registry import tables
from voucher.rules.calendar import CALENDAR_YEAR_MISSING, WorkCalendar
from voucher.rules.errors import Refused
from voucher.rules.pace import workdays_left

SOON_WORKDAYS = 2  # from here on a limit is shown in amber


@dataclass(frozen=True, slots=True)
class Left:
    """What a page says of a limit: the look and the words; `due_on` stands beside them."""

    tone: str
    words: str
    due_on: date


def left_of(since: datetime | date | None, due_on: date | None) -> Left | None:
    """Return how long a step begun then may still take; None where no limit is set.

    A year whose holidays are not announced has no count: the day alone is told.
    """
    if since is None or due_on is None:
        return None
    begun_on = day_of(since) if isinstance(since, datetime) else since
    today = the_door().today
    late = due_on < today
    try:
        left = workdays_left(begun_on, due_on, today, _calendar())
    except Refused as refused:
        if refused.refusal.code != CALENDAR_YEAR_MISSING.code:
            raise
        return Left("bad" if late else "wait", "已超期" if late else f"{due_on.isoformat()} 前", due_on)
    if late:
        return Left("bad", f"已超 {-left} 个工作日" if left else "已超期", due_on)
    return Left("warn" if left <= SOON_WORKDAYS else "wait", f"剩 {left} 个工作日", due_on)


def _calendar() -> WorkCalendar:
    """Return the calendar, read once for a page however many limits it shows."""
    if "work_calendar" not in g:
        with the_door().read() as session:
            g.work_calendar = tables.read_calendar(session)
    found: WorkCalendar = g.work_calendar
    return found

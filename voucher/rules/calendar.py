"""Working days: counted from the announced holidays and make-up days, never guessed.

The calendar is handed in. Saturdays and Sundays are free and the other days are worked unless an announced
day says otherwise; a year whose announcement has not been imported is refused, not assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

HOLIDAYS = "国务院办公厅 年度节假日安排通知; 全国年节及纪念日放假办法"
FOUNDED = date(2021, 10, 28)
# No daylight saving since 1991, and no act of this house is older: the zone is a fixed offset.
SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")
# 元旦 is bridged across the turn of the year (2018-12-29 was a make-up day by the announcement for 2019),
# and the week in which 1 January falls begins on 28 December at the earliest that can be traded for it.
YEAR_END = (12, 28)

CALENDAR_YEAR_MISSING = reason(
    "calendar_year_missing",
    "{year}年放假安排尚未导入，不能计算工作日",
    "请由省级审核人员导入国务院办公厅公布的{year}年节假日安排后重试",
    HOLIDAYS,
    Family.UNAVAILABLE,
)


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """The announced days (True: worked, False: free) and the years whose announcement has been imported."""

    days: Mapping[date, bool] = field(repr=False)
    years: frozenset[int]


@dataclass(frozen=True, slots=True)
class Period:
    """From one day to another, both included."""

    from_on: date
    until_on: date


@rule(number="CAL-01", stage="通用", source=f"{HOLIDAYS}; DESIGN §5", since=FOUNDED)
def may_work(day: date, calendar: WorkCalendar) -> bool:
    """Return whether a day is a working day; make-up days are.

    The last days of December are known only once the next year's announcement is.
    Raises calendar_year_missing.
    """
    announced = calendar.days.get(day)
    if announced is not None:
        return announced
    deciding = [day.year, day.year + 1] if (day.month, day.day) >= YEAR_END else [day.year]
    for year in deciding:
        if year not in calendar.years:
            raise CALENDAR_YEAR_MISSING.refused(year=year)
    return day.weekday() < 5


@rule(number="CAL-02", stage="通用", source=f"{HOLIDAYS}; AC-H3", since=FOUNDED)
def add_workdays(start: date, workdays: int, calendar: WorkCalendar, *, count_first: bool) -> date:
    """Return the day on which the given number of working days (at least 1) is complete.

    With `count_first` the start itself is the first of them where it is a working day; where it is not,
    counting begins with the next working day either way.

    Raises calendar_year_missing.
    """
    if workdays < 1:
        raise ValueError(f"{workdays} working days cannot be counted")
    day = start
    left = workdays
    if count_first and may_work(day, calendar):
        left -= 1
    while left:
        day += timedelta(days=1)
        if may_work(day, calendar):
            left -= 1
    return day


@rule(number="CAL-03", stage="通用", source=HOLIDAYS, since=FOUNDED)
def count_workdays(from_on: date, until_on: date, calendar: WorkCalendar) -> int:
    """Return the working days from one day to another, both included; none where the first is the later.

    Raises calendar_year_missing.
    """
    span = (until_on - from_on).days + 1
    return sum(may_work(from_on + timedelta(days=offset), calendar) for offset in range(span))


@rule(
    number="CAL-04",
    stage="兑现",
    source="济源示范区 2024-03-06 公示 (DOMAIN H-b); AC-H3【参】",
    since=FOUNDED,
)
def notice_period(start: date, workdays: int, calendar: WorkCalendar, *, first_day_counts: bool) -> Period:
    """Return the days a public notice stands, from the day it is posted.

    A notice posted on a free day stands from that day, and its working days begin with the next one.
    Raises calendar_year_missing.
    """
    return Period(start, add_workdays(start, workdays, calendar, count_first=first_day_counts))


@rule(number="CAL-05", stage="通用", source="【设】日期按 Asia/Shanghai", since=FOUNDED)
def shanghai_date(at: datetime) -> date:
    """Return the day an instant falls on in Asia/Shanghai; it must carry a zone (else ValueError)."""
    if at.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return at.astimezone(SHANGHAI).date()


@rule(number="CAL-06", stage="兑现", source="预算法 第十八条", since=date(2015, 1, 1))
def fiscal_year(day: date) -> int:
    """Return the budget year of a day: the calendar year."""
    return day.year

"""Changes of an approved class's timetable (课程变更): which are merely told, which the office reviews."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

FOUNDED = date(2021, 10, 28)
SOURCE = "豫办〔2021〕29号 第3项; S2-03c; 【设】开班后课程变更"

SESSION_HELD = reason(
    "class_session_held",
    "第 {position} 次课已经开始，或已有签到、到课记录，不能变更",
    "只能变更还没有上的课；已上的课有误的，请办理到课更正",
    SOURCE,
    Family.CONFLICT,
)
TIME_PAST = reason(
    "class_session_time_past",
    "第 {position} 次课改到 {starts}，这个时间已经过去",
    "请改到以后的时间",
    SOURCE,
)
HOURS_WITH_LEARNERS = reason(
    "class_hours_with_learners",
    "已有 {count} 名学员在班，计划学时不能由 {former} 改为 {hours}",
    "可以在课次之间调整学时，总数不变；确需增减的，请另开班级并办理转班",
    "【设】补贴按报名时的计划学时预留",
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Outline:
    """What the office approved of a class: hours per mode, first and last day, the sites (addresses)."""

    hours: tuple[int, int]
    starts_on: date
    ends_on: date
    sites: frozenset[str]


@rule(number="TRN-17", stage="培训", source=SOURCE, since=FOUNDED)
def is_outline_kept(approved: Outline, planned: Outline) -> bool:
    """Return whether a change leaves hours and dates as approved and goes to no further site."""
    return (
        approved.hours == planned.hours
        and (approved.starts_on, approved.ends_on) == (planned.starts_on, planned.ends_on)
        and planned.sites <= approved.sites
    )


@rule(number="TRN-18", stage="培训", source=SOURCE, since=FOUNDED)
def is_told_in_time(at: datetime, earliest: datetime, notice_hours: int) -> bool:
    """Return whether the earliest moment a change touches lies at least so many hours ahead."""
    return earliest - at >= timedelta(hours=notice_hours)


@rule(number="TRN-19", stage="培训", source=SOURCE, since=FOUNDED)
def check_not_held(position: int, starts_at: datetime, at: datetime, *, recorded: bool) -> None:
    """Check that a session has neither begun nor any mark, hours or study.

    Raises class_session_held.
    """
    if recorded or starts_at <= at:
        raise SESSION_HELD.refused(position=position)


@rule(number="TRN-20", stage="培训", source=HOURS_WITH_LEARNERS.source, since=FOUNDED)
def check_hours_stay(former: int, hours: int, seated: int) -> None:
    """Check that planned hours stay where somebody sits in a class, whose price was promised by them.

    Raises class_hours_with_learners.
    """
    if seated and former != hours:
        raise HOURS_WITH_LEARNERS.refused(count=seated, former=former, hours=hours)

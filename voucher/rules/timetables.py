"""Changes of an approved class's timetable (课程变更): which are merely told, which the office reviews."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from voucher.rules.classes import BLENDED, OFFLINE, ONLINE
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
SESSION_KEPT = reason(
    "class_session_kept",
    "第 {position} 次课不能取消：{problem}",
    "请改到别的时间，或换教师、场地；整个班级不办了的，请办理取消开班",
    SOURCE,
    Family.CONFLICT,
)
CLASS_BEGINS_UNREVIEWED = reason(
    "class_begins_unreviewed",
    "第一次课 {starts} 已经开始，现在准予开班，学员也不能再报名",
    "请退回，由培训机构改期后重新提交",
    SOURCE,
    Family.CONFLICT,
)
ADDITION_WRONG = reason(
    "class_session_addition_wrong",
    "新增的课次填写有误：{problem}",
    "请写明内容、时间、学时，方式与班级一致后重新提交",
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


@rule(number="TRN-21", stage="培训", source=SOURCE, since=FOUNDED)
def check_may_drop(position: int, left: int, *, has_lessons: bool) -> None:
    """Check that a session may fall away: another one is left, and nothing was put together for it to play.

    Raises class_session_kept.
    """
    if has_lessons:
        raise SESSION_KEPT.refused(position=position, problem="已有线上课内容")
    if left < 1:
        raise SESSION_KEPT.refused(position=position, problem="班级至少要有一次课")


@rule(number="TRN-22", stage="培训", source=SOURCE, since=FOUNDED)
def check_addition(mode: str, class_mode: str, topic: str, hours: int) -> None:
    """Check that a session to be added says what is taught for how long, in a mode of its class.

    Raises class_session_addition_wrong.
    """
    problems = []
    if not topic.strip():
        problems.append("没有填写内容")
    if hours < 1:
        problems.append("学时不足 1")
    if mode not in (OFFLINE, ONLINE) or class_mode not in (mode, BLENDED):
        problems.append("上课方式与班级不符")
    if problems:
        raise ADDITION_WRONG.refused(problem="、".join(problems))

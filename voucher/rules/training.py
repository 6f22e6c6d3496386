"""Training: hours planned and attended, the size of a class, and time that nobody can have spent.

Every threshold is a dated parameter and arrives as an argument; shares are whole basis points (8000 is 80 %).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

ATTENDANCE_SOURCE = "【参】到课率门槛，河南未见明文 (DOMAIN H-m); AC-E1"
HOURS_SOURCE = "【参】培训合格证书完成40学时以上 (DOMAIN H-f); AC-E2"
CLASS_SOURCE = "【参】霍山 每班不超过50人 (DOMAIN 2.4 P1); AC-E4"
LESSON_SOURCE = "【参】1课时=45分钟 (DOMAIN 2.4 淮安)"
DAY_SOURCE = "【参】一天的学时，河南未见明文 (DOMAIN H-m)"
SPEED_SOURCE = "审计署2022年 外挂刷课 (DOMAIN N12); S3-07b; AC-E6"
FOUNDED = date(2021, 10, 28)
WHOLE = 10_000

ATTENDANCE_SHORT = reason(
    "attendance_short",
    "到课率 {share}%（{attended}/{planned} 学时）低于 {least}%，不得结业",
    "请补足课时后再办理结业",
    ATTENDANCE_SOURCE,
)
HOURS_SHORT = reason(
    "hours_short",
    "计划学时 {planned} 低于最低 {least} 学时",
    "请调整教学计划，补足学时后重新提交",
    HOURS_SOURCE,
)
CLASS_TOO_LARGE = reason(
    "class_too_large",
    "班级 {size} 人，超过班额上限 {largest} 人",
    "请拆分为两个或更多班级后分别提交",
    CLASS_SOURCE,
    Family.LIMIT,
)


HOURS_IMPOSSIBLE = reason(
    "session_hours_impossible",
    "第 {position} 次课 {minutes} 分钟，至多 {most} 学时（1 学时 {lesson} 分钟），填了 {hours} 学时",
    "请延长这次课的时间，或减少学时、另加课次",
    LESSON_SOURCE,
)


DAY_HOURS_TOO_MANY = reason(
    "day_hours_too_many",
    "{day} 这一天排了 {hours} 学时，一天最多 {most} 学时",
    "请把部分课次改到其他日期",
    DAY_SOURCE,
    Family.LIMIT,
)


def _format_percent(share_bp: int) -> str:
    whole, hundredths = divmod(share_bp, 100)
    return f"{whole}.{hundredths:02d}".rstrip("0").rstrip(".")


def _check_count(name: str, value: int, least: int = 0) -> None:
    if value < least:
        raise ValueError(f"{name} is {value}, less than {least}")


@rule(number="TRN-01", stage="培训", source=ATTENDANCE_SOURCE, since=FOUNDED)
def attendance_share(hours_attended: int, hours_planned: int) -> int:
    """Return attended of planned hours in whole basis points, rounded down; more than planned is the whole.

    Raises ValueError for negative hours or nothing planned.
    """
    _check_count("hours_attended", hours_attended)
    _check_count("hours_planned", hours_planned, least=1)
    return min(hours_attended, hours_planned) * WHOLE // hours_planned


@rule(number="TRN-02", stage="培训", source=ATTENDANCE_SOURCE, since=FOUNDED)
def check_attendance(hours_attended: int, hours_planned: int, least_share_bp: int) -> None:
    """Check that somebody attended the least share of the hours; the threshold itself is enough.

    Raises attendance_short.
    """
    share_bp = attendance_share(hours_attended, hours_planned)
    if share_bp < least_share_bp:
        raise ATTENDANCE_SHORT.refused(
            share=_format_percent(share_bp),
            least=_format_percent(least_share_bp),
            attended=hours_attended,
            planned=hours_planned,
        )


@rule(number="TRN-03", stage="培训", source=HOURS_SOURCE, since=FOUNDED)
def check_hours_planned(hours_planned: int, hours_least: int) -> None:
    """Check that a class plans at least the hours its project asks for. Raises hours_short."""
    if hours_planned < hours_least:
        raise HOURS_SHORT.refused(planned=hours_planned, least=hours_least)


@rule(number="TRN-04", stage="培训", source=CLASS_SOURCE, since=FOUNDED)
def check_class_size(size: int, largest: int) -> None:
    """Check that a roster is no longer than a class may be. Raises class_too_large."""
    if size > largest:
        raise CLASS_TOO_LARGE.refused(size=size, largest=largest)


@rule(number="TRN-05", stage="培训", source=LESSON_SOURCE, since=FOUNDED)
def lesson_hours(minutes: int, minutes_per_lesson: int) -> int:
    """Return the whole lesson hours (学时) in the minutes attended; a lesson begun is not a lesson.

    Add up the minutes of all sessions first. Raises ValueError for negative minutes or empty lessons.
    """
    _check_count("minutes", minutes)
    _check_count("minutes_per_lesson", minutes_per_lesson, least=1)
    return minutes // minutes_per_lesson


@rule(number="TRN-23", stage="培训", source=LESSON_SOURCE, since=FOUNDED)
def check_hours_fit(position: int, hours: int, minutes: int, minutes_per_lesson: int) -> None:
    """Check that the lesson hours planned for a session fit into its minutes.

    Raises session_hours_impossible.
    """
    most = lesson_hours(minutes, minutes_per_lesson)
    if hours > most:
        raise HOURS_IMPOSSIBLE.refused(
            position=position, hours=hours, minutes=minutes, most=most, lesson=minutes_per_lesson
        )


@rule(number="TRN-27", stage="培训", source=DAY_SOURCE, since=FOUNDED)
def check_day_hours(planned: Iterable[tuple[date, int]], most: int | None) -> None:
    """Check that no day holds more lesson hours (学时) than people can follow; None sets no limit.

    Raises day_hours_too_many.
    """
    days: Counter[date] = Counter()
    for day, hours in planned:
        days[day] += hours
    for day, hours in sorted(days.items()):
        if most is not None and hours > most:
            raise DAY_HOURS_TOO_MANY.refused(day=day.isoformat(), hours=hours, most=most)


@rule(number="TRN-06", stage="培训", source=SPEED_SOURCE, since=FOUNDED)
def counted_minutes(content_minutes: int, elapsed_minutes: int, fastest_speed_bp: int) -> int:
    """Return the minutes of online content that count: all of them, or none where they passed too fast.

    `fastest_speed_bp` is the highest playing speed allowed, 10000 being the speed of recording. A segment
    that counts nothing though it has content is what the risk rules look at.

    Raises ValueError for negative minutes or a speed of nothing.
    """
    _check_count("content_minutes", content_minutes)
    _check_count("elapsed_minutes", elapsed_minutes)
    _check_count("fastest_speed_bp", fastest_speed_bp, least=1)
    possible = content_minutes * WHOLE <= elapsed_minutes * fastest_speed_bp
    return content_minutes if possible else 0

"""Attendance marks (签到、签退): when one may be made, on whose device, and the lesson hours they come to.

Every limit is a dated parameter and arrives in `MarkRules`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from voucher.rules.calendar import SHANGHAI
from voucher.rules.classes import Slot
from voucher.rules.errors import Family, reason
from voucher.rules.register import rule
from voucher.rules.training import lesson_hours

SOURCE = "豫办〔2021〕29号 第15项 实名制; S2-15i; 审计署2022年（DOMAIN N12）; 【参】签到签退时限"
DEVICE_SOURCE = "审计署2022年 虚假培训（DOMAIN N12）; RISK R03; 【参】同一设备多人签到"
SINCE = date(2021, 10, 28)
IN, OUT = "in", "out"
CODE_NUMBERS = 99_999_999
_MINUTE = timedelta(minutes=1)

MARK_OUTSIDE_TIMETABLE = reason(
    "mark_outside_timetable",
    "这次课 {from_at} 至 {until_at} 可以{act}，现在不在此时间内",
    "请在课程表规定的时间签到、签退；误了的，请教师补登并写明理由",
    SOURCE,
    Family.CONFLICT,
)
SIGNED_IN_ALREADY = reason(
    "signed_in_already",
    "这次课已于 {at} 签到，还没有签退",
    "不用重复签到；离开时请签退",
    SOURCE,
    Family.CONFLICT,
)
NOT_SIGNED_IN = reason(
    "not_signed_in",
    "这次课还没有签到，不能签退",
    "请先签到；忘了签到的，请教师补登并写明理由",
    SOURCE,
    Family.CONFLICT,
)
CLASS_CODE_OVER = reason(
    "class_code_over",
    "班级码不对或已经换新",
    "请看教室屏幕上现在的班级码，重新扫描或输入；转发的照片不能使用",
    SOURCE,
    Family.CONFLICT,
)


class Finding(StrEnum):
    """What came of looking into doubtful marks."""

    COUNTED = "counted"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class MarkRules:
    """How marks are judged on a day: since when and until when, what is forgiven, how long a lesson is."""

    opens_before: timedelta
    closes_after: timedelta
    forgiven_late: timedelta
    forgiven_early: timedelta
    lesson_minutes: int


@dataclass(frozen=True, slots=True)
class Mark:
    """One sign-in or sign-out that counts."""

    direction: str
    at: datetime


@rule(number="ATT-01", stage="培训", source=SOURCE, since=SINCE)
def check_mark_time(direction: str, slot: Slot, at: datetime, rules: MarkRules) -> None:
    """Check that a mark is made in the time of its session: in before it ends, out shortly after at most.

    Raises mark_outside_timetable.
    """
    opens_at = slot.starts_at - rules.opens_before if direction == IN else slot.starts_at
    closes_at = slot.ends_at if direction == IN else slot.ends_at + rules.closes_after
    if not opens_at <= at <= closes_at:
        raise MARK_OUTSIDE_TIMETABLE.refused(
            from_at=_clock(opens_at), until_at=_clock(closes_at), act="签到" if direction == IN else "签退"
        )


@rule(number="ATT-02", stage="培训", source=SOURCE, since=SINCE)
def check_mark_order(direction: str, marks: Sequence[Mark]) -> None:
    """Check that in and out take turns. Raises signed_in_already, not_signed_in."""
    last = max(marks, key=lambda mark: mark.at, default=None)
    is_inside = last is not None and last.direction == IN
    if direction == IN and is_inside and last is not None:
        raise SIGNED_IN_ALREADY.refused(at=_clock(last.at))
    if direction == OUT and not is_inside:
        raise NOT_SIGNED_IN.refused()


@rule(number="ATT-03", stage="培训", source=SOURCE, since=SINCE)
def minutes_present(slot: Slot, marks: Iterable[Mark], rules: MarkRules) -> int:
    """Return the whole minutes somebody was there, within the session; who never signed out was not.

    Somebody a little late, or gone a little early, is there from the start, or until the end.
    """
    present, since = timedelta(), None
    for mark in sorted(marks, key=lambda each: each.at):
        if mark.direction == IN:
            since = slot.starts_at if mark.at <= slot.starts_at + rules.forgiven_late else mark.at
        elif since is not None:
            until = slot.ends_at if mark.at >= slot.ends_at - rules.forgiven_early else mark.at
            present += max(until - since, timedelta())
            since = None
    return min(present, slot.ends_at - slot.starts_at) // _MINUTE


@rule(number="ATT-04", stage="培训", source=SOURCE, since=SINCE)
def hours_present(slot: Slot, hours: int, marks: Iterable[Mark], rules: MarkRules) -> int:
    """Return the lesson hours (学时) marks come to: never more than fit into the time, nor than planned."""
    return min(hours, lesson_hours(minutes_present(slot, marks, rules), rules.lesson_minutes))


@rule(number="ATT-05", stage="培训", source=SOURCE, since=SINCE)
def class_code_steps(at: datetime, step: timedelta) -> tuple[int, int]:
    """Return the step a class code shown now belongs to, and the one before it, which is still taken."""
    current = int(at.timestamp()) // int(step.total_seconds())
    return current, current - 1


@rule(number="ATT-06", stage="培训", source=SOURCE, since=SINCE)
def class_code_number(digest: str) -> int:
    """Return the number between 1 and 99999999 a keyed digest in hex comes to, as a screen shows it."""
    return int(digest[:16], 16) % CODE_NUMBERS + 1


@rule(number="ATT-07", stage="培训", source=DEVICE_SOURCE, since=SINCE)
def is_shared_device(people: Iterable[int], most: int) -> bool:
    """Return whether as many different people signed on one device as make it doubtful."""
    return len(set(people)) >= most


@rule(number="ATT-08", stage="培训", source=SOURCE, since=SINCE)
def presence_share(came: int, expected: int) -> int:
    """Return how many of those expected came, in whole basis points; nobody expected is nothing."""
    return min(came, expected) * 10_000 // expected if expected > 0 else 0


def _clock(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%m-%d %H:%M")

"""A candidate's appeal (复核申请): until when, decided by whom, and what an upheld one must bring."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.rules.calendar import WorkCalendar, add_workdays
from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

SOURCE = "豫办〔2021〕29号 第4项、四（一）; 【设】考生复核申请的期限、回避与更正"
FOUNDED = date(2021, 10, 28)

APPEAL_LATE = reason(
    "appeal_late",
    "已超过申请复核的期限（{until}）",
    "因不可抗力等正当理由耽误的，请写明“逾期理由”后再提交；否则请拨打 12333 咨询",
    SOURCE,
    Family.CONFLICT,
)
NOT_HAPPENED_YET = reason(
    "appeal_day_ahead",
    "不予报名的日期不能晚于今天",
    "请填写评价机构不让报名的那一天",
    SOURCE,
)
INVOLVED = reason(
    "appeal_involved",
    "您参与过这次考试的组织、评分、录入、公布、入场核验，或是申请人本人，不能对这件复核申请作出决定",
    "请由没有参与的人员办理；同一人的不同账号视为同一人",
    SOURCE,
    Family.FORBIDDEN,
)
NO_BETTER = reason(
    "appeal_correction_no_better",
    "更正后的成绩没有比原成绩高，不能作为“成立”的结果",
    "申请复核不会使成绩降低：确无错误的请认定不成立；原成绩偏高的，请另按成绩更正办理",
    SOURCE,
    Family.CONFLICT,
)


class AppealKind(StrEnum):
    """What a candidate appeals against."""

    RESULT = "result"
    DOOR = "door"
    REGISTRATION = "registration"


class AppealAnswer(StrEnum):
    """What an evaluator answers."""

    UPHELD = "upheld"
    REJECTED = "rejected"
    LATE = "late"


APPEAL_KIND_NAMES: dict[AppealKind, str] = {
    AppealKind.RESULT: "考试成绩",
    AppealKind.DOOR: "不准入场",
    AppealKind.REGISTRATION: "不予报名",
}


@dataclass(frozen=True, slots=True)
class Scored:
    """What a result says: scores in hundredths of a point, and the mark that stands instead of them."""

    theory_hundredths: int | None
    skill_hundredths: int | None
    mark: str | None = None
    comprehensive_hundredths: int | None = None


@rule(number="ASM-50", stage="评价", source=SOURCE, since=FOUNDED)
def last_appeal_day(happened_on: date, workdays: int, calendar: WorkCalendar) -> date:
    """Return the last day on which what happened may be appealed against; the day itself does not count.

    Raises calendar_year_missing.
    """
    return add_workdays(happened_on, workdays, calendar, count_first=False)


@rule(number="ASM-51", stage="评价", source=SOURCE, since=FOUNDED)
def check_appeal_time(happened_on: date, last_on: date, today: date, why_late: str) -> bool:
    """Return whether an appeal comes late, which takes a reason; nobody appeals against what is to come.

    Raises appeal_day_ahead, appeal_late.
    """
    if happened_on > today:
        raise NOT_HAPPENED_YET.refused()
    if today <= last_on:
        return False
    if not why_late.strip():
        raise APPEAL_LATE.refused(until=last_on.isoformat())
    return True


@rule(number="ASM-52", stage="评价", source=SOURCE, since=FOUNDED)
def check_uninvolved(person_id: int, involved: Collection[int]) -> None:
    """Refuse a decision by whoever had a hand in what is appealed against. Raises appeal_involved."""
    if person_id in involved:
        raise INVOLVED.refused()


@rule(number="ASM-53", stage="评价", source=f"{SOURCE}; 申请复核不使申请人处境更差", since=FOUNDED)
def is_better(before: Scored, after: Scored) -> bool:
    """Return whether other scores raise a subject, or take a mark away, and lower none."""
    if after.mark is not None:
        return False
    pairs = (
        (before.theory_hundredths, after.theory_hundredths),
        (before.skill_hundredths, after.skill_hundredths),
        (before.comprehensive_hundredths, after.comprehensive_hundredths),
    )
    if any(old is not None and (new is None or new < old) for old, new in pairs):
        return False
    gained = any(new is not None and (old is None or new > old) for old, new in pairs)
    return gained or before.mark is not None

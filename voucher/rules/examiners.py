"""Who may examine: filed, enough of them, in one place at a time, and nobody's teacher (考培分离)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from voucher.rules.assessment import APART_SOURCE, PLAN_SOURCE
from voucher.rules.errors import Family, reason
from voucher.rules.periods import in_force
from voucher.rules.register import rule

EXAMINERS_SOURCE = "【参】每场技能考核考评员不少于3人; PAGES 12 评价机构 考试计划"
FOUNDED = date(2021, 10, 28)

EXAM_PLANNED_LATE = reason(
    "exam_planned_late",
    "评价计划须提前 {days} 天报送，考试最早安排在 {earliest}",
    "请把考试日期改为 {earliest} 或以后",
    f"【参】评价计划提前报送; {PLAN_SOURCE}",
)
EXAMINER_NOT_FILED = reason(
    "examiner_not_filed",
    "有考评员在考试当天不在本机构备案有效期内",
    "请先登记考评员证书的有效期，或改派其他考评员",
    EXAMINERS_SOURCE,
    Family.CONFLICT,
)
EXAMINERS_TOO_FEW = reason(
    "examiners_too_few",
    "本场考试只指派了 {count} 名考评员，应不少于 {needed} 名，不得开考",
    "请评价机构管理员补派考评员后再核对入场",
    EXAMINERS_SOURCE,
    Family.CONFLICT,
)
EXAMINER_TAUGHT = reason(
    "examiner_taught",
    "有考评员是本场考生所在培训机构的教师，不得担任考评员",
    "请改派与考生的培训机构无关的考评员（考培分离）",
    APART_SOURCE,
    Family.CONFLICT,
)
EXAMINER_IS_CANDIDATE = reason(
    "examiner_is_candidate",
    "有考评员自己是本场考生",
    "请改派其他考评员",
    EXAMINERS_SOURCE,
    Family.CONFLICT,
)
EXAMINER_BUSY = reason(
    "examiner_busy",
    "有考评员当天已指派到另一场考试",
    "同一名考评员同一天只能在一场考试，请改派其他考评员",
    EXAMINERS_SOURCE,
    Family.CONFLICT,
)


@rule(number="ASM-15", stage="评价", source=f"【参】评价计划提前报送; {PLAN_SOURCE}", since=FOUNDED)
def check_plan_lead(exam_on: date, on: date, days: int | None, earliest: date) -> None:
    """Refuse an exam planned fewer days ahead than asked; `earliest` is the first day that would do.

    Raises exam_planned_late.
    """
    if days is not None and (exam_on - on).days < days:
        raise EXAM_PLANNED_LATE.refused(days=days, earliest=earliest.isoformat())


@rule(number="ASM-16", stage="评价", source=EXAMINERS_SOURCE, since=FOUNDED)
def check_examiner_filed(exam_on: date, since: date, until: date | None) -> None:
    """Refuse an examiner whose filing is not in force on the day. Raises examiner_not_filed."""
    if not in_force(exam_on, since, until):
        raise EXAMINER_NOT_FILED.refused()


@rule(number="ASM-17", stage="评价", source=EXAMINERS_SOURCE, since=FOUNDED)
def check_examiners_enough(count: int, needed: int | None) -> None:
    """Refuse to begin an exam with fewer examiners than asked. Raises examiners_too_few."""
    if needed is not None and count < needed:
        raise EXAMINERS_TOO_FEW.refused(count=count, needed=needed)


@rule(number="ASM-18", stage="评价", source=APART_SOURCE, since=FOUNDED)
def check_examiners_apart(
    apart: bool, examiner_ids: Collection[int], teacher_ids: Collection[int], candidate_ids: Collection[int]
) -> None:
    """Refuse examiners who teach where candidates were trained, or sit the exam themselves; all are persons.

    Raises examiner_taught, examiner_is_candidate.
    """
    if not set(examiner_ids).isdisjoint(candidate_ids):
        raise EXAMINER_IS_CANDIDATE.refused()
    if apart and not set(examiner_ids).isdisjoint(teacher_ids):
        raise EXAMINER_TAUGHT.refused()

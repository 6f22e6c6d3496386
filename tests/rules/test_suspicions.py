"""Figures that look made up are named with their threshold and the exams behind; what is below is not."""

from __future__ import annotations

from datetime import date

from voucher.rules.suspicions import SatResult, SuspicionKind, Thresholds, find_suspicions

LIMITS = Thresholds(pass_percent=100, people_least=4, people_a_day=6, same_scores=3)
DAY, OTHER = date(2026, 9, 1), date(2026, 9, 2)


def sat(batch_id: int, theory: int | None, *, passed: bool = True, on: date = DAY) -> SatResult:
    return SatResult(batch_id, on, theory, 8000, passed)


def test_everybody_passing_is_shown_from_so_many_people_on() -> None:
    four = [sat(1, 6000 + each) for each in range(4)]
    (found,) = find_suspicions(four, LIMITS)
    assert (found.kind, found.batch_ids) == (SuspicionKind.HIGH_RATE, (1,))
    assert (found.figure, found.threshold) == (
        "4 人参加，4 人合格（100%）",
        "4 人以上的考试，合格率达到 100%",
    )
    assert find_suspicions(four[:3], LIMITS) == []
    assert find_suspicions([*four, sat(1, 3000, passed=False)], LIMITS) == []


def test_the_same_scores_of_several_people_are_shown_once_with_the_scores() -> None:
    (found,) = find_suspicions([sat(1, 7000), sat(1, 7000), sat(1, 7000), sat(2, 7000)], LIMITS)
    assert (found.kind, found.batch_ids) == (SuspicionKind.SAME_SCORES, (1,))
    assert found.figure == "3 人成绩完全相同（理论 70 分、技能 80 分）"
    nothing = [SatResult(1, DAY, None, None, False) for _ in range(3)]
    assert find_suspicions(nothing, LIMITS) == []


def test_too_many_on_one_day_are_counted_over_all_exams_of_the_day() -> None:
    day = [sat(1 + each % 4, 5000 + each, passed=False) for each in range(7)]
    (found,) = find_suspicions([*day, sat(9, 7000, on=OTHER)], LIMITS)
    assert (found.kind, found.batch_ids) == (SuspicionKind.BURST, (1, 2, 3, 4))
    assert (found.figure, found.threshold) == ("2026-09-01 一天 7 人参加考试", "超过 6 人")
    assert find_suspicions(day[1:], LIMITS) == []

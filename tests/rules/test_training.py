"""Hours and attendance at their boundaries, and a video of forty minutes seen in five."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.rules.errors import Family, Refused
from voucher.rules.training import (
    attendance_share,
    check_attendance,
    check_class_size,
    check_day_hours,
    check_hours_planned,
    counted_minutes,
    lesson_hours,
)

QUIET = settings(max_examples=150, deadline=None)


def test_32_of_40_hours_is_enough_and_31_is_not() -> None:
    """AC-E1."""
    assert attendance_share(32, 40) == 8000
    check_attendance(32, 40, 8000)
    with pytest.raises(Refused) as caught:
        check_attendance(31, 40, 8000)
    assert caught.value.refusal.code == "attendance_short"
    assert caught.value.refusal.title == "到课率 77.5%（31/40 学时）低于 80%，不得结业"


def test_the_threshold_is_the_argument_and_nothing_else() -> None:
    check_attendance(31, 40, 7750)
    with pytest.raises(Refused):
        check_attendance(31, 40, 7751)
    with pytest.raises(Refused):
        check_attendance(32, 40, 8001)
    check_attendance(0, 40, 0)
    check_attendance(41, 40, 10_000)


@given(st.integers(0, 2000), st.integers(1, 1000), st.integers(0, 10_000))
@QUIET
def test_attendance_is_exact_and_never_rounded_up(attended: int, planned: int, least_bp: int) -> None:
    exact = min(Fraction(attended, planned), Fraction(1)) * 10_000
    assert 0 <= exact - attendance_share(attended, planned) < 1
    try:
        check_attendance(attended, planned, least_bp)
        passed = True
    except Refused:
        passed = False
    assert passed is (exact >= least_bp)


def test_a_day_holds_twelve_hours_over_all_its_sessions_and_not_thirteen() -> None:
    monday, tuesday = date(2024, 3, 4), date(2024, 3, 5)
    check_day_hours([(monday, 8), (tuesday, 12), (monday, 4)], 12)
    check_day_hours([(monday, 24)], None)
    with pytest.raises(Refused) as caught:
        check_day_hours([(monday, 8), (tuesday, 9), (tuesday, 4)], 12)
    assert caught.value.refusal.code == "day_hours_too_many"
    assert caught.value.refusal.title == "2024-03-05 这一天排了 13 学时，一天最多 12 学时"


def test_39_planned_hours_are_too_few_where_40_are_asked() -> None:
    check_hours_planned(40, 40)
    with pytest.raises(Refused) as caught:
        check_hours_planned(39, 40)
    assert caught.value.refusal.code == "hours_short"
    assert caught.value.refusal.title == "计划学时 39 低于最低 40 学时"


def test_51_are_too_many_for_a_class_of_50() -> None:
    check_class_size(50, 50)
    with pytest.raises(Refused) as caught:
        check_class_size(51, 50)
    assert caught.value.refusal.code == "class_too_large"
    assert caught.value.refusal.family is Family.LIMIT
    assert "拆分" in caught.value.refusal.next_step


@pytest.mark.parametrize(("minutes", "lessons"), [(0, 0), (44, 0), (45, 1), (89, 1), (90, 2), (1800, 40)])
def test_a_lesson_begun_is_not_a_lesson(minutes: int, lessons: int) -> None:
    assert lesson_hours(minutes, 45) == lessons


def test_forty_minutes_of_video_in_five_count_nothing() -> None:
    """AC-E6, the rule."""
    assert counted_minutes(40, 5, 10_000) == 0
    assert counted_minutes(40, 39, 10_000) == 0
    assert counted_minutes(40, 40, 10_000) == 40
    assert counted_minutes(40, 90, 10_000) == 40


def test_the_fastest_speed_is_the_argument() -> None:
    assert counted_minutes(40, 27, 15_000) == 40
    assert counted_minutes(40, 26, 15_000) == 0
    assert counted_minutes(0, 0, 10_000) == 0


@given(st.integers(0, 600), st.integers(0, 600), st.integers(1, 30_000))
@QUIET
def test_what_counts_is_all_or_nothing_and_more_time_never_hurts(
    content: int, elapsed: int, speed: int
) -> None:
    counted = counted_minutes(content, elapsed, speed)
    assert counted in (0, content)
    assert counted_minutes(content, elapsed + 1, speed) >= counted


def test_numbers_that_cannot_be_are_programming_errors() -> None:
    wrong: list[Callable[[], int]] = [
        lambda: attendance_share(-1, 40),
        lambda: attendance_share(1, 0),
        lambda: lesson_hours(-1, 45),
        lambda: lesson_hours(45, 0),
        lambda: counted_minutes(-1, 5, 10_000),
        lambda: counted_minutes(40, -5, 10_000),
        lambda: counted_minutes(40, 5, 0),
    ]
    for call in wrong:
        with pytest.raises(ValueError, match="less than"):
            call()

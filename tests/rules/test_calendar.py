"""Working days by the announced calendar: make-up days count, an unknown year says so."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.rules.calendar import (
    Period,
    WorkCalendar,
    add_workdays,
    count_workdays,
    fiscal_year,
    may_work,
    notice_period,
    shanghai_date,
)
from voucher.rules.errors import Family, Refused

QUIET = settings(max_examples=150, deadline=None)
ANNOUNCED = Path(__file__).resolve().parents[3] / "shared" / "data" / "holidays_cn_2019_2027.json"

# 清明 and 劳动节 2024 as announced, enough for the tests that must run without the full table.
SPRING_2024 = WorkCalendar(
    days={
        date(2024, 4, 4): False,
        date(2024, 4, 5): False,
        date(2024, 4, 7): True,
        date(2024, 4, 28): True,
        date(2024, 5, 1): False,
        date(2024, 5, 2): False,
        date(2024, 5, 3): False,
        date(2024, 5, 11): True,
    },
    years=frozenset({2024}),
)
days_2024 = st.dates(date(2024, 1, 1), date(2024, 11, 30))


@pytest.fixture(scope="module")
def announced() -> WorkCalendar:
    if not ANNOUNCED.exists():
        pytest.skip("the shared reference data (holidays_cn_2019_2027.json) is not beside this checkout")
    years = json.loads(ANNOUNCED.read_text(encoding="utf-8"))
    return WorkCalendar(
        days={
            date.fromisoformat(day["date"]): not day["isOffDay"]
            for year in years.values()
            for day in year["days"]
        },
        years=frozenset(int(year) for year, content in years.items() if content["days"]),
    )


def test_the_notice_of_jiyuan_stands_from_6_to_12_march(announced: WorkCalendar) -> None:
    expected = Period(date(2024, 3, 6), date(2024, 3, 12))
    assert notice_period(date(2024, 3, 6), 5, announced, first_day_counts=True) == expected
    assert notice_period(date(2024, 3, 6), 5, SPRING_2024, first_day_counts=True) == expected


def test_where_the_first_day_does_not_count_it_ends_a_working_day_later() -> None:
    period = notice_period(date(2024, 3, 6), 5, SPRING_2024, first_day_counts=False)
    assert period == Period(date(2024, 3, 6), date(2024, 3, 13))


def test_a_notice_across_holidays_counts_the_make_up_sunday() -> None:
    # Wednesday 3 April, then 清明 on Thursday to Saturday, a worked Sunday, Monday to Wednesday.
    period = notice_period(date(2024, 4, 3), 5, SPRING_2024, first_day_counts=True)
    assert period.until_on == date(2024, 4, 10)


def test_a_notice_posted_on_a_free_day_stands_from_that_day_and_counts_from_the_next() -> None:
    for first_day_counts in (True, False):
        period = notice_period(date(2024, 3, 9), 5, SPRING_2024, first_day_counts=first_day_counts)
        assert period == Period(date(2024, 3, 9), date(2024, 3, 15))


def test_spring_festival_2024_as_announced(announced: WorkCalendar) -> None:
    assert may_work(date(2024, 2, 4), announced)
    assert may_work(date(2024, 2, 9), announced)
    assert not may_work(date(2024, 2, 12), announced)
    assert add_workdays(date(2024, 2, 9), 5, announced, count_first=True) == date(2024, 2, 21)


def test_a_year_not_yet_announced_says_so(announced: WorkCalendar) -> None:
    for day in (date(2027, 3, 1), date(2018, 6, 1)):
        with pytest.raises(Refused) as caught:
            may_work(day, announced)
        assert caught.value.refusal.code == "calendar_year_missing"
        assert caught.value.refusal.family is Family.UNAVAILABLE
        assert caught.value.refusal.title.startswith(f"{day.year}年放假安排尚未导入")


def test_a_saturday_of_december_is_worked_by_the_next_years_announcement(announced: WorkCalendar) -> None:
    assert may_work(date(2018, 12, 29), announced)


def test_the_turn_of_the_year_needs_the_next_announcement() -> None:
    without_next = WorkCalendar(days={}, years=frozenset({2024}))
    assert may_work(date(2024, 12, 27), without_next)
    for day in (28, 31):
        with pytest.raises(Refused) as caught:
            may_work(date(2024, 12, day), without_next)
        assert caught.value.refusal.facts == {"year": 2025}


def test_counting_into_an_unknown_year_is_refused_and_not_guessed() -> None:
    with pytest.raises(Refused):
        add_workdays(date(2024, 12, 25), 5, SPRING_2024, count_first=True)
    with pytest.raises(Refused):
        count_workdays(date(2024, 12, 2), date(2025, 1, 2), SPRING_2024)
    with pytest.raises(Refused):
        notice_period(date(2025, 1, 2), 1, SPRING_2024, first_day_counts=True)


def test_no_working_days_cannot_be_counted() -> None:
    with pytest.raises(ValueError, match="0 working days"):
        add_workdays(date(2024, 3, 6), 0, SPRING_2024, count_first=True)
    assert count_workdays(date(2024, 3, 7), date(2024, 3, 6), SPRING_2024) == 0
    assert count_workdays(date(2024, 3, 6), date(2024, 3, 6), SPRING_2024) == 1
    assert count_workdays(date(2024, 3, 9), date(2024, 3, 10), SPRING_2024) == 0


@given(days_2024, st.integers(1, 15))
@QUIET
def test_adding_and_counting_agree(start: date, workdays: int) -> None:
    end = add_workdays(start, workdays, SPRING_2024, count_first=True)
    assert may_work(end, SPRING_2024)
    assert count_workdays(start, end, SPRING_2024) == workdays
    later = add_workdays(start, workdays, SPRING_2024, count_first=False)
    assert later > start
    assert count_workdays(start + timedelta(days=1), later, SPRING_2024) == workdays


@given(days_2024, st.integers(1, 10), st.integers(1, 5))
@QUIET
def test_more_working_days_end_later(start: date, workdays: int, more: int) -> None:
    assert add_workdays(start, workdays, SPRING_2024, count_first=True) < add_workdays(
        start, workdays + more, SPRING_2024, count_first=True
    )


def test_the_day_turns_at_midnight_in_shanghai() -> None:
    assert shanghai_date(datetime(2024, 3, 5, 15, 59, 59, tzinfo=UTC)) == date(2024, 3, 5)
    assert shanghai_date(datetime(2024, 3, 5, 16, 0, tzinfo=UTC)) == date(2024, 3, 6)
    with pytest.raises(ValueError, match="zone"):
        shanghai_date(datetime(2024, 3, 5))  # noqa: DTZ001 — the sin itself


def test_the_fiscal_year_is_the_calendar_year() -> None:
    assert fiscal_year(date(2023, 12, 31)) == 2023
    assert fiscal_year(date(2024, 1, 1)) == 2024

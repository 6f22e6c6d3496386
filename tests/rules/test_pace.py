"""Every state in which something is waited for has a step with a name, somebody who acts, and a limit."""

from __future__ import annotations

from datetime import date

import pytest

from voucher.rules.calendar import Period, WorkCalendar
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.pace import (
    BEFORE_MONEY,
    CLAIM_STATIONS,
    VOUCHER_STATIONS,
    arrives_by,
    counted_from,
    find_station,
    promised_on,
    stopped_workdays,
    workdays_left,
)

CALENDAR = WorkCalendar(
    days={date(2024, 5, 1): False, date(2024, 5, 11): True}, years=frozenset((2023, 2024))
)
OVER = {
    Thing.VOUCHER: {
        *("settled", "expired", "withdrawn", "revoked", "dropped", "completed"),
        *("lapsed", "recovering", "recovered"),
    },
    Thing.CLAIM: {"draft", "paid", "rejected", "withdrawn", "recovering", "recovered"},
}


def test_no_state_is_left_without_a_word_on_who_acts() -> None:
    for thing, stations in ((Thing.VOUCHER, VOUCHER_STATIONS), (Thing.CLAIM, CLAIM_STATIONS)):
        assert set(STATE_NAMES[thing]) - OVER[thing] == set(stations)
        assert all(each.words and each.who for each in stations.values())
        assert find_station(stations, "settled") is None


def test_the_money_is_promised_behind_every_step_to_come() -> None:
    due_on, today = date(2024, 4, 29), date(2024, 4, 26)
    assert arrives_by(due_on, today, [5], CALENDAR) == promised_on(due_on, 5, CALENDAR)
    assert arrives_by(due_on, today, [5, 1], CALENDAR) == date(2024, 5, 8)
    assert arrives_by(date(2024, 4, 1), due_on, [5], CALENDAR) == date(2024, 5, 7)
    assert arrives_by(date(2024, 4, 1), due_on, [], CALENDAR) == date(2024, 4, 1)
    # only what waits for its payee has no day
    assert set(CLAIM_STATIONS) - set(BEFORE_MONEY) == {"returned", "bounced"}


def test_five_working_days_skip_weekends_and_holidays() -> None:
    assert promised_on(date(2024, 4, 29), 5, CALENDAR) == date(2024, 5, 7)


@pytest.mark.parametrize("state", sorted(CLAIM_STATIONS))
def test_only_the_days_for_paying_run_from_the_notice_that_cleared_a_claim(state: str) -> None:
    entered_on, cleared_on, until_on = date(2024, 5, 20), date(2024, 5, 13), date(2024, 5, 10)
    station = CLAIM_STATIONS[state]
    by_notice = counted_from(station, entered_on, cleared_on, until_on)
    by_hand = counted_from(station, entered_on, cleared_on, None)
    if state in ("cleared", "approved", "paying"):
        assert (by_notice, by_hand) == (until_on, cleared_on)
    else:
        assert (by_notice, by_hand) == (entered_on, entered_on)
    assert counted_from(station, entered_on, None, None) == entered_on


@pytest.mark.parametrize(
    ("stops", "expected"),
    [
        ([], 0),
        # Monday to Monday, the holiday of Wednesday between them; of one day, that day
        ([(date(2024, 4, 29), date(2024, 5, 6))], 5),
        ([(date(2024, 5, 6), date(2024, 5, 6))], 1),
        ([(date(2024, 5, 4), date(2024, 5, 5))], 0),
        # what stood before the step began, and on the day it began, took nothing from it
        ([(date(2024, 4, 8), date(2024, 4, 26))], 0),
        ([(date(2024, 4, 8), date(2024, 4, 29))], 1),
        # two at once are one, in whatever order they are read; two apart are two
        ([(date(2024, 5, 2), date(2024, 5, 8)), (date(2024, 4, 29), date(2024, 5, 3))], 7),
        ([(date(2024, 4, 29), date(2024, 5, 8)), (date(2024, 5, 2), date(2024, 5, 3))], 7),
        ([(date(2024, 4, 29), date(2024, 4, 29)), (date(2024, 5, 8), date(2024, 5, 8))], 2),
    ],
)
def test_a_day_on_which_a_hold_stood_is_not_counted_and_none_twice(
    stops: list[tuple[date, date]], expected: int
) -> None:
    friday = date(2024, 4, 26)
    assert stopped_workdays(friday, [Period(*each) for each in stops], CALENDAR) == expected


@pytest.mark.parametrize(
    ("today", "left"),
    [
        # filed on a Monday before the holiday of 1 May, due in five working days, on Tuesday 7 May
        (date(2024, 4, 29), 5),
        (date(2024, 4, 30), 5),
        (date(2024, 5, 1), 4),
        (date(2024, 5, 6), 2),
        (date(2024, 5, 7), 1),
        (date(2024, 5, 8), -1),
        # Saturday 11 May is worked, Sunday is not
        (date(2024, 5, 11), -4),
        (date(2024, 5, 12), -4),
    ],
)
def test_the_last_day_has_one_left_and_the_next_working_day_is_one_late(today: date, left: int) -> None:
    assert workdays_left(date(2024, 4, 29), date(2024, 5, 7), today, CALENDAR) == left


def test_what_was_due_on_a_friday_is_late_on_saturday_by_no_working_day_yet() -> None:
    assert workdays_left(date(2024, 5, 13), date(2024, 5, 17), date(2024, 5, 18), CALENDAR) == 0

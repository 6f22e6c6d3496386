"""Every state in which something is waited for has a step with a name, somebody who acts, and a limit."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.rules.calendar import WorkCalendar
from voucher.rules.lifecycle import STATE_NAMES, Thing
from voucher.rules.pace import (
    CLAIM_STATIONS,
    VOUCHER_STATIONS,
    find_station,
    last_late_start,
    promised_on,
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


def test_five_working_days_skip_weekends_and_holidays() -> None:
    assert promised_on(date(2024, 4, 29), 5, CALENDAR) == date(2024, 5, 7)


@settings(max_examples=100)
@given(st.dates(date(2024, 2, 1), date(2024, 12, 1)), st.integers(1, 20))
def test_what_began_on_the_last_late_day_is_late_and_a_day_after_it_is_not(
    today: date, workdays: int
) -> None:
    last = last_late_start(today, workdays, CALENDAR)
    assert last is not None
    assert promised_on(last, workdays, CALENDAR) < today
    assert promised_on(last + timedelta(days=1), workdays, CALENDAR) >= today

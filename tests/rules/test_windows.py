"""Until when a claim may be filed: the last day counts, the day after does not."""

from __future__ import annotations

from datetime import date

import pytest

from voucher.rules.errors import Refused
from voucher.rules.windows import add_months, check_claim_window

ISSUED = date(2023, 11, 30)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (ISSUED, 0, ISSUED),
        (ISSUED, 1, date(2023, 12, 30)),
        (ISSUED, 3, date(2024, 2, 29)),
        (ISSUED, 12, date(2024, 11, 30)),
        (ISSUED, 15, date(2025, 2, 28)),
        (date(2024, 1, 1), 11, date(2024, 12, 1)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last_one(day: date, months: int, later: date) -> None:
    assert add_months(day, months) == later


def test_the_last_day_counts_and_the_next_does_not() -> None:
    check_claim_window(ISSUED, ISSUED, 12)
    check_claim_window(ISSUED, date(2024, 11, 30), 12)
    with pytest.raises(Refused) as caught:
        check_claim_window(ISSUED, date(2024, 12, 1), 12)
    assert caught.value.refusal.code == "claim_window_passed"
    assert "截止 2024-11-30" in caught.value.refusal.title


def test_without_months_there_is_no_last_day_but_nothing_is_claimed_before_its_certificate() -> None:
    check_claim_window(ISSUED, date(2031, 1, 1), None)
    for months in (None, 12):
        with pytest.raises(Refused, match="issued_in_future"):
            check_claim_window(ISSUED, date(2023, 11, 29), months)

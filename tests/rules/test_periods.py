"""A dated row applies from its first day to its last."""

from __future__ import annotations

from datetime import date

import pytest

from voucher.rules.periods import in_force

FIRST, LAST = date(2024, 3, 6), date(2024, 3, 12)


@pytest.mark.parametrize(
    ("on", "applies"),
    [(date(2024, 3, 5), False), (FIRST, True), (LAST, True), (date(2024, 3, 13), False)],
)
def test_both_days_are_included(on: date, applies: bool) -> None:
    assert in_force(on, FIRST, LAST) is applies


def test_without_a_last_day_it_goes_on() -> None:
    assert in_force(date(2099, 1, 1), FIRST, None)
    assert not in_force(date(2024, 3, 5), FIRST, None)

"""Until when a year's money is paid out: the last day of the grace counts, the day after does not."""

from __future__ import annotations

from datetime import date

import pytest

from voucher.rules.errors import Refused
from voucher.rules.year_end import check_year_pays


@pytest.mark.parametrize(
    ("today", "grace_days"),
    [
        (date(2023, 7, 1), 0),
        (date(2024, 12, 31), 0),
        (date(2025, 1, 1), 1),
        (date(2025, 1, 31), 31),
    ],
)
def test_a_year_pays_until_its_last_day_and_the_grace(today: date, grace_days: int) -> None:
    check_year_pays(2024, today, grace_days)


@pytest.mark.parametrize(
    ("today", "grace_days", "last"),
    [(date(2025, 1, 1), 0, "2024-12-31"), (date(2025, 1, 2), 1, "2025-01-01")],
)
def test_the_day_after_says_where_to_carry_it(today: date, grace_days: int, last: str) -> None:
    with pytest.raises(Refused) as caught:
        check_year_pays(2024, today, grace_days)
    refusal = caught.value.refusal
    assert refusal.code == "budget_year_passed"
    assert refusal.title.startswith(f"2024 年度已经过完（制单、签发截至 {last}）")
    assert "由 2025 年度预算支付" in refusal.next_step

"""Ratings: from one to five, until the limit, and an average of enough people only."""

from __future__ import annotations

from datetime import date

import pytest

from voucher.rules.errors import Refused
from voucher.rules.ratings import average_tenths, check_rating, rating_until


def test_a_rating_is_one_to_five_and_until_the_last_day() -> None:
    until = rating_until(date(2024, 3, 29), 90)
    assert until == date(2024, 6, 27)
    check_rating(5, until, until)
    check_rating(1, until, until)
    for stars in (0, 6):
        with pytest.raises(Refused, match="stars_malformed"):
            check_rating(stars, until, until)
    with pytest.raises(Refused, match="rating_closed"):
        check_rating(3, date(2024, 6, 28), until)


@pytest.mark.parametrize(
    ("counts", "tenths"),
    [
        ({}, None),
        ({5: 4}, None),
        ({5: 5}, 50),
        ({5: 4, 4: 1}, 48),
        ({5: 3, 4: 2}, 46),
        ({1: 1, 2: 4}, 18),
        # 4.25 is 4.3: halves go up
        ({5: 2, 4: 6}, 43),
    ],
)
def test_of_too_few_there_is_no_average(counts: dict[int, int], tenths: int | None) -> None:
    assert average_tenths(counts, 5) == tenths

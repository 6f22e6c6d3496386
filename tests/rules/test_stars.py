"""Stars: how points come, what is not known counts neither way, and the line between two."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from voucher.rules.errors import Refused
from voucher.rules.stars import Figures, Formula, check_year_over, count_stars

FORMULA = Formula(
    completion=30, pass_rate=30, rating=20, retention=20, complaint_minus=3, flag_minus=5,
    five=90, four=80, three=70, two=60, people_least=20,
)  # fmt: skip
GOOD = Figures(40, 0, 40, 40, 40, 50, 0, 0)


def stars(figures: Figures) -> tuple[int, int]:
    """Return stars and tenths of a point."""
    given = count_stars(figures, FORMULA)
    assert given is not None
    return given.stars, given.total_tenths


def test_every_point_has_a_line_and_they_add_up() -> None:
    given = count_stars(replace(GOOD, dropped=10, finished=30, judged=30, passed=24, complaints=1), FORMULA)
    assert given is not None
    assert [(each.word, each.points_tenths, each.most_tenths) for each in given.lines] == [
        ("completion", 225, 300), ("retention", 150, 200), ("pass_rate", 240, 300), ("rating", 200, 200),
        ("complaints", -30, 0),
    ]  # fmt: skip
    assert (given.total_tenths, given.stars) == (785, 3)


def test_what_is_not_known_counts_neither_way() -> None:
    assert stars(GOOD) == (5, 1000)
    assert stars(replace(GOOD, rating_tenths=None)) == (5, 1000)
    assert stars(replace(GOOD, judged=0, passed=0, rating_tenths=None)) == (5, 1000)


@pytest.mark.parametrize(
    ("flags", "given"), [(0, 5), (2, 5), (3, 4), (4, 4), (6, 3), (8, 2), (9, 1), (99, 1)]
)
def test_findings_take_points_off_and_never_below_nothing(flags: int, given: int) -> None:
    assert stars(replace(GOOD, flags=flags))[0] == given


def test_few_people_are_not_judged_nor_a_year_that_goes_on() -> None:
    assert count_stars(replace(GOOD, started=19), FORMULA) is None
    check_year_over(2023, date(2024, 1, 1))
    with pytest.raises(Refused, match="stars_year_open"):
        check_year_over(2024, date(2024, 12, 31))

"""Shown shares: two decimals, half of the last rounded up, and written without noughts that say nothing."""

from __future__ import annotations

import pytest

from voucher.rules.shares import shown_share, write_share


@pytest.mark.parametrize(
    ("part", "whole", "told"),
    [
        (8, 9, 8_889), (16, 18, 8_889), (1, 3, 3_333), (2, 3, 6_667),
        (1, 20_000, 1), (1, 20_001, 0), (3, 20_000, 2), (19_999, 20_000, 10_000), (19_998, 20_001, 9_999),
        (9, 9, 10_000), (0, 9, 0), (0, 0, 0), (3, 0, 0), (3, 2, 15_000),
    ],
)  # fmt: skip
def test_a_shown_share_is_rounded_half_up(part: int, whole: int, told: int) -> None:
    assert shown_share(part, whole) == told


@pytest.mark.parametrize(
    ("part", "whole", "mark", "told"),
    [
        (19_999, 20_000, 10_000, 9_999), (20_000, 20_000, 10_000, 10_000), (1, 2, 10_000, 5_000),
        (599_999, 1_000_000, 6_000, 5_999), (600_000, 1_000_000, 6_000, 6_000), (2, 3, 6_000, 6_667),
        (0, 0, 6_000, 0), (0, 7, 0, 0),
    ],
)  # fmt: skip
def test_what_missed_its_mark_is_not_shown_as_having_reached_it(
    part: int, whole: int, mark: int, told: int
) -> None:
    assert shown_share(part, whole, mark) == told


@pytest.mark.parametrize(
    ("basis_points", "written"),
    [(8_889, "88.89%"), (5_000, "50%"), (5_005, "50.05%"), (5_050, "50.50%"), (0, "0%"), (1, "0.01%")],
)
def test_a_share_is_written_with_two_decimals_or_none(basis_points: int, written: str) -> None:
    assert write_share(basis_points) == written

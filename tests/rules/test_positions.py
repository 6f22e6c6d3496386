"""Distances of marks: whole tens of metres, the same from either side, and the error forgiven."""

from __future__ import annotations

import pytest

from voucher.rules.errors import Refused
from voucher.rules.positions import Position, check_position, distance_metres, is_far_away

JIYUAN = Position(35_067_300, 112_602_300)


@pytest.mark.parametrize(
    ("other", "metres"),
    [
        (Position(35_067_300, 112_602_300), 0),
        (Position(35_067_900, 112_602_300), 70),
        (Position(35_067_300, 112_612_300), 910),
        (Position(34_746_600, 113_625_400), 99_970),
    ],
)
def test_a_distance_is_told_in_tens_of_metres(other: Position, metres: int) -> None:
    told = distance_metres(JIYUAN, other)
    # within half a hundredth of the great circle
    assert abs(told - metres) <= max(10, metres // 200)
    assert told % 10 == 0
    assert abs(distance_metres(other, JIYUAN) - told) <= max(10, metres // 200)


def test_the_date_line_is_no_wall_and_the_error_is_forgiven() -> None:
    assert distance_metres(Position(0, 179_999_000), Position(0, -179_999_000)) == 220
    assert not is_far_away(1_040, 40, 1_000)
    assert is_far_away(1_050, 40, 1_000)


@pytest.mark.parametrize("given", [(1, None), (None, 1), (90_000_001, 0), (0, -180_000_001)])
def test_half_a_position_or_one_off_the_earth_is_refused(given: tuple[int | None, int | None]) -> None:
    check_position(None, None)
    check_position(90_000_000, 180_000_000)
    with pytest.raises(Refused, match="position_malformed"):
        check_position(*given)

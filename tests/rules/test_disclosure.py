"""Small groups are told together, and no sum beside them gives one away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voucher.rules.disclosure import choose_merged


@pytest.mark.parametrize(
    ("sizes", "merged"),
    [
        ((7, 9, 30), set()),
        ((30, 3, 2), {1, 2}),
        # one alone could be worked out from the sum: the next smallest goes with it
        ((30, 8, 3), {1, 2}),
        # two that are together still too few take a third along
        ((30, 8, 2, 1), {1, 2, 3}),
        ((3,), {0}),
        ((), set()),
        ((0, 20), {0, 1}),
    ],
)
def test_who_is_told_together(sizes: tuple[int, ...], merged: set[int]) -> None:
    assert choose_merged(sizes, 5) == merged


@given(st.lists(st.integers(0, 40), max_size=12), st.integers(1, 12))
def test_what_is_told_alone_is_enough_and_what_is_merged_is_not_one_alone(
    sizes: list[int], smallest: int
) -> None:
    merged = choose_merged(sizes, smallest)
    assert all(size >= smallest for place, size in enumerate(sizes) if place not in merged)
    if merged and len(merged) < len(sizes):
        assert len(merged) > 1
        assert sum(sizes[place] for place in merged) >= smallest

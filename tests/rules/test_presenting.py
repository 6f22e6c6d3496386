"""The number on a code: an older screen is old, a second phone with the same key is found out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.rules.presenting import Order, binding_message, expires_at, is_near_end, judge_order

AT = datetime(2024, 3, 4, 1, 0, tzinfo=UTC)
MOMENTS = st.lists(st.integers(0, 10**6), min_size=2, max_size=12)


@settings(max_examples=200)
@given(MOMENTS, st.data())
def test_one_phone_is_never_taken_for_a_copy(steps: list[int], data: st.DataObject) -> None:
    """Its number and its moment rise together, in whatever order a counter meets the screens."""
    screens = []
    shown_at = 0
    for number, step in enumerate(steps, 1):
        shown_at += step
        screens.append((number, shown_at))
    last: tuple[int, int | None] = (0, None)
    for counter, moment in data.draw(st.permutations(screens)):
        order = judge_order(*last, counter, moment)
        assert order is not Order.COPIED
        assert (order is Order.NEXT) == (counter > last[0])
        if order is Order.NEXT:
            last = (counter, moment)


@settings(max_examples=200)
@given(st.integers(1, 2**32 - 1), st.integers(0, 2**32 - 2), st.data())
def test_a_copy_that_shows_later_what_was_counted_before_is_found_out(
    last: int, last_shown_at: int, data: st.DataObject
) -> None:
    counter = data.draw(st.integers(0, last))
    later = data.draw(st.integers(last_shown_at + 1, 2**32 - 1))
    assert judge_order(last, last_shown_at, counter, later) is Order.COPIED


def test_what_binds_a_phone_names_beacon_holder_and_key() -> None:
    key = bytes([2]) * 33
    message = binding_message(bytes(16), 7, key)
    assert (message[:4], len(message)) == (b"TV1D", 4 + 16 + 8 + 33)
    assert message not in (binding_message(bytes(15) + b"1", 7, key), binding_message(bytes(16), 8, key))


def test_a_credential_ends_with_its_voucher_and_is_due_in_its_last_third() -> None:
    assert expires_at(AT, 30, None) == AT + timedelta(days=30)
    assert expires_at(AT, 30, AT + timedelta(days=3)) == AT + timedelta(days=3)
    end = AT + timedelta(days=30)
    assert not is_near_end(AT, end, AT + timedelta(days=20))
    assert is_near_end(AT, end, AT + timedelta(days=20, seconds=1))

"""A key is shown, signs, is believed, is gone: every edge of it, to the second."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from voucher.rules.errors import Refused
from voucher.rules.keys import (
    KeyLife,
    KeyState,
    KeyTimes,
    check_shown_long_enough,
    key_state,
    may_be_believed,
    removal_due_at,
    rotation_due_at,
    successor_due_at,
)

MADE = datetime(2024, 1, 1, 1, tzinfo=UTC)
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
TIMES = KeyTimes(next_days=30, signing_days=90, signed_days=40, verify_more_days=30)
NEXT = KeyLife(MADE)
SIGNING = KeyLife(MADE, MADE + 30 * DAY)
DONE = KeyLife(MADE, MADE + 30 * DAY, MADE + 120 * DAY)
GONE = KeyLife(MADE, MADE + 30 * DAY, removed_at=MADE + 31 * DAY)


def test_a_state_follows_from_the_moments() -> None:
    lives = (NEXT, SIGNING, DONE, GONE)
    assert [key_state(each) for each in lives] == list(KeyState)
    assert [may_be_believed(key_state(each), offline=False) for each in lives] == [False, True, True, False]
    # away from the network the next key may have begun to sign without the verifier knowing
    assert [may_be_believed(key_state(each), offline=True) for each in lives] == [True, True, True, False]


def test_what_is_due_and_when() -> None:
    assert successor_due_at(SIGNING, TIMES) == MADE + 90 * DAY
    assert rotation_due_at(SIGNING, TIMES) == MADE + 120 * DAY
    # the last thing it signed is good for 40 days, and for 30 more somebody may ask about it
    assert removal_due_at(DONE, TIMES) == MADE + 190 * DAY
    for other in (NEXT, DONE, GONE):
        assert successor_due_at(other, TIMES) is rotation_due_at(other, TIMES) is None
    for other in (NEXT, SIGNING, GONE):
        assert removal_due_at(other, TIMES) is None


def test_a_key_signs_no_earlier_than_it_was_shown_for() -> None:
    check_shown_long_enough(NEXT, TIMES, MADE + 30 * DAY)
    with pytest.raises(Refused) as caught:
        check_shown_long_enough(NEXT, TIMES, MADE + 30 * DAY - SECOND)
    assert caught.value.refusal.code == "key_too_fresh"
    assert "30" in caught.value.refusal.title

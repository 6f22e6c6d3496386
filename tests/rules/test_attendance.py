"""Marks: when they may be made, in which order, what they come to in lesson hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from voucher.rules.attendance import (
    IN,
    OUT,
    Mark,
    MarkRules,
    check_mark_order,
    check_mark_time,
    class_code_number,
    class_code_steps,
    hours_present,
    is_shared_device,
    minutes_present,
    presence_share,
)
from voucher.rules.classes import Slot
from voucher.rules.errors import Refused

START = datetime(2024, 3, 4, 0, 0, tzinfo=UTC)
SLOT = Slot(START, START + timedelta(hours=6))
RULES = MarkRules(
    timedelta(minutes=30), timedelta(minutes=30), timedelta(minutes=10), timedelta(minutes=10), 45
)


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def marks(*minutes: int) -> list[Mark]:
    """Return in and out by turns."""
    return [Mark(OUT if place % 2 else IN, at(each)) for place, each in enumerate(minutes)]


@pytest.mark.parametrize(
    ("direction", "minute", "good"),
    [
        (IN, -31, False), (IN, -30, True), (IN, 360, True), (IN, 361, False),
        (OUT, -1, False), (OUT, 0, True), (OUT, 390, True), (OUT, 391, False),
    ],
)  # fmt: skip
def test_a_mark_is_made_in_the_time_of_its_session(direction: str, minute: int, good: bool) -> None:
    if good:
        check_mark_time(direction, SLOT, at(minute), RULES)
        return
    with pytest.raises(Refused) as caught:
        check_mark_time(direction, SLOT, at(minute), RULES)
    assert caught.value.refusal.code == "mark_outside_timetable"


@pytest.mark.parametrize(
    ("direction", "before", "code"),
    [(IN, (0,), "signed_in_already"), (OUT, (), "not_signed_in"), (OUT, (0, 60), "not_signed_in")],
)
def test_in_and_out_take_turns(direction: str, before: tuple[int, ...], code: str) -> None:
    with pytest.raises(Refused) as caught:
        check_mark_order(direction, marks(*before))
    assert caught.value.refusal.code == code
    check_mark_order(IN, marks())
    check_mark_order(IN, marks(0, 60))
    check_mark_order(OUT, marks(0))


@pytest.mark.parametrize(
    ("signed", "minutes", "hours"),
    [
        ((), 0, 0),
        ((0,), 0, 0),  # never signed out
        ((-20, 380), 360, 8),  # nothing before and after the session counts
        ((10, 350), 360, 8),  # forgiven at both ends
        ((11, 349), 338, 7),
        ((0, 44), 44, 0),  # a lesson begun is not a lesson
        ((0, 45), 45, 1),
        ((0, 150, 200, 360), 310, 6),  # away at noon
        ((355, 358), 5, 0),  # came at the end: forgiven to the end, and no lesson
    ],
)
def test_marks_come_to_whole_lessons_within_the_session(
    signed: tuple[int, ...], minutes: int, hours: int
) -> None:
    assert minutes_present(SLOT, marks(*signed), RULES) == minutes
    assert hours_present(SLOT, 8, marks(*signed), RULES) == hours


def test_a_session_never_holds_more_than_its_time_or_its_plan() -> None:
    assert hours_present(SLOT, 24, marks(0, 360), RULES) == 8, "twenty-four planned, eight possible"
    assert hours_present(SLOT, 4, marks(0, 360), RULES) == 4


def test_a_class_code_is_eight_digits_at_most_and_lives_for_two_steps() -> None:
    step = timedelta(seconds=15)
    now, former = class_code_steps(START, step)
    assert former == now - 1
    assert class_code_steps(START + timedelta(seconds=14), step) == (now, former)
    assert class_code_steps(START + timedelta(seconds=15), step) == (now + 1, now)
    assert {class_code_number(f"{each:064x}") > 0 for each in range(100)} == {True}
    assert class_code_number("f" * 64) <= 99_999_999


def test_three_different_people_make_a_device_doubtful() -> None:
    assert not is_shared_device([1, 2, 1, 2], 3)
    assert is_shared_device([1, 2, 3], 3)


@pytest.mark.parametrize(
    ("came", "expected", "share"), [(0, 0, 0), (2, 3, 6666), (3, 3, 10_000), (4, 3, 10_000)]
)
def test_the_share_of_those_who_came_is_rounded_down(came: int, expected: int, share: int) -> None:
    assert presence_share(came, expected) == share

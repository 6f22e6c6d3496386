"""Slip numbers, the end of the card at the door of an exam, and seats nobody can argue about."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from voucher.rules.arrivals import (
    check_card_end,
    check_reader_file_day,
    looks_like_slip,
    make_slip_number,
    may_have_scores,
    parse_arrival_time,
    parse_slip_number,
)
from voucher.rules.errors import Refused
from voucher.rules.seats import Seat, allot_seats, order_for_seats

NUMBER = "41010519900315991X"


def code(call: object, *given: object) -> str:
    assert callable(call)
    with pytest.raises(Refused) as caught:
        call(*given)
    return caught.value.refusal.code


def test_a_slip_number_is_read_as_people_type_it_and_one_wrong_digit_is_seen() -> None:
    number = make_slip_number(2024, 7, 12)
    assert (number, len(number)) == ("2024000007000000128", 19)
    assert parse_slip_number("２０２４ 000007 0000-00128") == (7, 12)
    for place in range(19):
        wrong = number[:place] + str((int(number[place]) + 1) % 10) + number[place + 1 :]
        assert code(parse_slip_number, wrong) == "slip_number_malformed"
    for junk in ("", "12", "²" * 19, number + "1", "abc"):
        assert code(parse_slip_number, junk) == "slip_number_malformed"
    assert looks_like_slip(number)
    assert not looks_like_slip("72" + "0" * 20)


def test_the_end_of_the_card_is_typed_blind_and_never_guessed() -> None:
    check_card_end(NUMBER, "991x", 4, 5)
    check_card_end(NUMBER, "９９１Ｘ", 100, None)
    assert code(check_card_end, NUMBER, "9911", 0, 5) == "candidate_card_differs"
    assert code(check_card_end, NUMBER, "91X", 0, 5) == "candidate_card_differs"
    assert code(check_card_end, None, "991X", 0, 5) == "candidate_card_differs"
    assert code(check_card_end, NUMBER, "991X", 5, 5) == "candidate_card_tries_used_up"


def test_scores_need_an_arrival_where_the_day_asks_for_it() -> None:
    arrived = datetime(2024, 3, 13, tzinfo=UTC)
    assert [may_have_scores(True, None), may_have_scores(True, arrived), may_have_scores(False, None)] == [
        False,
        True,
        True,
    ]


def test_a_reader_writes_times_in_many_ways_and_never_of_another_day() -> None:
    day = date(2024, 3, 13)
    for given in (
        "08:31",
        "8:31:00",
        "2024-03-13 08:31:00.250",
        "2024/3/13T8:31",
        "８：３１",
        "2024年3月13日 8时31分",
    ):
        assert parse_arrival_time(given, day) == time(8, 31), given
    for junk in ("", "8点", "0831", "25:00", "08:60", "2024-02-30 08:31", "2024-03-13", "8:31 8:32"):
        assert code(parse_arrival_time, junk, day) == "arrival_time_malformed", junk
    assert code(parse_arrival_time, "2024-03-14 08:31", day) == "arrival_other_day"


def test_a_readers_file_comes_within_days_of_the_exam() -> None:
    day = date(2024, 3, 13)
    check_reader_file_day(day, day, 0)
    check_reader_file_day(day, date(2024, 3, 16), 3)
    assert code(check_reader_file_day, day, date(2024, 3, 17), 3) == "reader_file_late"
    assert code(check_reader_file_day, day, date(2024, 3, 14), 0) == "reader_file_late"


def test_seats_are_the_same_whoever_computes_them_and_lie_inside_their_rooms() -> None:
    people = list(range(1, 41))
    first = allot_seats("PJ-1", people, [(1, 25), (2, 15)])
    assert first == allot_seats("PJ-1", people[::-1], [(1, 25), (2, 15)])
    assert sorted((each.room_id, each.number) for each in first.values()) == [
        *((1, number) for number in range(1, 26)),
        *((2, number) for number in range(1, 16)),
    ]
    order = order_for_seats("PJ-1", people)
    assert sorted(order) == people
    assert order != people
    assert order != order_for_seats("PJ-2", people)
    assert code(allot_seats, "PJ-1", people, [(1, 25), (2, 14)]) == "exam_rooms_full"
    late = allot_seats("PJ-1", [99], [(1, 2)], [Seat(1, 1)])
    assert late == {99: Seat(1, 2)}

"""Places in contests: which row a place was first entered as, however it is entered again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from voucher.rules.competitions import Entered, find_first_entered, spell_contest

DAY, OTHER_DAY = date(2023, 9, 10), date(2024, 9, 11)
WELDING, TURNING = "6-18-02-04", "6-18-01-01"


def entered(
    row_id: int, contest: str, *, trade_code: str = WELDING, awarded_on: date = DAY, stands: bool = True
) -> Entered:
    return Entered(row_id, contest, trade_code, awarded_on, stands)


def test_a_contest_is_spelled_by_its_letters_and_digits() -> None:
    assert spell_contest("２０２３年 全国大赛（焊工）—abc") == "2023年全国大赛焊工ABC"
    assert spell_contest("——") == ""


def test_a_place_alone_is_the_row_it_stands_in() -> None:
    row = entered(7, "2023年全国大赛")
    assert find_first_entered(row, []) == 7
    assert find_first_entered(row, [row]) == 7
    assert find_first_entered(row, [row, entered(3, "2022年全国大赛"), entered(4, "——")]) == 7


def test_a_name_with_a_note_of_one_trade_and_day_is_the_same_place_either_way() -> None:
    short, long = entered(3, "2023年全国大赛"), entered(7, "2023年全国大赛 焊工赛项")
    assert find_first_entered(long, [short, long]) == 3
    assert find_first_entered(entered(3, "2023年全国大赛 焊工赛项"), [entered(2, "2023年全国大赛")]) == 2
    assert find_first_entered(entered(9, "2023年全国大赛"), [entered(5, "2023年全国大赛 焊工赛项")]) == 5


def test_another_trade_or_another_day_that_stands_is_another_place() -> None:
    row = entered(7, "全国大赛 焊工赛项")
    assert find_first_entered(row, [entered(3, "全国大赛", trade_code=TURNING)]) == 7
    assert find_first_entered(row, [entered(3, "全国大赛", awarded_on=OTHER_DAY)]) == 7


def test_one_place_of_two_trades_is_one_by_the_number_of_its_award() -> None:
    both = [
        replace(entered(3, "全国大赛"), award_number="G-7"),
        replace(entered(7, "全国大赛", trade_code=TURNING), award_number="Ｇ—7"),
    ]
    assert [find_first_entered(each, both) for each in both] == [3, 3]
    assert find_first_entered(replace(both[1], award_number="G-8"), both[:1]) == 7
    assert find_first_entered(replace(both[1], awarded_on=OTHER_DAY), both[:1]) == 7
    assert find_first_entered(replace(both[1], contest="别的大赛"), both[:1]) == 7


def test_in_place_of_a_row_taken_back_it_is_the_same_whatever_trade_and_day() -> None:
    row = entered(7, "全国大赛 焊工赛项")
    former = entered(3, "全国大赛", trade_code=TURNING, awarded_on=OTHER_DAY, stands=False)
    assert find_first_entered(row, [former]) == 3
    assert find_first_entered(row, [entered(3, "别的大赛", stands=False)]) == 7
    assert find_first_entered(row, [former, entered(2, "——", stands=False)]) == 3

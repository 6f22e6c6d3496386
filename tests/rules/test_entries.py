"""How somebody without a voucher may enter an exam: by which way, on what evidence, how high."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from voucher.registry.reference import FOLDER, read_records
from voucher.rules.entries import Condition, Education, Entry, EntryWay, OpenWays, check_entry
from voucher.rules.errors import Refused
from voucher.rules.levels import Level
from voucher.rules.talents import Placing

OPENED = {Education.SECONDARY: 3, Education.HIGHER: 4, Education.BACHELOR: 4}
ON = date(2024, 1, 17)
FIRST, SECOND, THIRD, SKILLED = 2, 3, 4, 5


def shipped() -> list[Condition]:
    """Return the table that ships with the program."""
    return [
        Condition(
            int(row["level"]), EntryWay(row["way"]), int(row["years"]),
            int(row["held_level"]) if row["held_level"] else None,
            Education(row["education"]) if row["education"] else None, row["award"] or None, row["words"],
        )
        for row in read_records(FOLDER.joinpath("entry_conditions.csv"))
    ]  # fmt: skip


WAYS = OpenWays(
    on=ON,
    by_education=OPENED,
    conditions=shipped(),
    placings=[
        Placing("trade_1", 1, 1, 5, Level.TECHNICIAN, date(2023, 8, 24), None, "表"),
        Placing("trade_1", 1, 6, 20, Level.SENIOR, date(2023, 8, 24), None, "表"),
    ],
    honours={"china_skill_award": "中华技能大奖", "muye_craftsman": "牧野工匠"},
)
WORKED = Entry(EntryWay.WORK, "社保缴费证明 41-7")
HELD = {"held_level": FIRST, "held_number": "S000041010001235000001"}


def refusal(entry: Entry | None, level: int, ways: OpenWays = WAYS) -> str:
    """Return why an entry is refused, "" where it is not."""
    try:
        check_entry(entry, level, ways)
    except Refused as refused:
        return refused.refusal.code
    return ""


@pytest.mark.parametrize("education", list(Education))
@pytest.mark.parametrize("level", [2, 3, 4, 5])
def test_education_opens_levels_up_to_its_own(education: Education, level: int) -> None:
    """中职毕业到中级工，高职、应用型本科到高级工。"""
    entry = Entry(EntryWay.EDUCATION, "毕业证书 001", education)
    assert refusal(entry, level) == ("" if level <= OPENED[education] else "entry_level_too_high")


def test_every_way_has_a_paper_and_an_item_asks_for_no_way() -> None:
    for way in EntryWay:
        assert refusal(Entry(way, " "), FIRST) == "entry_evidence_missing"
    assert (refusal(None, 0), refusal(None, 1)) == ("", "entry_way_missing")
    assert refusal(Entry(EntryWay.EDUCATION, "毕业证书"), FIRST) == "entry_education_missing"


@pytest.mark.parametrize(
    ("level", "told", "code"),
    [
        (FIRST, {}, "entry_years_missing"),
        (FIRST, {"years": 0}, "entry_condition_unmet"),
        (FIRST, {"years": 1}, ""),
        (FIRST, {"years": 0, "held_level": 1, "held_number": "学徒 7"}, ""),
        (SECOND, {"years": 5}, "entry_condition_unmet"),
        (SECOND, {"years": 6}, ""),
        (SECOND, {"years": 4, **HELD}, ""),
        (SECOND, {"years": 3, **HELD}, "entry_condition_unmet"),
        (SECOND, {"years": 4, "held_level": FIRST}, "entry_held_incomplete"),
        (THIRD, {"years": 30}, "entry_condition_unmet"),
        (THIRD, {"years": 5, **HELD, "held_level": SECOND}, ""),
        (THIRD, {"years": 2, **HELD, "held_level": SECOND}, "entry_condition_unmet"),
        (THIRD, {"years": 2, **HELD, "held_level": SECOND, "education": Education.HIGHER}, ""),
        (THIRD, {"years": 2, **HELD, "held_level": SECOND, "education": Education.BACHELOR}, ""),
        (THIRD, {"years": 2, **HELD, "held_level": SECOND, "education": Education.SECONDARY},
         "entry_condition_unmet"),
        (SKILLED, {"years": 4, **HELD, "held_level": THIRD}, ""),
        (7, {"years": 40}, "entry_way_closed"),
    ],
)  # fmt: skip
def test_years_and_the_certificate_held_open_the_next_level(
    level: int, told: dict[str, Any], code: str
) -> None:
    assert refusal(replace(WORKED, **told), level) == code


def test_an_award_a_place_and_credits_open_what_their_tables_say() -> None:
    awarded = Entry(EntryWay.EXCEPTION, "人社部发〔2022〕1号")
    assert refusal(awarded, SKILLED) == "entry_award_missing"
    assert refusal(replace(awarded, award="best_of_village"), SKILLED) == "entry_award_unknown"
    assert refusal(replace(awarded, award="china_skill_award"), SKILLED) == ""
    assert refusal(replace(awarded, award="china_skill_award"), 7) == ""
    # a city's honour is none of a province or above
    assert refusal(replace(awarded, award="muye_craftsman"), SKILLED) == "entry_condition_unmet"
    assert refusal(replace(awarded, award="china_skill_award"), FIRST) == "entry_way_closed"

    placed = Entry(EntryWay.COMPETITION, "豫赛〔2023〕7号", competition="trade_1", team=1)
    assert refusal(placed, THIRD) == "entry_place_missing"
    assert refusal(replace(placed, place=7), THIRD) == ""
    assert refusal(replace(placed, place=7), SKILLED) == "entry_level_too_high"
    assert refusal(replace(placed, place=5), SKILLED) == ""
    assert refusal(replace(placed, competition="national_1", place=1), THIRD) == "entry_contest_unruled"
    assert refusal(replace(placed, place=21), THIRD) == "entry_place_earns_nothing"
    before = replace(WAYS, on=date(2023, 1, 1))
    assert refusal(replace(placed, place=5), THIRD, before) == "entry_place_earns_nothing", "before the table"

    for level, code in ((THIRD, ""), (SKILLED, "entry_way_closed")):
        assert refusal(Entry(EntryWay.CREDIT, "学分证明 12"), level) == code
    assert refusal(Entry(EntryWay.RECOGNITION, "直接认定申报表 3"), 6) == ""
    assert refusal(Entry(EntryWay.RECOGNITION, "直接认定申报表 3"), 8) == "entry_way_closed"


def test_a_closed_way_names_those_that_are_open() -> None:
    with pytest.raises(Refused) as caught:
        check_entry(Entry(EntryWay.CREDIT, "学分证明 12"), SKILLED, WAYS)
    assert caught.value.refusal.next_step.endswith("工作年限、直接认定、破格（获奖）、竞赛")

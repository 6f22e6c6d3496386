"""技能人才: who counts, the ladder, what a place in a competition earns."""

from __future__ import annotations

from datetime import date

import pytest

from tests.house.source import PROJECT
from voucher.registry.reference import read_records
from voucher.rules.levels import Level
from voucher.rules.talents import (
    CategoryRow,
    Placing,
    Step,
    TalentCategory,
    counts_for,
    find_level_of_place,
    find_next_level,
    list_high_levels,
    list_middle_levels,
    list_ways,
    makes_skilled,
    stands_on_ladder,
)
from voucher.rules.vocabulary import CertificateKind, Method

DATA = PROJECT / "voucher" / "registry" / "data"
PLACINGS = [
    Placing(
        row["competition"], int(row["team"]), int(row["first"]), int(row["last"]), Level(int(row["level"])),
        date.fromisoformat(row["since"]), None, row["document"],
    )
    for row in read_records(DATA / "competition_placings.csv")
]  # fmt: skip
ON = date(2024, 5, 1)


@pytest.mark.parametrize(
    ("team", "place", "level"),
    [
        (1, 3, Level.TECHNICIAN),
        (1, 4, Level.SENIOR),
        (1, 15, Level.SENIOR),
        (1, 16, None),
        (2, 2, Level.TECHNICIAN),
        (2, 10, Level.SENIOR),
        (3, 1, Level.TECHNICIAN),
        (3, 6, None),
        (4, 1, None),
    ],
)
def test_a_place_in_a_provincial_contest_of_the_second_class_earns_what_the_table_says(
    team: int, place: int, level: Level | None
) -> None:
    """AC-J2：省级行业二类赛单人第 3 名技师，第 4 至 15 名高级工，第 16 名没有。"""
    found = find_level_of_place("provincial_trade_2", team, place, ON, PLACINGS)
    assert (found.level if found else None) is level


def test_the_table_of_the_day_decides_and_the_first_class_reaches_further() -> None:
    first = find_level_of_place("provincial_trade_1", 1, 20, ON, PLACINGS)
    assert first is not None
    assert first.level is Level.SENIOR
    assert find_level_of_place("provincial_trade_1", 1, 1, date(2023, 8, 23), PLACINGS) is None
    assert find_level_of_place("city", 1, 1, ON, PLACINGS) is None


def test_five_kinds_make_a_skilled_person_and_two_stand_on_the_ladder() -> None:
    assert [kind for kind in CertificateKind if not makes_skilled(kind)] == [
        CertificateKind.TRAINING_COMPLETION
    ]
    assert stands_on_ladder(CertificateKind.SKILL_LEVEL, Level.JUNIOR)
    assert not stands_on_ladder(CertificateKind.SPECIAL_SKILL, None)
    assert list_high_levels()[0] is Level.SENIOR
    assert list_middle_levels()[0] is Level.INTERMEDIATE


def test_the_next_step_is_one_level_up_by_the_ways_of_the_day() -> None:
    assert find_next_level([]) is Level.JUNIOR
    assert find_next_level([Level.JUNIOR, Level.SENIOR]) is Level.TECHNICIAN
    assert find_next_level([Level.CHIEF_TECHNICIAN]) is None
    old = Step(Level.SENIOR, Method.EXAM, "旧", date(2020, 1, 1), date(2023, 12, 31), "文件一")
    new = Step(Level.SENIOR, Method.EXAM, "新", date(2024, 1, 1), None, "文件二")
    assert list_ways(Level.SENIOR, ON, [old, new]) == [new]
    assert list_ways(Level.SENIOR, date(2023, 5, 1), [old, new]) == [old]
    assert list_ways(Level.JUNIOR, ON, [old, new]) == []


def test_a_certificate_counts_by_its_kind_and_by_its_occupation() -> None:
    def row(kind: CertificateKind | None, trades: str | None) -> CategoryRow:
        return CategoryRow(
            TalentCategory.RURAL, kind, trades, "", provisional=True, since=date(2021, 10, 28), until=None,
            document="",
        )  # fmt: skip

    skilled, farmers = row(CertificateKind.SKILL_LEVEL, None), row(None, "5-")
    assert counts_for(skilled, CertificateKind.SKILL_LEVEL, "4-10-01-05")
    assert not counts_for(skilled, CertificateKind.QUALIFICATION, "4-10-01-05")
    assert counts_for(farmers, CertificateKind.QUALIFICATION, "5-05-01-02")
    assert not counts_for(farmers, CertificateKind.QUALIFICATION, "4-05-01-02")
    assert not counts_for(farmers, CertificateKind.TRAINING_COMPLETION, "5-05-01-02")

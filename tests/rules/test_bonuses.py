"""The rows and keys of what else is claimed: the region's own row first, and one spelling per occasion."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from voucher.rules.bonus_kinds import KINDS, BonusKind
from voucher.rules.bonuses import (
    BonusStandard,
    bonus_key,
    find_bonus_standard,
    name_claim_kind,
    name_purpose,
)
from voucher.rules.errors import Refused
from voucher.rules.vocabulary import SUBSIDY_NAMES

SINCE, LAST = date(2023, 1, 1), date(2024, 12, 31)
ROW = BonusStandard(
    BonusKind.ABSORPTION, "hire", "吸纳", None, 1000_00, 1000_00, 12, 2_000_000_00, None, SINCE, LAST, "文件"
)  # fmt: skip
XINXIANG = replace(ROW, region_code="410700", most_fen=900_00)


def find(on: date, *rows: BonusStandard, item: str = "hire", kind: BonusKind = BonusKind.ABSORPTION) -> int:
    return find_bonus_standard(rows, kind, item, on, ["410702", "410700"]).most_fen


def test_every_kind_has_its_name() -> None:
    assert [name_claim_kind(kind) for kind in KINDS] == [each.name for each in KINDS.values()]
    assert {kind: name_claim_kind(kind) for kind in SUBSIDY_NAMES} == SUBSIDY_NAMES


def test_a_bank_is_told_each_thing_that_is_paid_once_and_in_one_order() -> None:
    assert name_purpose(["evaluation"]) == name_purpose(["training", "evaluation"]) == "职业技能培训评价补贴"
    assert name_purpose([BonusKind.COMPETITION_AWARD] * 2) == "竞赛奖励"
    mixed = [BonusKind.HONOUR_AWARD, BonusKind.ABSORPTION, "training"]
    assert name_purpose(mixed) == name_purpose(mixed[::-1]) == "职业技能培训评价补贴、吸纳就业补助、荣誉奖励"


def test_the_row_of_the_region_goes_before_that_of_the_province() -> None:
    assert find(SINCE, ROW, XINXIANG) == find(LAST, XINXIANG, ROW) == 900_00
    assert find(SINCE, ROW, replace(XINXIANG, region_code="410100")) == 1000_00


def test_a_new_document_counts_from_its_day_where_the_older_row_was_never_closed() -> None:
    begins = date(2024, 7, 1)
    old, new = replace(ROW, until=None), replace(ROW, most_fen=1500_00, since=begins)
    assert find(begins - timedelta(days=1), old, new) == 1000_00
    assert find(begins, old, new) == find(begins, new, old) == 1500_00
    assert find(begins, old, new, replace(XINXIANG, until=None)) == 900_00


@pytest.mark.parametrize(
    ("on", "item", "kind"),
    [
        (date(2022, 12, 31), "hire", BonusKind.ABSORPTION),
        (date(2025, 1, 1), "hire", BonusKind.ABSORPTION),
        (SINCE, "another", BonusKind.ABSORPTION),
        (SINCE, "hire", BonusKind.INTRODUCTION),
    ],
)
def test_where_no_row_is_in_force_nothing_is_given(on: date, item: str, kind: BonusKind) -> None:
    with pytest.raises(Refused, match="bonus_standard_missing"):
        find(on, ROW, item=item, kind=kind)


def test_one_occasion_has_one_key_however_it_is_spelt() -> None:
    keys = {
        bonus_key(BonusKind.COMPETITION_AWARD, "gold", 7, 1, each)
        for each in ("第3届（省赛）-焊工a", "第３届(省赛) 焊工Ａ", "第3届省赛焊工A")
    }
    assert keys == {"competition_award|7|第3届省赛焊工A"}
    assert bonus_key(BonusKind.ABSORPTION, "hire", 7, 1, "x") == "absorption|7|1"
    levels = [bonus_key(BonusKind.APPRENTICESHIP_ADVANCE, each, 7, 1, "备案1") for each in ("four", "three")]
    assert levels == ["apprenticeship_advance|1|four|备案1", "apprenticeship_advance|1|three|备案1"]
    assert bonus_key(BonusKind.HONOUR_AWARD, "craft", 7, 1, "x") == "honour_award|7|craft"
    assert bonus_key(BonusKind.ONE_OFF_BONUS, "base", 7, 1, "x") == "one_off_bonus|1|base"

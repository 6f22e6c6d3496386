"""What a standard is multiplied by: 急需紧缺 up, blended classes and 直接认定 down, one rounding in all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rules.test_subsidy import CARER5, FOUNDED, HALF, STANDARDS
from voucher.rules.dictionaries import TrainingMode
from voucher.rules.modifiers import Modifier
from voucher.rules.money import share
from voucher.rules.subsidy import Case, Price, price_subsidy
from voucher.rules.vocabulary import Level, Method, SubsidyKind

TRAIN = replace(CARER5, kind=SubsidyKind.TRAINING)
CARER = TRAIN.occupation_code
SHORT = Modifier(
    SubsidyKind.TRAINING, None, 12_000, date(2024, 1, 1), date(2024, 12, 31), "济人社〔2024〕9号",
    occupation_code=CARER, region_code="410100",
)  # fmt: skip
BLENDED = Modifier(
    SubsidyKind.TRAINING, None, 9_000, FOUNDED, None, "豫人社〔2024〕3号", mode=TrainingMode.BLENDED
)


def price(case: Case, *modifiers: Modifier) -> Price:
    return price_subsidy(case, STANDARDS, modifiers)


def test_an_occupation_in_short_supply_earns_more_where_and_while_the_list_names_it() -> None:
    answer = price(TRAIN, SHORT)
    assert answer.amount_fen == 1440_00
    assert answer.explanation == (
        "1,200.00 × 120% 急需紧缺，济人社〔2024〕9号；标准 1,200.00 五级/初级工，豫人社规〔2022〕2号"
    )
    for other in (
        replace(TRAIN, occupation_code="4-10-01-06"),
        replace(TRAIN, region_codes=("410702", "410700", "410000")),
        replace(TRAIN, issued_on=date(2025, 1, 1)),
    ):
        assert price(other, SHORT).amount_fen == 1200_00
    assert price(replace(CARER5, level=Level.JUNIOR), SHORT).amount_fen == 200_00


def test_a_blended_class_earns_less_and_both_shares_are_taken_one_of_the_other() -> None:
    blended = replace(TRAIN, mode=TrainingMode.BLENDED)
    assert price(blended, BLENDED).amount_fen == 1080_00
    assert price(replace(TRAIN, mode=TrainingMode.ONLINE), BLENDED).amount_fen == 1200_00
    answer = price(blended, BLENDED, SHORT)
    assert answer.amount_fen == 1296_00
    assert (
        "1,200.00 × 90% 混合培训 × 120% 急需紧缺，豫人社〔2024〕3号；济人社〔2024〕9号" in answer.explanation
    )


def test_direct_recognition_stays_a_persons_decision_without_a_row_of_its_own() -> None:
    direct = replace(CARER5, method=Method.DIRECT)
    listed = replace(SHORT, kind=SubsidyKind.EVALUATION)
    refused = price(direct, listed)
    assert refused.refusal is not None
    assert refused.refusal.code == "method_needs_decision"
    assert price(direct, listed, HALF).amount_fen == 120_00


def test_the_nearest_the_most_particular_and_the_latest_row_counts() -> None:
    wide = replace(SHORT, region_code=None, basis_points=11_000)
    assert price(TRAIN, wide, SHORT).amount_fen == 1440_00
    level = replace(SHORT, level=Level.JUNIOR, region_code=None, basis_points=13_000)
    assert price(TRAIN, SHORT, level).amount_fen == 1560_00
    later = replace(SHORT, since=date(2024, 2, 1), basis_points=11_500)
    assert price(TRAIN, later, SHORT).amount_fen == 1380_00
    same_day = replace(SHORT, basis_points=11_000)
    assert price(TRAIN, SHORT, same_day).amount_fen == 1320_00


def test_a_share_of_the_whole_changes_nothing_and_is_not_told() -> None:
    whole = replace(SHORT, basis_points=10_000)
    assert price(TRAIN, whole).explanation == price(TRAIN).explanation


@settings(max_examples=200)
@given(st.integers(0, 10**9), st.lists(st.integers(0, 20_000), min_size=1, max_size=3))
def test_several_shares_are_rounded_once(amount_fen: int, shares: list[int]) -> None:
    exact, whole = amount_fen, 1
    for each in shares:
        exact, whole = exact * each, whole * 10_000
    assert abs(2 * (share(amount_fen, *shares) * whole - exact)) <= whole


def test_an_occupation_goes_before_a_level_and_a_region_before_the_whole_province() -> None:
    level = replace(SHORT, occupation_code=None, level=Level.JUNIOR, basis_points=13_000)
    occupation = replace(SHORT, region_code=None, basis_points=11_000)
    assert price(TRAIN, level, occupation).amount_fen == 1320_00
    assert price(TRAIN, occupation, SHORT).amount_fen == price(TRAIN, SHORT, occupation).amount_fen == 1440_00
    county = replace(SHORT, region_code="410103", basis_points=10_500)
    assert price(TRAIN, county, SHORT).amount_fen == price(TRAIN, SHORT, county).amount_fen == 1260_00


def test_of_two_rows_alike_the_first_counts() -> None:
    twin = replace(SHORT, document="同日另文")
    assert "济人社〔2024〕9号" in price(TRAIN, SHORT, twin).explanation
    assert "同日另文" in price(TRAIN, twin, SHORT).explanation

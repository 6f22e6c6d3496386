"""Money is whole fen; text in, text out, and one rounding."""

from __future__ import annotations

import ast
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from voucher.rules import money
from voucher.rules.errors import Refused

FEN = st.integers(min_value=0, max_value=money.LARGEST_FEN)
DIGITS = {digit: value for value, digit in enumerate("零壹贰叁肆伍陆柒捌玖")}
UNITS = {"拾": 10, "佰": 100, "仟": 1000}


def read_whole(words: str) -> int:
    """Read 大写 back, by the meaning of the words and not by the way they were written."""
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        if unit in words:
            high, low = words.rsplit(unit, 1) if unit == "亿" else words.split(unit, 1)
            return read_whole(high) * size + read_whole(low)
    total, digit = 0, 0
    for word in words:
        if word in UNITS:
            total, digit = total + digit * UNITS[word], 0
        else:
            digit = DIGITS[word]
    return total + digit


def read_capitals(words: str) -> int:
    yuan, _, rest = words.partition("元") if "元" in words else ("", "", words)
    jiao, _, fen = rest.partition("角") if "角" in rest else ("", "", rest)
    fen = fen.removesuffix("整").removesuffix("分")
    return read_whole(yuan) * 100 + read_whole(jiao) * 10 + read_whole(fen)


@pytest.mark.parametrize(
    "value", [1.0, 0.1, True, False, Decimal(1), "100", None, 2**63, -(2**63) - 1, float("nan")]
)
def test_only_whole_fen_in_64_bits_are_money(value: object) -> None:
    with pytest.raises(Refused) as caught:
        money.check_fen(value)
    assert caught.value.refusal.code == "amount_not_fen"
    assert "请以分为单位填写整数" in caught.value.refusal.sentence


def test_both_ends_of_64_bits_are_money() -> None:
    assert money.check_fen(2**63 - 1) == 2**63 - 1
    assert money.check_fen(-(2**63)) == -(2**63)


@pytest.mark.parametrize(
    ("text", "amount_fen"),
    [
        ("0", 0),
        ("200", 20_000),
        ("200.5", 20_050),
        ("0.07", 7),
        ("1,948,240.00", 194_824_000),
        ("1948240", 194_824_000),
        (" １，９４８，２４０．００\u3000", 194_824_000),
        ("92233720368547758.07", 2**63 - 1),
    ],
)
def test_yuan_as_people_type_it(text: str, amount_fen: int) -> None:
    assert money.parse_yuan(text) == amount_fen


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "未填写"),
        ("  ", "未填写"),
        ("-1", "为负数"),
        ("－１００", "为负数"),
        ("1.005", "小数超过两位"),
        ("1,94,824", "千位逗号位置不对"),
        ("1,000,00", "千位逗号位置不对"),
        (",100", "千位逗号位置不对"),
        ("0,100", "千位逗号位置不对"),
        ("007", "不是规范的数字"),
        ("1.", "不是规范的数字"),
        (".5", "不是规范的数字"),
        ("+5", "不是规范的数字"),
        ("1e3", "不是规范的数字"),
        ("1_000", "不是规范的数字"),
        ("10²", "不是规范的数字"),
        ("①", "不是规范的数字"),
        ("١٠", "不是规范的数字"),
        ("一百", "不是规范的数字"),
        ("NaN", "不是规范的数字"),
        ("200元", "不是规范的数字"),
        ("1 000", "不是规范的数字"),
        ("92233720368547758.08", "过大"),
        ("9" * 5000, "过大"),
    ],
)
def test_anything_else_is_refused_and_says_why(text: str, problem: str) -> None:
    with pytest.raises(Refused) as caught:
        money.parse_yuan(text)
    assert caught.value.refusal.code == "amount_not_yuan"
    assert problem in caught.value.refusal.title


def test_an_identity_number_in_the_amount_column_is_not_repeated() -> None:
    with pytest.raises(Refused) as caught:
        money.parse_yuan("41010519900315991X")
    assert "19900315" not in caught.value.refusal.sentence + str(caught.value.refusal.facts)


@settings(max_examples=200)
@given(FEN)
def test_yuan_text_reads_back_as_the_same_fen(amount_fen: int) -> None:
    assert money.parse_yuan(money.format_yuan(amount_fen)) == amount_fen


def test_yuan_is_shown_with_commas_and_two_decimals() -> None:
    assert money.format_yuan(194_824_000) == "1,948,240.00"
    assert money.format_yuan(5) == "0.05"
    assert money.format_yuan(-5) == "-0.05"
    assert money.format_yuan(-123_456) == "-1,234.56"


@pytest.mark.parametrize(
    ("yuan", "words"),
    [
        ("1,948,240.00", "壹佰玖拾肆万捌仟贰佰肆拾元整"),
        ("107000.53", "壹拾万柒仟元零伍角叁分"),
        ("1409.50", "壹仟肆佰零玖元伍角"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元零叁角贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角"),
        ("10", "壹拾元整"),
        ("10.50", "壹拾元零伍角"),
        ("10000", "壹万元整"),
        ("10001", "壹万零壹元整"),
        ("10999", "壹万零玖佰玖拾玖元整"),
        ("11000", "壹万壹仟元整"),
        ("110000000", "壹亿壹仟万元整"),
        ("100700", "壹拾万零柒佰元整"),
        ("100000000", "壹亿元整"),
        ("100000001", "壹亿零壹元整"),
        ("100001000", "壹亿零壹仟元整"),
        ("1070000000", "壹拾亿柒仟万元整"),
        ("100100010001.01", "壹仟零壹亿零壹万零壹元零壹分"),
        ("1000000000000", "壹万亿元整"),
    ],
)
def test_capitals_as_the_provisions_write_them(yuan: str, words: str) -> None:
    assert money.chinese_capitals(money.parse_yuan(yuan)) == words


@settings(max_examples=200)
@given(FEN | st.integers(0, 10**9) | st.integers(0, 10**6).map(lambda units: units * 10**7))
@example(money.LARGEST_FEN)
def test_capitals_mean_the_same_amount_and_never_stutter(amount_fen: int) -> None:
    words = money.chinese_capitals(amount_fen)
    assert read_capitals(words) == amount_fen
    assert "零零" not in words
    assert words.endswith("整") == (amount_fen % 100 == 0)
    assert amount_fen < 100 or not words.startswith("零")


@settings(max_examples=200)
@given(FEN, FEN)
def test_two_amounts_never_share_their_capitals(one: int, other: int) -> None:
    assert (money.chinese_capitals(one) == money.chinese_capitals(other)) == (one == other)


def test_a_negative_amount_has_no_capitals() -> None:
    with pytest.raises(Refused, match="amount_negative"):
        money.chinese_capitals(-1)


def test_half_of_240_yuan_is_120_yuan() -> None:
    assert money.share(24_000, 5_000) == 12_000


@pytest.mark.parametrize(
    ("amount_fen", "basis_points", "part"), [(1, 5_000, 1), (1, 4_999, 0), (3, 5_000, 2), (0, 1, 0)]
)
def test_half_a_fen_is_rounded_up(amount_fen: int, basis_points: int, part: int) -> None:
    assert money.share(amount_fen, basis_points) == part


@settings(max_examples=200)
@given(st.integers(0, 10**14), st.integers(0, 10_000))
def test_a_share_is_within_half_a_fen_and_never_more_than_the_whole(
    amount_fen: int, basis_points: int
) -> None:
    part = money.share(amount_fen, basis_points)
    exact = Fraction(amount_fen * basis_points, 10_000)
    assert -Fraction(1, 2) < part - exact <= Fraction(1, 2)
    assert 0 <= part <= amount_fen


@pytest.mark.parametrize("basis_points", [-1, True, 0.5, Decimal("0.5")])
def test_a_share_is_asked_for_in_whole_basis_points(basis_points: Any) -> None:
    with pytest.raises(Refused, match="share_invalid"):
        money.share(100, basis_points)


@settings(max_examples=200)
@given(st.integers(money.SMALLEST_FEN, money.LARGEST_FEN))
@example(-1)
def test_a_cell_holds_every_fen(amount_fen: int) -> None:
    yuan = money.exact_yuan(amount_fen)
    assert yuan * 100 == amount_fen
    assert yuan.as_tuple().exponent == -2
    assert f"{yuan:,f}" == money.format_yuan(amount_fen)


def test_a_share_of_a_negative_amount_is_refused() -> None:
    with pytest.raises(Refused, match="amount_negative"):
        money.share(-1, 5_000)


def test_the_money_rules_never_divide_and_never_name_a_float() -> None:
    tree = ast.parse(Path(money.__file__).read_text(encoding="utf-8"))
    assert not any(isinstance(node, ast.Div) for node in ast.walk(tree))
    assert not any(isinstance(node, ast.Name) and node.id == "float" for node in ast.walk(tree))

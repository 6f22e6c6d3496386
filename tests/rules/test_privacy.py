"""What a mask shows, and above all what it never shows."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.rules.privacy import (
    mask_account,
    mask_free_text,
    mask_identity,
    mask_identity_end,
    mask_login,
    mask_mobile,
    mask_name,
)

QUIET = settings(max_examples=150, deadline=None)
digits = st.text("0123456789", min_size=1, max_size=30)
surroundings = st.text(st.characters(exclude_characters="0123456789", codec="utf-8"), max_size=8).filter(
    lambda text: not any(letter.isdigit() for letter in text)
)


def digits_in(text: str) -> int:
    return sum(letter in "0123456789Xx" for letter in text)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("41010519900315991X", "410105********991X"),
        ("４１０１０５１９９００３１５９９１ｘ ", "410105********991x"),
        ("410105 19900315 991X", "410105********991X"),
        ("410105700701990", "410105******990"),
        ("4101051990031599", "41010***********"),
        ("4.1010519900315991e+17", "4.1010" + "*" * 16),
        ("张三丰", "张**"),
        ("", ""),
    ],
)
def test_an_identity_number_shows_its_first_six_and_last_four_only(raw: str, shown: str) -> None:
    assert mask_identity(raw) == shown


@pytest.mark.parametrize(
    "number", ["41010519900315991X", "410105700701990", "4101051990031599", "123456", ""]
)
def test_the_end_of_a_card_that_a_counter_asks_for_is_never_shown(number: str) -> None:
    shown = mask_identity_end(number)
    assert shown == number[: min(6, len(number) // 3)] + "*" * (len(number) - min(6, len(number) // 3))
    assert not shown or shown.endswith("****")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "张*"),
        ("欧阳娜娜", "欧***"),
        ("古丽娜尔·阿不都", "古***·***"),
        ("张", "*"),
        ("䶮三", "䶮*"),
        ("John Smith", "J*** *****"),
        (" 李四 ", "李*"),
        ("", ""),
    ],
)
def test_a_name_shows_its_first_character_only(name: str, shown: str) -> None:
    assert mask_name(name) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [("13812341234", "138****1234"), ("138-1234-1234", "138****1234"), ("1381234123", "*" * 10)],
)
def test_a_mobile_number_hides_its_middle(raw: str, shown: str) -> None:
    assert mask_mobile(raw) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("6222020200112233", "*" * 12 + "2233"),
        ("6222 0202 0011 2233", "*" * 12 + "2233"),
        ("1234567", "*" * 7),
    ],
)
def test_an_account_shows_its_last_four_only(raw: str, shown: str) -> None:
    assert mask_account(raw) == shown


@given(digits)
@QUIET
def test_no_mask_shows_more_than_it_may_of_any_number(number: str) -> None:
    assert digits_in(mask_identity(number)) <= 10
    assert digits_in(mask_identity(number)) <= max(len(number) // 3, 10 if len(number) in (15, 18) else 6)
    assert digits_in(mask_mobile(number)) <= 7
    assert digits_in(mask_account(number)) <= 4
    for masked in (mask_identity(number), mask_mobile(number), mask_account(number)):
        assert len(masked) == len(number)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("证件 41010519900315991X 未通过", "证件 410105********991X 未通过"),
        ("证件４１０１０５１９９００３１５９９１ｘ", "证件410105********991x"),
        ("旧证 410105700701990。", "旧证 410105******990。"),
        ("电话13812341234，", "电话138****1234，"),
        ("tel=+8613812341234", "tel=138****1234"),
        ("tel=013812341234", "tel=138****1234"),
        ("卡 6222 0202 0011 2233 445", "卡 ***************3445"),
        ("卡6222020200112233", "卡************2233"),
        ("410105\u200b19900315991X", "410105********991X"),
        ("4101051990031599191381234567890", "410105" + "*" * 21 + "7890"),
        ("值 4.10105199003159E+17", "值 " + "*" * 20),
    ],
)
def test_free_text_is_masked_wherever_a_number_hides(line: str, shown: str) -> None:
    assert mask_free_text(line) == shown


@pytest.mark.parametrize(
    "line",
    [
        "2024-03-06 12:00:01 公示 2024-03-06 至 2024-03-12，共 9,637 人，1,948,240 元",
        "证书 S000041010001245000001 已核验",
        "特级技师 YA00004101000124100001",
        "占用 194824000 分，批次 20240306001",
        "职业 4-10-01-05",
    ],
)
def test_free_text_keeps_dates_amounts_and_certificate_numbers(line: str) -> None:
    assert mask_free_text(line) == line


@given(
    surroundings,
    st.from_regex(r"[0-9]{17}[0-9X]|[0-9]{15}|[0-9]{16,19}|1[3-9][0-9]{9}", fullmatch=True),
    surroundings,
)
@QUIET
def test_no_number_survives_in_free_text_whatever_stands_around_it(
    before: str, number: str, after: str
) -> None:
    masked = mask_free_text(before + number + after)
    assert number not in masked
    assert max((len(run) for run in re.findall(r"[0-9]+", masked)), default=0) <= 6


@given(st.text(max_size=60))
@QUIET
def test_masking_free_text_twice_changes_nothing_more(text: str) -> None:
    once = mask_free_text(text)
    assert mask_free_text(once) == once


def test_the_name_of_an_account_shows_its_first_two_characters() -> None:
    assert [mask_login(each) for each in ("jiban", "13800138000", "ab", "")] == [
        "ji***",
        "13***",
        "***",
        "***",
    ]

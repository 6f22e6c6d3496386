"""What a mask shows, and above all what it never shows."""

from __future__ import annotations

import csv
import re
from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.registry.importing.reading import mask_cell
from voucher.rules.dictionaries import DICTIONARY_NAMES, RULED_WORDS
from voucher.rules.levels import LEVEL_NAMES, mask_code, mask_word
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


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        # a fund, a kind, an amount and the code of a trade are nobody's
        ("就业补助金", "就业补助金"),
        ("财政拨款", "财政拨款"),
        ("省级人才经费", "省级人才经费"),
        ("12.345", "12.345"),
        ("6-18-01-01", "6-18-01-01"),
        ("A12", "A12"),
        ("1,948,240.001", "1,948,240.001"),
        ("-5", "-5"),
        ("2026-11-03", "2026-11-03"),
        ("三级/高级工", "三级/高级工"),
        ("3级", "3级"),
        ("经费和补贴", "经费和补贴"),
        # what a shifted column may carry
        ("张三", "张*"),
        ("诸葛孔明", "诸***明"),
        ("张三（班长）", "张***）"),
        ("阿卜杜热合曼", "阿***曼"),
        ("古丽·艾山", "古***山"),
        ("zhangsan", "z***n"),
        ("13812345678", "1***8"),
        ("410881-19900101-1234", "4***4"),
        ("４１０８８１１９９００１０１１２３４", "４***４"),
        ("济源市沁园街道某小区三号楼二单元", "济***元"),
        # names of any first character, with a title, and what is spelled as a word with one more character
        ("佟丽娅", "佟***娅"),
        ("仝卫国", "仝***国"),
        ("冷建军", "冷***军"),
        ("荆志强", "荆***强"),
        ("荣国强", "荣***强"),
        ("郎平", "郎*"),
        ("楚云飞", "楚***飞"),
        ("和建设", "和***设"),
        ("学员张小明", "学***明"),
        ("王小明先生", "王***生"),
        ("Wu.Bo", "W***o"),
        ("ئەركىن", "ئ***ن"),
        # addresses, telephones and birthdays, whatever stands between their digits
        ("幸福小区3号楼502", "幸***2"),
        ("138.0013.8000", "1***0"),
        ("130/1234/5678", "1***8"),
        ("1380013.8000", "1***0"),
        ("13,800,138,000", "1***0"),
        ("(0391)663-3999", "(***9"),
        ("一三八零零一三八零零零", "一***零"),
        ("1990.1.2", "1***2"),
        ("2/1/1990", "2***0"),
        ("90.1.2", "9***2"),
        ("19900102", "1***2"),
        ("1990年1月2日", "1***日"),
        ("", "空"),
    ],
)
def test_a_typed_word_is_masked_only_where_it_may_be_a_person_s(typed: str, shown: str) -> None:
    assert mask_word(typed) == shown


def test_every_word_of_the_lists_of_the_code_and_of_the_dictionaries_is_legible() -> None:
    with (files("voucher.registry") / "data" / "dictionaries.csv").open(encoding="utf-8") as file:
        words = [each["name"] for each in csv.DictReader(file)]
    words += [name for names in RULED_WORDS.values() for name in names.values()]
    words += [*LEVEL_NAMES.values(), *DICTIONARY_NAMES.values()]
    # longer than any word is
    short = [each for each in words if sum(letter.isalnum() for letter in each) <= 14]
    assert len(short) > len(words) - 5
    assert [each for each in short if mask_word(each) != each] == []


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("419001001", "419001001"),
        ("training_kind", "training_kind"),
        ("6-18-01-01,4-10-01-05,4-10-01-06", "6-18-01-01,4-10-01-05,4-10-01-06"),
        ("S000041010001245000001", "S000041010001245000001"),
        ("410105********991X", "410105********991X"),
        ("2024-13-45", "2024-13-45"),
        ("91410100MA9GFUNE2X", "91410100MA9GFUNE2X"),
        ("138.0013.8000", "1***0"),
        ("130/1234/5678", "1***8"),
        ("0391-6633999", "0***9"),
        ("1990.1.2", "1***2"),
        ("19900102", "1***2"),
        ("Zhang San", "Z***n"),
        ("佟丽娅", "佟***娅"),
        ("就业补助金", "就业补助金"),
    ],
)
def test_a_code_is_shown_unless_it_may_carry_what_is_a_person_s(typed: str, shown: str) -> None:
    assert mask_code(typed) == shown
    assert mask_cell(typed) == shown

"""Words read from Chinese text come out as one value each, whatever a spreadsheet did to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from voucher.rules import vocabulary as words
from voucher.rules.errors import Refused
from voucher.rules.vocabulary import CertificateKind, FundSource, Level, Method


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("五级", Level.JUNIOR),
        ("初级工", Level.JUNIOR),
        ("五级/初级工", Level.JUNIOR),
        ("五级／初级工", Level.JUNIOR),
        (" 初级工 （五级） ", Level.JUNIOR),
        ("５级", Level.JUNIOR),
        ("国家职业资格四级", Level.INTERMEDIATE),
        ("四级（中级技能）", Level.INTERMEDIATE),
        ("三级/高级工", Level.SENIOR),
        ("二级/技师", Level.TECHNICIAN),
        ("技师", Level.TECHNICIAN),
        ("一级/高级技师", Level.SENIOR_TECHNICIAN),
        ("学徒工", Level.APPRENTICE),
        ("特级技师", Level.SPECIAL_TECHNICIAN),
        ("首席技师", Level.CHIEF_TECHNICIAN),
    ],
)
def test_every_spelling_of_a_level_reads_as_the_same_level(text: str, level: Level) -> None:
    assert words.parse_level(text) is level


@pytest.mark.parametrize(
    "text", ["", "六级", "5", "三级/初级工", "高级", "特级", "五级技师", "41010519900315991X"]
)
def test_an_unclear_level_is_refused_with_the_accepted_words(text: str) -> None:
    with pytest.raises(Refused) as caught:
        words.parse_level(text)
    refusal = caught.value.refusal
    assert refusal.code == "level_unknown"
    assert "五级/初级工、四级/中级工" in refusal.next_step
    assert "1990031" not in refusal.sentence + str(refusal.facts)


def test_there_are_eight_levels_and_every_name_reads_back() -> None:
    assert [words.LEVEL_NAMES[level] for level in sorted(Level)] == [
        "学徒工",
        "初级工",
        "中级工",
        "高级工",
        "技师",
        "高级技师",
        "特级技师",
        "首席技师",
    ]
    for level in Level:
        assert words.parse_level(words.name_level(level)) is level
        assert words.parse_level(words.LEVEL_NAMES[level]) is level
    assert words.name_level(Level.SENIOR_TECHNICIAN) == "一级/高级技师"
    assert words.name_level(Level.CHIEF_TECHNICIAN) == "首席技师"


def test_certificate_digits_run_against_the_ordinals() -> None:
    assert [words.certificate_digit(level) for level in Level] == [None, 5, 4, 3, 2, 1, None, None]
    assert [words.level_of_digit(digit) for digit in (5, 4, 3, 2, 1)] == list(Level)[1:6]
    for digit in (0, 6, -1):
        with pytest.raises(Refused, match="level_digit_unknown"):
            words.level_of_digit(digit)


def test_five_kinds_make_a_skill_person_and_the_completion_certificate_does_not() -> None:
    assert len(words.SKILL_PERSON_KINDS) == 5
    assert CertificateKind.TRAINING_COMPLETION not in words.SKILL_PERSON_KINDS


def test_both_spellings_of_the_insurance_fund_are_one_source() -> None:
    for text in ("失业保险基金", "失业保险基金提取", "失业保险"):
        assert words.parse_fund_source(text) is FundSource.UNEMPLOYMENT_INSURANCE
    assert len(FundSource) == 6


def test_two_fund_sources_in_one_field_are_refused() -> None:
    with pytest.raises(Refused, match="fund_source_unknown"):
        words.parse_fund_source("就业补助资金、失业保险")


PARSERS: list[tuple[Callable[[str], object], Mapping[Any, str], str]] = [
    (words.parse_method, words.METHOD_NAMES, "method_unknown"),
    (words.parse_certificate_kind, words.CERTIFICATE_KIND_NAMES, "certificate_kind_unknown"),
    (words.parse_subsidy_kind, words.SUBSIDY_NAMES, "subsidy_kind_unknown"),
    (words.parse_fund_source, words.FUND_SOURCE_NAMES, "fund_source_unknown"),
    (words.parse_outcome, words.OUTCOME_NAMES, "outcome_unknown"),
    (words.parse_evaluator_kind, words.EVALUATOR_KIND_NAMES, "evaluator_kind_unknown"),
    (words.parse_institution_kind, words.INSTITUTION_KIND_NAMES, "institution_kind_unknown"),
]


@pytest.mark.parametrize(("parse", "names", "code"), PARSERS)
def test_every_name_reads_back_and_anything_else_lists_the_names(
    parse: Callable[[str], object], names: Mapping[Any, str], code: str
) -> None:
    for member, name in names.items():
        assert parse(f" {name}\u3000") is member
    for text in ("", "张三丰", "不存在"):
        with pytest.raises(Refused) as caught:
            parse(text)
        assert caught.value.refusal.code == code
        assert all(name in caught.value.refusal.next_step for name in names.values())
        assert "张三丰" not in caught.value.refusal.sentence


def test_a_competition_is_a_method_of_its_own() -> None:
    assert words.parse_method("竞赛") is Method.COMPETITION
    assert words.parse_method("破格晋升") is Method.EXCEPTIONAL

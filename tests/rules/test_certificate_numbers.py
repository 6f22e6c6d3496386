"""Certificate numbers: each form read, each wrong part reporting itself."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.rules.certificate_numbers import (
    PROVINCES,
    NumberForm,
    check_number_agrees,
    check_province,
    parse_certificate_number,
)
from voucher.rules.errors import Refusal, Refused
from voucher.rules.vocabulary import CertificateKind, Level, certificate_digit

QUIET = settings(max_examples=150, deadline=None)
CERT5 = "S000041010001245000001"
OLD5 = "0541010115512345"
LEVELLED = [level for level in Level if certificate_digit(level) is not None]
WITHOUT_FORM = [
    CertificateKind.SPECIAL_SKILL,
    CertificateKind.TRAINING_COMPLETION,
    CertificateKind.SPECIAL_OPERATION,
    CertificateKind.SPECIAL_EQUIPMENT,
]


def refusal_of(text: str, kind: CertificateKind = CertificateKind.SKILL_LEVEL) -> Refusal:
    with pytest.raises(Refused) as caught:
        parse_certificate_number(text, kind)
    return caught.value.refusal


def disagreement(
    text: str = CERT5,
    *,
    kind: CertificateKind = CertificateKind.SKILL_LEVEL,
    level: Level | None = Level.JUNIOR,
    issued_on: date = date(2024, 5, 20),
    filing: str | None = "S000041010001",
) -> str | None:
    number = parse_certificate_number(text, kind)
    try:
        check_number_agrees(number, level=level, issued_on=issued_on, evaluator_filing_number=filing)
    except Refused as refused:
        return refused.refusal.code
    return None


def test_a_province_there_is_not_is_named_unless_the_ministry_filed_it() -> None:
    for found in ("00", "40", "99"):
        refusal = refusal_of(f"S0000{found}010001245000001")
        assert (refusal.code, refusal.facts["found"]) == ("certificate_number_province", found)
        with pytest.raises(Refused, match="certificate_number_province"):
            check_province(f"Y0000{found}010001")
    for text in ("S000023010001245000001", "S000066010001245000001", "Y000199010001245000001"):
        check_province(text)


def test_the_parts_of_the_fixture() -> None:
    number = parse_certificate_number(CERT5, CertificateKind.SKILL_LEVEL)
    assert number.form is NumberForm.SKILL_LEVEL
    assert number.evaluator_prefix == "S000041010001"
    assert (number.kind_letter, number.national_serial, number.province) == ("S", "0000", "41")
    assert (number.year, number.digit, number.level, number.serial) == (2024, 5, Level.JUNIOR, "000001")


@pytest.mark.parametrize(
    "text", ["S000041010001244000001", "Y000041020002253000017", "Y000123000001195000001"]
)
def test_the_published_samples_are_read(text: str) -> None:
    assert parse_certificate_number(text, CertificateKind.SKILL_LEVEL).text == text


def test_width_case_and_spaces_do_not_make_another_number() -> None:
    written = "ｓ0000 41 010001 24 5 ０００００１\u200b"
    assert parse_certificate_number(written, CertificateKind.SKILL_LEVEL).text == CERT5


@pytest.mark.parametrize(
    ("text", "code", "named"),
    [
        ("S00004101000124500001", "certificate_number_length", "实为21位"),
        ("S0000410100012450000011", "certificate_number_length", "实为23位"),
        ("", "certificate_number_length", "实为0位"),
        ("X000041010001245000001", "certificate_number_kind", "S（社会培训评价组织）和 Y（用人单位）"),
        ("0000041010001245000001", "certificate_number_kind", "“0”"),
        ("S000041010001246000001", "certificate_number_level", "第16位应为 1–5"),
        ("S000041010001240000001", "certificate_number_level", "“0”"),
        ("S00004101000124500000O", "certificate_number_characters", "第22位“O”"),
        ("S0000410100-1245000001", "certificate_number_characters", "第12位“-”"),
    ],
)
def test_each_wrong_part_reports_itself(text: str, code: str, named: str) -> None:
    refusal = refusal_of(text)
    assert refusal.code == code
    assert named in refusal.title


def test_two_capitals_and_twenty_digits_are_a_special_technician() -> None:
    number = parse_certificate_number("YA00041010001241000001", CertificateKind.SKILL_LEVEL)
    assert number.form is NumberForm.SPECIAL_TECHNICIAN
    assert number.level is Level.SPECIAL_TECHNICIAN
    assert (number.year, number.evaluator_prefix) == (None, None)


def test_the_older_sixteen_digits_are_read() -> None:
    number = parse_certificate_number(OLD5, CertificateKind.QUALIFICATION)
    assert number.form is NumberForm.QUALIFICATION
    assert (number.year, number.province, number.digit, number.serial) == (2005, "41", 5, "12345")
    assert number.level is Level.JUNIOR
    assert number.evaluator_prefix is None
    assert parse_certificate_number("98" + OLD5[2:], CertificateKind.QUALIFICATION).year == 1998


def test_a_qualification_may_carry_a_number_of_today_and_a_level_certificate_no_old_one() -> None:
    assert parse_certificate_number(CERT5, CertificateKind.QUALIFICATION).form is NumberForm.SKILL_LEVEL
    assert refusal_of(OLD5).code == "certificate_number_length"
    assert "16（或22）" in refusal_of(OLD5 + "1", CertificateKind.QUALIFICATION).title
    assert refusal_of(OLD5[:10] + "6" + OLD5[11:], CertificateKind.QUALIFICATION).code == (
        "certificate_number_level"
    )
    assert refusal_of("A" + OLD5[1:], CertificateKind.QUALIFICATION).code == "certificate_number_characters"


@pytest.mark.parametrize("kind", WITHOUT_FORM)
def test_kinds_without_a_published_form_keep_their_text(kind: CertificateKind) -> None:
    number = parse_certificate_number(" 豫专〔２０２４〕第001号 ", kind)
    assert number.text == "豫专〔2024〕第001号"
    assert number.form is NumberForm.TEXT
    assert (number.level, number.year) == (None, None)
    assert refusal_of(" ", kind).code == "certificate_number_length"
    assert refusal_of("1" * 65, kind).code == "certificate_number_length"
    assert parse_certificate_number("1" * 64, kind).text == "1" * 64
    assert refusal_of("=1+1", kind).code == "certificate_number_characters"
    assert refusal_of("@sum", kind).code == "certificate_number_characters"


@given(
    st.sampled_from("SY"),
    st.integers(0, 9999),
    st.sampled_from(sorted(PROVINCES)),
    st.integers(0, 999999),
    st.integers(0, 99),
    st.sampled_from(LEVELLED),
    st.integers(0, 999999),
)
@QUIET
def test_every_number_built_by_the_rules_is_read_back(
    letter: str, filed: int, province: str, body: int, year: int, level: Level, serial: int
) -> None:
    text = f"{letter}{filed:04d}{province}{body:06d}{year:02d}{certificate_digit(level)}{serial:06d}"
    number = parse_certificate_number(text, CertificateKind.SKILL_LEVEL)
    assert (number.text, number.level, number.year) == (text, level, 2000 + year)
    check_number_agrees(
        number, level=level, issued_on=date(2000 + year, 12, 31), evaluator_filing_number=text[:13]
    )


@given(st.text(max_size=30), st.sampled_from(CertificateKind))
@QUIET
def test_any_text_is_read_or_refused_and_nothing_else_happens(text: str, kind: CertificateKind) -> None:
    with suppress(Refused):
        again = parse_certificate_number(text, kind)
        assert parse_certificate_number(again.text, kind) == again


def test_a_certificate_that_agrees_with_its_number() -> None:
    assert disagreement() is None
    assert disagreement(filing=" ｓ000041010001") is None
    assert disagreement(issued_on=date(2024, 1, 1)) is None
    assert disagreement(issued_on=date(2024, 12, 31)) is None


def test_level_year_and_evaluator_against_the_number() -> None:
    assert disagreement(level=Level.INTERMEDIATE) == "certificate_level_disagrees"
    assert disagreement(level=Level.TECHNICIAN) == "certificate_level_disagrees"
    assert disagreement(level=None) == "certificate_level_disagrees"
    assert disagreement(issued_on=date(2023, 12, 31)) == "certificate_year_disagrees"
    assert disagreement(issued_on=date(2025, 1, 1)) == "certificate_year_disagrees"
    assert disagreement(filing="S000041010002") == "certificate_evaluator_disagrees"


def test_what_a_number_does_not_say_is_not_judged() -> None:
    assert disagreement(filing=None) is None
    qualification = CertificateKind.QUALIFICATION
    assert disagreement(OLD5, kind=qualification, issued_on=date(2005, 6, 1)) is None
    assert disagreement(OLD5, kind=qualification) == "certificate_year_disagrees"
    assert disagreement("专0001", kind=CertificateKind.SPECIAL_SKILL, level=None) is None
    special = "YA00041010001241000001"
    assert disagreement(special, level=Level.SPECIAL_TECHNICIAN) is None
    assert disagreement(special, level=Level.SENIOR_TECHNICIAN) == "certificate_level_disagrees"

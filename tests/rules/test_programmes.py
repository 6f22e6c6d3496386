"""Programmes: axes, purpose, caps and days, each refused in its own words."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from voucher.rules.errors import Refused
from voucher.rules.issuing import (
    check_declared,
    check_groups,
    check_in_period,
    check_replaceable,
    check_usable_on,
    may_belong,
    redeem_by,
)
from voucher.rules.levels import Level
from voucher.rules.programmes import (
    Channel,
    Terms,
    Worth,
    check_terms,
    check_trade_fits,
    parse_channel,
    parse_worth,
    price_at_most,
    programme_caps,
)
from voucher.rules.subsidy import Case, Standard
from voucher.rules.vocabulary import CertificateKind, Method, SubsidyKind
from voucher.rules.words import check_why

TODAY = date(2024, 3, 1)
NURSE = "4-10-01-05"
TERMS = Terms(
    name="养老护理员五级培训券",
    document="济人社〔2024〕1号",
    worth=Worth.FACE_VALUE,
    channel=Channel.DIRECTED,
    certificate_kind=CertificateKind.SKILL_LEVEL,
    trade_code=NURSE,
    level=2,
    training_cap_fen=None,
    evaluation_cap_fen=None,
    quantity=10,
    from_on=TODAY,
    until_on=date(2024, 12, 31),
    validity_days=None,
    certify_months=None,
)
CASE = Case(
    kind=SubsidyKind.TRAINING,
    certificate_kind=CertificateKind.SKILL_LEVEL,
    level=Level.JUNIOR,
    occupation_code=NURSE,
    item_code=None,
    method=Method.EXAM,
    issued_on=TODAY,
    region_codes=("419001", "410000"),
)


def standard(kind: SubsidyKind, form: str, amount_fen: int, level: Level | None = None) -> Standard:
    since = date(2021, 10, 28)
    return Standard(kind, form, None, level, None, amount_fen, since, None, "豫人社规〔2022〕2号", "document")


STANDARDS = [
    standard(SubsidyKind.TRAINING, "level_certificate", 1200_00, Level.JUNIOR),
    standard(SubsidyKind.EVALUATION, "level_certificate", 200_00, Level.JUNIOR),
    standard(SubsidyKind.TRAINING, "training_completion", 700_00),
    standard(SubsidyKind.TRAINING, "training_completion_hour", 10_00),
]


def code_of(act: Any, *given: Any, **named: Any) -> str:
    with pytest.raises(Refused) as told:
        act(*given, **named)
    assert told.value.refusal.next_step
    return told.value.refusal.code


def test_the_axes_combine_freely_and_nobody_chooses_twice_on_one() -> None:
    """AC-A6."""
    for worth in (Worth.FACE_VALUE, Worth.OFFSET):
        for channel in Channel:
            check_terms(replace(TERMS, worth=worth, channel=channel), TODAY)
    assert (parse_worth("面值"), parse_worth("抵用券"), parse_worth("sign_in")) == tuple(Worth)
    assert (parse_channel("通用券"), parse_channel("定 向")) == tuple(Channel)
    assert code_of(parse_worth, "面值、抵用") == "voucher_axis_unknown"
    assert code_of(parse_channel, "") == "voucher_axis_unknown"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"name": " "}, "programme_words_missing"),
        ({"document": ""}, "programme_words_missing"),
        ({"quantity": 0}, "quantity_invalid"),
        ({"until_on": date(2024, 2, 29)}, "programme_dates"),
        ({"from_on": date(2025, 1, 1)}, "programme_dates"),
        ({"validity_days": 0}, "programme_period_invalid"),
        ({"certify_months": -1}, "programme_period_invalid"),
        ({"level": None}, "trade_without_level"),
        ({"trade_code": None, "level": None}, "directed_without_trade"),
        ({"trade_code": None, "level": None, "channel": Channel.OPEN}, "caps_needed"),
        ({"trade_code": None, "level": None, "channel": Channel.OPEN, "training_cap_fen": 1}, "caps_needed"),
        ({"training_cap_fen": -1}, "caps_needed"),
        ({"worth": Worth.SIGN_IN, "evaluation_cap_fen": 1}, "sign_in_pays_nothing"),
        ({"training_cap_fen": 1.5}, "amount_not_fen"),
    ],
)
def test_a_programme_that_cannot_be_meant_is_refused(changes: dict[str, Any], code: str) -> None:
    assert code_of(check_terms, replace(TERMS, **changes), TODAY) == code


def test_a_programme_may_end_today_and_need_not_have_begun() -> None:
    check_terms(replace(TERMS, from_on=date(2024, 1, 1), until_on=TODAY), TODAY)
    check_terms(replace(TERMS, from_on=date(2024, 6, 1), until_on=date(2024, 6, 1)), TODAY)
    check_terms(replace(TERMS, worth=Worth.SIGN_IN, channel=Channel.OPEN, trade_code=None, level=None), TODAY)


def test_a_certificate_fits_its_occupation_or_its_item() -> None:
    check_trade_fits(CertificateKind.SKILL_LEVEL, 2, is_item=False)
    check_trade_fits(CertificateKind.SPECIAL_SKILL, 0, is_item=True)
    check_trade_fits(CertificateKind.TRAINING_COMPLETION, 0, is_item=False)
    for kind, level, is_item in (
        (CertificateKind.SKILL_LEVEL, 0, False),
        (CertificateKind.SKILL_LEVEL, 2, True),
        (CertificateKind.QUALIFICATION, 9, False),
        (CertificateKind.SPECIAL_SKILL, 0, False),
        (CertificateKind.SPECIAL_SKILL, 2, True),
        (CertificateKind.TRAINING_COMPLETION, 2, False),
    ):
        assert code_of(check_trade_fits, kind, level, is_item=is_item) == "trade_unfit"


def test_caps_come_from_the_standards_unless_an_officer_gives_them() -> None:
    training, evaluation = SubsidyKind.TRAINING, SubsidyKind.EVALUATION
    assert programme_caps(TERMS, CASE, STANDARDS, []) == {training: 1200_00, evaluation: 200_00}
    given = replace(TERMS, evaluation_cap_fen=0)
    assert programme_caps(given, CASE, STANDARDS, []) == {training: 1200_00, evaluation: 0}
    free = replace(TERMS, channel=Channel.OPEN, training_cap_fen=1600_00, evaluation_cap_fen=240_00)
    assert programme_caps(free, None, STANDARDS, []) == {training: 1600_00, evaluation: 240_00}
    signs = replace(TERMS, worth=Worth.SIGN_IN)
    assert programme_caps(signs, CASE, STANDARDS, []) == {training: 0, evaluation: 0}
    assert code_of(programme_caps, TERMS, CASE, [], []) == "programme_pays_nothing"
    twice = [*STANDARDS, standard(SubsidyKind.TRAINING, "level_certificate", 1_00, Level.JUNIOR)]
    assert code_of(programme_caps, TERMS, CASE, twice, []) == "standards_conflict"


def test_a_course_is_kept_at_its_ceiling_before_its_hours_are_known() -> None:
    course = replace(CASE, certificate_kind=CertificateKind.TRAINING_COMPLETION, level=None, hours=3)
    assert price_at_most(course, STANDARDS, []).amount_fen == 700_00
    caps = programme_caps(TERMS, course, STANDARDS, [])
    assert caps == {SubsidyKind.TRAINING: 700_00, SubsidyKind.EVALUATION: 0}


def test_the_days_of_a_programme_and_of_a_voucher_are_included() -> None:
    check_in_period("券", TODAY, TODAY, TODAY)
    assert code_of(check_in_period, "券", date(2024, 3, 2), date(2024, 4, 1), TODAY) == "programme_not_begun"
    assert code_of(check_in_period, "券", date(2024, 1, 1), date(2024, 2, 29), TODAY) == "programme_over"
    assert redeem_by(date(2024, 1, 10), 90) == date(2024, 4, 9)
    check_usable_on(TODAY, TODAY)
    assert code_of(check_usable_on, TODAY, date(2024, 3, 2)) == "redeem_date_passed"


def test_a_group_goes_by_its_code_its_name_or_the_word_beside_it() -> None:
    name = "农民工（农村转移就业劳动者）"
    for word in ("migrant_worker", "农民工", "农村转移就业劳动者", " 农民工 "):
        assert may_belong("migrant_worker", name, [word])
    assert not may_belong("migrant_worker", name, ["农民", "企业职工", ""])
    check_groups([], [])
    check_groups([("veteran", "退役军人"), ("migrant_worker", name)], ["农民工"])
    assert code_of(check_groups, [("veteran", "退役军人")], ["农民工"]) == "group_not_met"


def test_only_an_ended_voucher_is_replaced_and_only_a_promise_opens_the_counter() -> None:
    for state in ("expired", "revoked", "lapsed", "recovering", "recovered"):
        check_replaceable("Q-1", state, "已结束")
    for state in ("issued", "settled", "withdrawn", "dropped", "completed"):
        assert code_of(check_replaceable, "Q-1", state, "其他") == "voucher_not_replaceable"
    check_declared(declared=True)
    assert code_of(check_declared, declared=False) == "declaration_missing"
    assert check_why(" 依据 ") == "依据"
    assert code_of(check_why, " \n") == "why_missing"

"""Who may have a subsidy, day by day around the limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.rules import eligibility as rules
from voucher.rules.eligibility import AgeLimits, Judgement, Mark, PersonFacts, Sex, Tag, TagKind
from voucher.rules.vocabulary import Outcome

LIMITS = AgeLimits(16, 59, "豫人社规〔2022〕2号", date(2021, 10, 28))
WANG_WU = date(2008, 6, 1)
QIAN_QI = date(1964, 1, 5)
ALWAYS = date(2000, 1, 1)


def tag(kind: TagKind, value: str, since: date = ALWAYS, until: date | None = None) -> Tag:
    return Tag(kind, value, since, until, "人员信息导入")


WORKER = tag(TagKind.CATEGORY, "农民工")
CIVIL_SERVANT = tag(TagKind.CATEGORY, rules.ON_PUBLIC_PAYROLL)
NO_PENSION = tag(TagKind.PENSION, rules.NO_PENSION)
PENSIONER = tag(TagKind.PENSION, rules.DRAWING_PENSION)


def facts(
    birth_on: date | None, *tags: Tag, intent: bool | None = True, sex: Sex | None = None
) -> PersonFacts:
    return PersonFacts(birth_on, sex, tags, intent)


def judge(person: PersonFacts, on: date, *, strict: bool = True, limits: AgeLimits = LIMITS) -> Judgement:
    return rules.judge_eligibility(person, on, limits, strict=strict)


def code(answer: Judgement) -> str | None:
    return answer.refusal.code if answer.refusal else None


def marks(answer: Judgement) -> list[str]:
    return [finding.mark.value for finding in answer.findings]


def test_ac_b5_wang_wu_may_on_his_sixteenth_birthday_and_not_the_day_before() -> None:
    early = judge(facts(WANG_WU, WORKER), date(2024, 5, 31))
    assert early.outcome is Outcome.REFUSED
    assert early.refusal is not None
    assert (early.refusal.code, early.refusal.title) == ("under_age", "未满16周岁")
    assert judge(facts(WANG_WU, WORKER), date(2024, 6, 1)).outcome is Outcome.PAYABLE


def test_the_age_in_the_sentence_is_the_age_of_the_document() -> None:
    answer = judge(facts(WANG_WU, WORKER), date(2024, 6, 1), limits=replace(LIMITS, minimum=18))
    assert answer.refusal is not None
    assert answer.refusal.title == "未满18周岁"


def test_qian_qi_may_until_the_day_before_he_turns_sixty() -> None:
    assert judge(facts(QIAN_QI, WORKER), date(2024, 1, 4)).outcome is Outcome.PAYABLE
    assert code(judge(facts(QIAN_QI, WORKER), date(2024, 1, 5))) == "past_retirement"


def test_past_retirement_age_without_a_pension_is_allowed_and_says_so() -> None:
    answer = judge(facts(QIAN_QI, WORKER, NO_PENSION), date(2024, 1, 5))
    assert answer.outcome is Outcome.PAYABLE
    assert marks(answer) == ["!", "✓", "✓", "✓"]
    assert "未领取养老金，可以享受" in answer.findings[0].text


def test_a_tag_of_another_day_does_not_count() -> None:
    past = tag(TagKind.PENSION, rules.NO_PENSION, until=date(2024, 1, 4))
    assert code(judge(facts(QIAN_QI, WORKER, past), date(2024, 1, 5))) == "past_retirement"
    left_office = tag(TagKind.CATEGORY, rules.ON_PUBLIC_PAYROLL, until=date(2024, 1, 4))
    assert judge(facts(date(1990, 1, 1), left_office, WORKER), date(2024, 1, 5)).outcome is Outcome.PAYABLE


@pytest.mark.parametrize("strict", [True, False])
def test_ac_b7_the_public_payroll_has_no_subsidy(strict: bool) -> None:
    answer = judge(facts(date(1990, 3, 15), WORKER, CIVIL_SERVANT), date(2024, 3, 1), strict=strict)
    assert (answer.outcome, code(answer)) == (Outcome.REFUSED, "publicly_funded")
    assert answer.findings[1].mark is Mark.FAILED
    assert answer.findings[1].source == "人员信息导入"


@pytest.mark.parametrize("strict", [True, False])
def test_who_draws_a_pension_has_no_subsidy_whatever_the_age(strict: bool) -> None:
    young = judge(facts(date(1974, 1, 1), WORKER, PENSIONER), date(2024, 3, 1), strict=strict)
    assert code(young) == "pension_drawn"
    contradicted = judge(
        facts(date(1974, 1, 1), WORKER, PENSIONER, NO_PENSION), date(2024, 3, 1), strict=strict
    )
    assert code(contradicted) == "pension_drawn"


def test_what_nobody_recorded_shows_and_does_not_block_an_evaluation_subsidy() -> None:
    answer = judge(facts(date(1990, 3, 15), intent=None), date(2024, 3, 1), strict=False)
    assert answer.outcome is Outcome.PAYABLE
    assert marks(answer) == ["✓", "未核", "未核", "未核"]
    assert judge(facts(None, intent=None), date(2024, 3, 1), strict=False).outcome is Outcome.PAYABLE


@pytest.mark.parametrize(
    ("person", "what"),
    [
        (facts(date(1990, 3, 15), WORKER, intent=None), "培训意愿"),
        (facts(date(1990, 3, 15)), "人员类别"),
        (facts(None, WORKER), "年龄"),
        (facts(None, intent=None), "年龄、人员类别、培训意愿"),
    ],
)
def test_a_voucher_on_unknown_facts_is_decided_by_a_person(person: PersonFacts, what: str) -> None:
    answer = judge(person, date(2024, 3, 1))
    assert answer.outcome is Outcome.MANUAL
    assert answer.refusal is not None
    assert answer.refusal.title == f"{what}尚未核实，不能自动发券"


def test_a_refusal_goes_before_an_unknown() -> None:
    assert judge(facts(WANG_WU, intent=None), date(2022, 1, 1)).outcome is Outcome.REFUSED


def test_no_wish_no_voucher_but_the_certificate_is_still_paid() -> None:
    person = facts(date(1990, 3, 15), WORKER, intent=False)
    assert code(judge(person, date(2024, 3, 1))) == "intent_denied"
    assert judge(person, date(2024, 3, 1), strict=False).outcome is Outcome.PAYABLE


@pytest.mark.parametrize("strict", [True, False])
def test_a_day_without_age_limits_is_decided_by_a_person(strict: bool) -> None:
    answer = judge(facts(date(1990, 3, 15), WORKER), date(2021, 10, 27), strict=strict)
    assert (answer.outcome, code(answer)) == (Outcome.MANUAL, "age_limits_missing")


def test_another_province_may_have_another_last_age_for_women() -> None:
    limits = replace(LIMITS, maximum_female=54)
    born, on = date(1969, 3, 1), date(2024, 3, 1)
    assert code(judge(facts(born, WORKER, sex=Sex.FEMALE), on, limits=limits)) == "past_retirement"
    assert judge(facts(born, WORKER, sex=Sex.MALE), on, limits=limits).outcome is Outcome.PAYABLE


@pytest.mark.parametrize(
    ("on", "age"),
    [
        (date(2024, 2, 28), 15),
        (date(2024, 2, 29), 16),
        (date(2025, 2, 27), 16),
        (date(2025, 2, 28), 17),
        (date(2025, 3, 1), 17),
        (date(2028, 2, 28), 19),
    ],
)
def test_born_on_29_february(on: date, age: int) -> None:
    assert rules.age_on(date(2008, 2, 29), on) == age


def test_a_century_year_is_common() -> None:
    assert rules.age_on(date(2096, 2, 29), date(2100, 2, 28)) == 4


@settings(max_examples=200)
@given(st.dates(date(1920, 1, 1), date(2020, 1, 1)), st.integers(0, 36_000))
def test_age_grows_by_one_once_a_year_on_the_birthday(birth_on: date, days: int) -> None:
    on = birth_on + timedelta(days)
    before, after = rules.age_on(birth_on, on), rules.age_on(birth_on, on + timedelta(1))
    assert after - before in (0, 1)
    assert rules.age_on(birth_on, on + timedelta(366)) - before in (1, 2)
    if after > before and (birth_on.month, birth_on.day) != (2, 29):
        assert (on + timedelta(1)).replace(year=birth_on.year) == birth_on


def test_the_category_field_reads_into_tags() -> None:
    tags = rules.read_categories("农民工、 财政供养人员，退休人员", ALWAYS, "导入")
    assert [(each.kind, each.value) for each in tags] == [
        ("category", "农民工"),
        ("category", "财政供养"),
        ("pension", "领取养老金"),
    ]
    payroll = rules.read_categories("事业编制，参公人员/在编教师、财政全额供养人员", ALWAYS, "导入")
    assert {(each.kind, each.value) for each in payroll} == {("category", "财政供养")}
    assert [each.value for each in rules.read_categories("离退休人员", ALWAYS, "导入")] == ["领取养老金"]
    assert rules.read_categories("", ALWAYS, "导入") == ()
    kept = rules.read_categories("非财政供养人员", ALWAYS, "导入")
    assert judge(facts(date(1990, 3, 15), *kept), date(2024, 3, 1)).outcome is Outcome.PAYABLE

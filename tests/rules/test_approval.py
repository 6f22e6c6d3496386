"""No step skipped, and no person twice, through whatever account."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.rules import approval as rules
from voucher.rules.actor import Role
from voucher.rules.approval import AmountBand, Step
from voucher.rules.errors import Refused

FOUR = (Step.SUBMIT, Step.FIRST_REVIEW, Step.SECOND_REVIEW, Step.APPROVE)
FIVE = (*FOUR[:3], Step.PROVINCE_REVIEW, Step.APPROVE)
FOUNDED = date(2021, 10, 28)
BANDS = [
    AmountBand(0, FOUR, "审核分档办法", FOUNDED),
    AmountBand(100_000_000, FIVE, "审核分档办法", FOUNDED),
]
TODAY = date(2024, 3, 6)
ALL_HANDS = {step: number for number, step in enumerate(Step, start=1)}


def test_ac_h1_one_person_may_not_give_both_reviews() -> None:
    with pytest.raises(Refused) as caught:
        rules.check_hands(Step.SECOND_REVIEW, 7, {Step.SUBMIT: 1, Step.FIRST_REVIEW: 7})
    assert caught.value.refusal.code == "same_hand"
    assert caught.value.refusal.title == "您已办理过初审，不能再办理复核"
    assert "不同账号视为同一人" in caught.value.refusal.next_step


def test_an_act_that_is_no_step_is_refused_by_its_own_name() -> None:
    with pytest.raises(Refused) as caught:
        rules.check_hands(Step.APPROVE, 7, {Step.SUBMIT: 7}, doing="不予通过")
    assert caught.value.refusal.title == "您已办理过申报，不能再办理不予通过"
    assert caught.value.refusal.next_step.startswith("请由另一人办理不予通过；")


@pytest.mark.parametrize(("done", "step"), list(permutations(FIVE, 2)))
def test_every_two_steps_of_a_claim_need_two_people(done: Step, step: Step) -> None:
    with pytest.raises(Refused, match="same_hand"):
        rules.check_hands(step, 7, {done: 7})
    rules.check_hands(step, 8, {done: 7})


@pytest.mark.parametrize(("done", "step"), list(permutations(rules.FILE_STEPS, 2)))
def test_maker_checker_and_releaser_differ(done: Step, step: Step) -> None:
    with pytest.raises(Refused, match="same_hand"):
        rules.check_hands(step, 7, {done: 7})


@pytest.mark.parametrize("done", [step for step in Step if step is not Step.RELEASE])
def test_the_releaser_has_done_nothing_else(done: Step) -> None:
    with pytest.raises(Refused, match="same_hand"):
        rules.check_hands(Step.RELEASE, ALL_HANDS[done], ALL_HANDS)


@pytest.mark.parametrize("step", [Step.MAKE, Step.CHECK])
def test_who_approved_a_claim_may_make_or_check_the_file(step: Step) -> None:
    rules.check_hands(step, 4, {Step.APPROVE: 4})


def test_the_same_person_may_take_the_same_step_of_the_next_revision() -> None:
    rules.check_hands(Step.FIRST_REVIEW, 7, {Step.SUBMIT: 1, Step.FIRST_REVIEW: 7})
    rules.check_fixed_role(Step.FIRST_REVIEW, Step.FIRST_REVIEW)
    rules.check_fixed_role(Step.FIRST_REVIEW, None)


def test_one_person_has_one_role_through_all_revisions() -> None:
    with pytest.raises(Refused) as caught:
        rules.check_fixed_role(Step.SECOND_REVIEW, Step.FIRST_REVIEW)
    assert caught.value.refusal.code == "fixed_role"
    assert caught.value.refusal.title == "您在本申领单中是初审人，不能改办复核"


def test_an_objection_is_decided_by_somebody_who_has_not_signed() -> None:
    rules.check_unsigned(9, {Step.SUBMIT: 1, Step.FIRST_REVIEW: 2})
    with pytest.raises(Refused, match="already_signed"):
        rules.check_unsigned(2, {Step.SUBMIT: 1, Step.FIRST_REVIEW: 2})


def test_two_people_are_two() -> None:
    rules.check_two_people(1, 2)
    with pytest.raises(Refused, match="second_person_needed"):
        rules.check_two_people(1, 1)


def test_each_step_has_its_roles_and_where_there_is_no_county_one_office_gives_both_reviews() -> None:
    assert rules.roles_for(Step.FIRST_REVIEW, same_office=False) == {Role.OFFICER_COUNTY}
    assert rules.roles_for(Step.SECOND_REVIEW, same_office=False) == {Role.OFFICER_CITY}
    both = {Role.OFFICER_COUNTY, Role.OFFICER_CITY}
    assert rules.roles_for(Step.FIRST_REVIEW, same_office=True) == both
    assert rules.roles_for(Step.SECOND_REVIEW, same_office=True) == both
    for step in Step:
        roles = rules.roles_for(step, same_office=True)
        assert roles
        assert not roles & {Role.AUDITOR, Role.SUPERVISOR, Role.ADMINISTRATOR, Role.KEY_CUSTODIAN}
        if step is not Step.SUBMIT:
            assert Role.OPERATOR not in roles


@pytest.mark.parametrize(
    ("amount_fen", "steps"), [(1, FOUR), (99_999_999, FOUR), (100_000_000, FIVE), (10**12, FIVE)]
)
def test_the_province_reviews_from_the_amount_of_its_band(amount_fen: int, steps: tuple[Step, ...]) -> None:
    assert rules.required_steps(amount_fen, TODAY, BANDS) == steps
    assert rules.required_steps(amount_fen, TODAY, reversed(BANDS)) == steps


def test_a_band_out_of_force_asks_for_nothing() -> None:
    ended = [BANDS[0], replace(BANDS[1], until=date(2024, 3, 5))]
    assert rules.required_steps(100_000_000, TODAY, ended) == FOUR
    assert rules.required_steps(100_000_000, date(2024, 3, 5), ended) == FIVE


def test_the_later_band_of_one_amount_wins() -> None:
    newer = AmountBand(0, FIVE, "新办法", date(2024, 1, 1))
    assert rules.required_steps(1, TODAY, [BANDS[0], newer]) == FIVE


def test_a_newer_low_band_does_not_take_the_province_out_of_a_high_one() -> None:
    newer = AmountBand(0, FOUR, "新办法", date(2024, 1, 1))
    assert rules.required_steps(100_000_000, TODAY, [*BANDS, newer]) == FIVE


def test_without_a_band_nothing_is_waved_through() -> None:
    with pytest.raises(Refused, match="band_missing"):
        rules.required_steps(1, TODAY, [])
    with pytest.raises(Refused, match="band_missing"):
        rules.required_steps(1, date(2021, 10, 27), BANDS)


@pytest.mark.parametrize("missing", FOUR)
def test_a_band_may_add_hands_and_never_take_one_of_the_four(missing: Step) -> None:
    short = AmountBand(0, tuple(step for step in FOUR if step is not missing), "错误的分档", FOUNDED)
    with pytest.raises(Refused) as caught:
        rules.required_steps(1, TODAY, [short])
    assert caught.value.refusal.code == "band_incomplete"
    assert rules.STEP_NAMES[missing] in caught.value.refusal.title


def test_the_steps_come_in_their_order_however_the_row_was_written() -> None:
    mixed = AmountBand(0, FIVE[::-1], "审核分档办法", FOUNDED)
    assert rules.required_steps(1, TODAY, [mixed]) == FIVE


def test_ac_h1_no_step_is_skipped() -> None:
    with pytest.raises(Refused) as caught:
        rules.check_order(Step.APPROVE, {Step.SUBMIT, Step.FIRST_REVIEW}, FOUR)
    assert caught.value.refusal.code == "step_skipped"
    assert caught.value.refusal.title == "不能跳级：审批之前还须先办理复核"


def test_a_step_is_done_once_and_only_where_it_is_asked_for() -> None:
    with pytest.raises(Refused, match="step_done"):
        rules.check_order(Step.SUBMIT, {Step.SUBMIT}, FOUR)
    with pytest.raises(Refused, match="step_not_required"):
        rules.check_order(Step.PROVINCE_REVIEW, set(FOUR[:3]), FOUR)


@settings(max_examples=200)
@given(st.sampled_from([FOUR, FIVE, rules.FILE_STEPS]), st.lists(st.sampled_from(Step), max_size=12))
def test_whatever_is_tried_steps_are_done_in_order(required: tuple[Step, ...], tries: list[Step]) -> None:
    done: list[Step] = []
    for step in tries:
        if step is rules.next_step(done, required):
            rules.check_order(step, done, required)
            done.append(step)
        else:
            with pytest.raises(Refused):
                rules.check_order(step, done, required)
    assert tuple(done) == required[: len(done)]
    assert (rules.next_step(done, required) is None) == (len(done) == len(required))


@settings(max_examples=200)
@given(st.lists(st.integers(1, 6), min_size=7, max_size=7))
def test_whoever_tries_the_hands_that_got_through_differ(people: list[int]) -> None:
    hands: dict[Step, int] = {}
    for step, person_id in zip((*FOUR, *rules.FILE_STEPS), people, strict=True):
        try:
            rules.check_hands(step, person_id, hands)
        except Refused:
            continue
        hands[step] = person_id
    claim = [person for step, person in hands.items() if step in rules.CLAIM_STEPS]
    file = [person for step, person in hands.items() if step in rules.FILE_STEPS]
    assert len(set(claim)) == len(claim)
    assert len(set(file)) == len(file)
    assert hands.get(Step.RELEASE) not in claim


def test_who_set_the_amount_does_not_approve_it() -> None:
    rules.check_not_cleared("审批", 7, {5, 6})
    with pytest.raises(Refused) as caught:
        rules.check_not_cleared("审批", 6, {5, 6})
    assert caught.value.refusal.code == "cleared_it"
    assert caught.value.refusal.title == "您参与过该申领的转人工核定，不能办理审批"


def test_whoever_a_claim_concerns_decides_nothing_of_it() -> None:
    claims = [rules.Beneficiaries("SL-1", 7, 70), rules.Beneficiaries("SL-2", 8, 80)]
    rules.check_uninvolved("初审", 9, {90}, claims)
    for person_id, institutions, named in ((8, set(), "SL-2"), (9, {70, 90}, "SL-1")):
        with pytest.raises(Refused) as caught:
            rules.check_uninvolved("初审", person_id, institutions, claims)
        assert caught.value.refusal.code == "involved"
        assert (
            caught.value.refusal.title == f"申领 {named} 是您本人的，或付给您任职的机构，您不能办理它的初审"
        )

"""Money that comes back: never more than was paid, never a fen lost on the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.rules import clawback as rules
from voucher.rules.errors import Refused
from voucher.rules.money import share

FEN = st.integers(0, 10**14)
STANDARD_FEN = 500_000


def test_what_is_left_to_recover() -> None:
    assert rules.recoverable(120_000, 0) == 120_000
    assert rules.recoverable(120_000, 20_000) == 100_000
    assert rules.recoverable(120_000, 120_000) == 0


def test_more_came_back_than_was_ever_paid() -> None:
    with pytest.raises(Refused) as caught:
        rules.recoverable(20_000, 20_001)
    assert caught.value.refusal.code == "recovery_exceeds_paid"
    assert caught.value.refusal.title == "追回 200.01 元超过可追回的 200.00 元"


@settings(max_examples=200)
@given(FEN, FEN, FEN)
def test_all_recoveries_together_never_exceed_the_payment(
    paid_fen: int, first_fen: int, second_fen: int
) -> None:
    recovered_fen = 0
    for asked_fen in (first_fen, second_fen):
        if recovered_fen + asked_fen > paid_fen:
            with pytest.raises(Refused, match="recovery_exceeds_paid"):
                rules.check_recovery(asked_fen, paid_fen, recovered_fen)
        else:
            rules.check_recovery(asked_fen, paid_fen, recovered_fen)
            recovered_fen += asked_fen
    assert recovered_fen + rules.recoverable(paid_fen, recovered_fen) == paid_fen


@pytest.mark.parametrize(
    ("claim_fen", "receivable_fen", "parts"),
    [
        (20_000, 0, (0, 20_000)),
        (20_000, 5_000, (5_000, 15_000)),
        (20_000, 20_000, (20_000, 0)),
        (20_000, 90_000, (20_000, 0)),
    ],
)
def test_ac_i1_a_new_claim_first_meets_the_debt(
    claim_fen: int, receivable_fen: int, parts: tuple[int, int]
) -> None:
    """AC-I1, the rule of setting off."""
    split = rules.offset(claim_fen, receivable_fen)
    assert (split.offset_fen, split.pay_fen) == parts


@settings(max_examples=200)
@given(FEN, FEN)
def test_an_offset_loses_nothing_and_never_exceeds_the_debt(claim_fen: int, receivable_fen: int) -> None:
    split = rules.offset(claim_fen, receivable_fen)
    assert split.offset_fen + split.pay_fen == claim_fen
    assert 0 <= split.offset_fen <= receivable_fen
    assert split.pay_fen == 0 or split.offset_fen == receivable_fen


def test_the_day_of_the_letter_does_not_count() -> None:
    assert rules.due_on(date(2024, 2, 28), 15) == date(2024, 3, 14)
    assert rules.due_on(date(2023, 12, 31), 1) == date(2024, 1, 1)


@pytest.mark.parametrize("days", [0, -1])
def test_a_deadline_without_days_is_refused(days: int) -> None:
    with pytest.raises(Refused, match="deadline_invalid"):
        rules.due_on(date(2024, 1, 1), days)


def test_ac_j7_twenty_apprentices_and_eight_who_finish() -> None:
    """AC-J7, the rule."""
    assert rules.advance_limit(20, STANDARD_FEN, 5_000) == 5_000_000
    rules.check_advance(5_000_000, 20, STANDARD_FEN, 5_000)
    ended = rules.settle_advance(5_000_000, STANDARD_FEN, enrolled=20, completed=8)
    assert (ended.earned_fen, ended.returned_fen, ended.due_fen) == (4_000_000, 1_000_000, 0)


def test_ac_j7_one_fen_more_than_half_is_refused() -> None:
    with pytest.raises(Refused) as caught:
        rules.check_advance(5_000_001, 20, STANDARD_FEN, 5_000)
    assert caught.value.refusal.code == "advance_exceeds_limit"
    assert caught.value.refusal.title == "预支 50,000.01 元超过上限 50,000.00 元"


def test_all_who_finish_are_still_owed_the_rest() -> None:
    ended = rules.settle_advance(5_000_000, STANDARD_FEN, enrolled=20, completed=20)
    assert (ended.returned_fen, ended.due_fen) == (0, 5_000_000)


@pytest.mark.parametrize(("spent_fen", "earned_fen"), [(9_999_999, 9_999_999), (10_000_001, 10_000_000)])
def test_what_was_spent_is_earned_where_it_is_less_than_the_standard(spent_fen: int, earned_fen: int) -> None:
    ended = rules.settle_advance(5_000_000, STANDARD_FEN, enrolled=20, completed=20, spent_fen=spent_fen)
    assert (ended.earned_fen, ended.due_fen) == (earned_fen, earned_fen - 5_000_000)


def test_nothing_less_than_nothing_is_spent() -> None:
    with pytest.raises(Refused, match="amount_negative"):
        rules.settle_advance(0, STANDARD_FEN, enrolled=20, completed=20, spent_fen=-1)


@pytest.mark.parametrize("completed", [-1, 21])
def test_nobody_finishes_who_never_began(completed: int) -> None:
    with pytest.raises(Refused, match="completed_exceeds_enrolled"):
        rules.settle_advance(0, STANDARD_FEN, enrolled=20, completed=completed)


def test_no_advance_above_the_whole() -> None:
    with pytest.raises(Refused, match="advance_limit_invalid"):
        rules.advance_limit(20, STANDARD_FEN, 10_001)


def test_the_oldest_debt_is_met_first_by_the_first_claims() -> None:
    met = rules.plan_offsets([(1, 300), (2, 300)], [(7, 100), (8, 450)], 10_000)
    assert [(each.claim_id, each.clawback_id, each.amount_fen) for each in met] == [
        (1, 7, 100),
        (1, 8, 200),
        (2, 8, 250),
    ]
    assert rules.plan_offsets([(1, 300)], [(7, 100)], 0) == []
    assert rules.plan_offsets([(1, 300)], [], 10_000) == []


amounts = st.lists(st.integers(1, 10**6), max_size=8)


@given(amounts, amounts, st.integers(0, 12_000))
def test_offsets_never_exceed_a_claim_a_debt_or_the_share(
    claims: list[int], debts: list[int], basis_points: int
) -> None:
    met = rules.plan_offsets(list(enumerate(claims)), list(enumerate(debts)), basis_points)
    whole = sum(each.amount_fen for each in met)
    most = share(sum(claims), min(basis_points, 10_000))
    assert whole == min(most, sum(debts))
    for i, fen in enumerate(claims):
        assert sum(each.amount_fen for each in met if each.claim_id == i) <= fen
    for i, fen in enumerate(debts):
        assert sum(each.amount_fen for each in met if each.clawback_id == i) <= fen
    assert len({(each.claim_id, each.clawback_id) for each in met}) == len(met)


@settings(max_examples=200)
@given(st.integers(0, 500), st.integers(0, 10**7), st.integers(0, 10_000), st.data())
def test_an_advance_ends_exactly_at_what_was_earned(
    enrolled: int, standard_fen: int, basis_points: int, data: st.DataObject
) -> None:
    completed = data.draw(st.integers(0, enrolled))
    advanced_fen = rules.advance_limit(enrolled, standard_fen, basis_points)
    assert 0 <= advanced_fen <= enrolled * standard_fen
    ended = rules.settle_advance(advanced_fen, standard_fen, enrolled=enrolled, completed=completed)
    assert advanced_fen - ended.returned_fen + ended.due_fen == ended.earned_fen
    assert ended.returned_fen == 0 or ended.due_fen == 0


@pytest.mark.parametrize(
    "act",
    [
        lambda: rules.recoverable(-1, 0),
        lambda: rules.recoverable(1, -1),
        lambda: rules.check_recovery(-1, 1, 0),
        lambda: rules.offset(-1, 0),
        lambda: rules.offset(1, -1),
        lambda: rules.advance_limit(-1, 1, 5_000),
        lambda: rules.check_advance(-1, 1, 1, 5_000),
        lambda: rules.settle_advance(-1, 1, enrolled=1, completed=1),
    ],
)
def test_no_amount_is_negative(act: Callable[[], object]) -> None:
    with pytest.raises(Refused, match="amount_negative"):
        act()


def test_an_advance_of_the_whole_is_a_share_like_any_other() -> None:
    assert rules.advance_limit(3, STANDARD_FEN, 10_000) == 3 * STANDARD_FEN
    with pytest.raises(Refused, match="advance_limit_invalid"):
        rules.advance_limit(3, STANDARD_FEN, 10_001)

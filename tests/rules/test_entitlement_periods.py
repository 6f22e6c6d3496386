"""复审 is paid once a period: the same year is the same key, another one has to be far enough away."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from voucher.rules.duplicates import DuplicateParameters, EarlierClaim, entitlement_key, judge_duplicates
from voucher.rules.entitlement_periods import entitlement_period, is_by_period, is_too_soon
from voucher.rules.vocabulary import CertificateKind, Outcome, SubsidyKind

OPERATION, TRAINING = CertificateKind.SPECIAL_OPERATION, SubsidyKind.TRAINING
ELECTRICIAN, COOK = "6-31-01-03", "4-03-02-01"
MONTHS = DuplicateParameters(yearly_cap=None, higher_bars_lower=False, period_months=30)


def key(year: int | None, trade: str = ELECTRICIAN) -> str:
    period = entitlement_period(OPERATION, "card_renewal" if year else None, date(year or 2024, 12, 31))
    return entitlement_key(
        TRAINING,
        1,
        certificate_kind=OPERATION,
        occupation_code=trade,
        level=None,
        item_code=None,
        period=period,
        aliases={},
    )


def claimed(year: int | None, filed_on: date, state: str = "paid", trade: str = ELECTRICIAN) -> EarlierClaim:
    return EarlierClaim("SL-1", TRAINING, key(year, trade), None, None, state, filed_on, state == "paid")


@pytest.mark.parametrize(("kind", "training_kind", "period"), [
    (OPERATION, "card_renewal", "2024"),
    (OPERATION, "on_job", None),
    (OPERATION, None, None),
    (CertificateKind.SPECIAL_EQUIPMENT, "card_renewal", None),
])  # fmt: skip
def test_only_the_renewal_of_a_card_is_by_period(
    kind: CertificateKind, training_kind: str | None, period: str | None
) -> None:
    assert entitlement_period(kind, training_kind, date(2024, 12, 31)) == period


def test_the_key_of_a_period_is_neither_the_first_cards_nor_another_periods() -> None:
    keys = [key(None), key(2024), key(2027), key(2024, COOK)]
    assert len(set(keys)) == 4
    assert [is_by_period(each) for each in keys] == [False, True, True, True]


@pytest.mark.parametrize(("earlier", "filed_on", "code"), [
    (claimed(None, date(2021, 3, 1)), date(2024, 3, 1), None),
    (claimed(None, date(2024, 3, 1)), date(2025, 9, 1), "period_not_over"),
    (claimed(2024, date(2024, 3, 1)), date(2024, 11, 1), "duplicate_entitlement"),
    (claimed(2024, date(2024, 3, 1)), date(2026, 8, 31), "period_not_over"),
    (claimed(2024, date(2024, 3, 1)), date(2026, 9, 1), None),
    (claimed(2024, date(2024, 3, 1), "enrolled"), date(2025, 9, 1), "period_not_over"),
    (claimed(2024, date(2024, 3, 1), "rejected"), date(2025, 9, 1), None),
    (claimed(2024, date(2024, 3, 1), "recovered"), date(2025, 9, 1), None),
    (claimed(2024, date(2024, 3, 1), trade=COOK), date(2025, 9, 1), None),
])  # fmt: skip
def test_a_period_is_over_after_so_many_months(
    earlier: EarlierClaim, filed_on: date, code: str | None
) -> None:
    answer = judge_duplicates(key(filed_on.year), None, None, filed_on, [earlier], MONTHS)
    assert (answer.refusal.code if answer.refusal else None) == code
    assert answer.outcome is (Outcome.REFUSED if code else Outcome.PAYABLE)
    if code == "period_not_over":
        assert answer.refusal is not None
        told = f"编号 SL-1：前一张证 2024-03-01，这一张 {filed_on.isoformat()}，相隔未满 30 个月"
        assert told in answer.refusal.sentence
        assert answer.earlier == earlier
    unlimited = replace(MONTHS, period_months=None)
    assert (
        judge_duplicates(key(filed_on.year), None, None, filed_on, [earlier], unlimited).refusal is None
    ) == (code != "duplicate_entitlement")


def test_the_days_of_the_cards_count_not_those_of_the_claims() -> None:
    """The first card was claimed for late: its holder's next one is due three years after the card itself."""
    late = replace(claimed(2024, date(2026, 3, 1)), earned_on=date(2024, 3, 1))

    def code(key_year: int, filed_on: date, earned_on: date, earlier: EarlierClaim) -> str | None:
        judged = judge_duplicates(key(key_year), None, None, filed_on, [earlier], MONTHS, earned_on)
        return judged.refusal.code if judged.refusal else None

    assert code(2027, date(2027, 4, 1), date(2027, 3, 1), late) is None
    assert code(2026, date(2029, 4, 1), date(2026, 3, 1), late) == "period_not_over"
    # the younger card may be claimed for first
    younger = replace(claimed(2027, date(2027, 4, 1)), earned_on=date(2027, 3, 1))
    assert code(2024, date(2027, 5, 1), date(2024, 3, 1), younger) is None
    assert code(2025, date(2027, 5, 1), date(2025, 3, 1), younger) == "period_not_over"


def test_what_is_no_period_is_never_too_soon() -> None:
    first, year, next_year = key(None), key(2024), key(2025)
    day = date(2024, 3, 1)
    assert is_too_soon(next_year, date(2025, 3, 1), year, day, 30)
    assert is_too_soon(next_year, date(2025, 3, 1), first, day, 30), "a first card's years begin with it too"
    assert not is_too_soon(next_year, date(2027, 3, 1), first, day, 30)
    assert is_too_soon(first, date(2025, 3, 1), year, day, 30), (
        "nor is a first card had a year after a renewal"
    )
    assert not is_too_soon(first, date(2021, 3, 1), year, day, 30), "the years it began may be claimed later"
    assert not is_too_soon(first, date(2025, 3, 1), key(None), day, 30), "without a period it is for ever"
    assert not is_too_soon(next_year, date(2025, 3, 1), key(None, COOK), day, 30)
    assert not is_too_soon(year, date(2024, 3, 2), year, day, 30), "the same period is the same key"
    assert not is_too_soon(next_year, date(2025, 3, 1), year, day, None)

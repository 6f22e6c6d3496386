"""May it still be had: one answer, each check by itself, the earlier claim named."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.rules.duplicates import DuplicateParameters, EarlierClaim, judge_duplicates
from voucher.rules.eligibility import Mark
from voucher.rules.levels import Level
from voucher.rules.standing import Standing, join_outcomes, judge_standing
from voucher.rules.vocabulary import Outcome, SubsidyKind

ON = date(2024, 6, 3)
NURSE, COOK = "4-10-01-05", "4-03-02-01"
OPEN = DuplicateParameters(3, higher_bars_lower=False)


def claim(
    number: str, occupation: str = NURSE, level: Level = Level.JUNIOR, state: str = "paid", on: date = ON
) -> EarlierClaim:
    """Return an earlier training claim of person 7."""
    key = f"training|7|occupation|{occupation}|{level.value}"
    return EarlierClaim(number, SubsidyKind.TRAINING, key, occupation, level, state, on, paid=state == "paid")


def ask(
    *earlier: EarlierClaim, level: Level = Level.JUNIOR, parameters: DuplicateParameters = OPEN
) -> Standing:
    """Ask about 养老护理员 at a level."""
    key = f"training|7|occupation|{NURSE}|{level.value}"
    return judge_standing(SubsidyKind.TRAINING, key, level, NURSE, ON, earlier, parameters)


def marks(standing: Standing) -> list[Mark]:
    """Return the marks of the three checks."""
    return [each.mark for each in standing.findings]


def test_nothing_earlier_passes_every_check_and_says_the_cap() -> None:
    answer = ask()
    assert (answer.outcome, marks(answer)) == (Outcome.PAYABLE, [Mark.PASSED] * 3)
    assert "2024 年未达到每人 3 次的上限" in answer.findings[1].text


def test_each_check_speaks_for_itself() -> None:
    """AC-D1、AC-D8、AC-D9、AC-D10."""
    same = ask(claim("SL-1"))
    assert same.precedence.earlier is not None
    assert (same.outcome, same.precedence.earlier.number) == (Outcome.REFUSED, "SL-1")
    assert marks(same) == [Mark.FAILED, Mark.PASSED, Mark.PASSED]
    assert "SL-1" in same.findings[0].text
    lower = ask(claim("SL-2", level=Level.INTERMEDIATE))
    assert (lower.outcome, marks(lower)) == (Outcome.MANUAL, [Mark.PASSED, Mark.PASSED, Mark.CAUTION])
    barred = ask(claim("SL-2", level=Level.INTERMEDIATE), parameters=DuplicateParameters(3, True))
    assert (barred.outcome, marks(barred)[2]) == (Outcome.REFUSED, Mark.FAILED)
    assert ask(claim("SL-3"), level=Level.INTERMEDIATE).outcome is Outcome.PAYABLE
    assert ask(claim("SL-4", COOK)).outcome is Outcome.PAYABLE
    full = ask(*(claim(f"SL-{n}", f"1-00-00-0{n}") for n in range(3)))
    assert (full.outcome, marks(full)) == (Outcome.REFUSED, [Mark.PASSED, Mark.FAILED, Mark.PASSED])
    clawed = ask(claim("SL-5", state="recovered"))
    assert (clawed.outcome, marks(clawed)[0]) == (Outcome.MANUAL, Mark.CAUTION)


@given(
    st.lists(
        st.builds(
            claim,
            st.sampled_from(["a", "b", "c", "d"]),
            st.sampled_from([NURSE, COOK]),
            st.sampled_from([Level.JUNIOR, Level.INTERMEDIATE, Level.SENIOR]),
            st.sampled_from(["paid", "submitted", "rejected", "recovered", "enrolled"]),
        ),
        max_size=5,
    ),
    st.integers(1, 3),
    st.booleans(),
)
@settings(max_examples=120)
def test_the_answer_is_the_rule_s_and_no_check_hides_it(
    earlier: list[EarlierClaim], cap: int, bars: bool
) -> None:
    parameters = DuplicateParameters(cap, higher_bars_lower=bars)
    answer = ask(*earlier, parameters=parameters)
    key = f"training|7|occupation|{NURSE}|{Level.JUNIOR.value}"
    whole = judge_duplicates(key, Level.JUNIOR, NURSE, ON, earlier, parameters)
    assert answer.precedence == whole
    worst = (
        Outcome.REFUSED
        if Mark.FAILED in marks(answer)
        else Outcome.MANUAL
        if Mark.CAUTION in marks(answer)
        else Outcome.PAYABLE
    )
    assert worst is whole.outcome


@pytest.mark.parametrize(
    ("person", "subsidies", "whole"),
    [
        ("payable", ["payable", "payable"], "payable"),
        ("payable", ["refused", "payable"], "manual"),
        ("payable", ["refused", "refused"], "refused"),
        ("refused", ["payable", "payable"], "refused"),
        ("manual", ["payable", "payable"], "manual"),
    ],
)
def test_one_answer_for_two_subsidies(person: str, subsidies: list[str], whole: str) -> None:
    assert join_outcomes(Outcome(person), [Outcome(each) for each in subsidies]) is Outcome(whole)

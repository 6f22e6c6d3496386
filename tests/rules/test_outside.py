"""What other systems say: never passed for want of an answer, whatever they say of anything else."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.rules.applications import Demand, list_items, list_wanting, may_apply
from voucher.rules.eligibility import Mark
from voucher.rules.levels import Level
from voucher.rules.outside import (
    EVERYBODY,
    FactKind,
    OutsideFact,
    OutsideParameters,
    is_fresh,
    judge_life,
    judge_outside,
    proven_groups,
    wanted_facts,
)
from voucher.rules.vocabulary import FundSource, Outcome

ON = date(2024, 6, 3)
TRADE = ("4-10-01-05", Level.JUNIOR)
PARAMETERS = OutsideParameters(fresh_days=30, insured_months_minimum=12, student_bars=True)
EMPLOYMENT, INSURANCE = FundSource.EMPLOYMENT_SUBSIDY, FundSource.UNEMPLOYMENT_INSURANCE


def fact(kind: FactKind, held: bool, **more: Any) -> OutsideFact:
    """Return an answer of today."""
    return OutsideFact(kind, held, **{"told_on": ON, "system": "某系统", **more})


def test_what_is_asked_goes_by_what_is_connected_and_by_the_fund() -> None:
    assert wanted_facts(EMPLOYMENT, (), ()) == ()
    everything = frozenset(FactKind)
    assert set(wanted_facts(EMPLOYMENT, (), everything)) == EVERYBODY | {FactKind.SKILL_UPGRADE}
    assert wanted_facts(INSURANCE, (), ()) == (FactKind.INSURANCE, FactKind.SKILL_UPGRADE), "connected or not"
    assert FactKind.POVERTY_WATCH in wanted_facts(EMPLOYMENT, ["relapse_watched"], everything)


@given(
    st.sets(st.sampled_from(FactKind), min_size=1),
    st.sets(st.sampled_from(FactKind)),
    st.integers(0, 60),
)
@settings(max_examples=150)
def test_nobody_passes_without_a_fresh_answer_to_everything_that_is_asked(
    wanted: set[FactKind], answered: set[FactKind], days: int
) -> None:
    told_on = ON - timedelta(days=days)
    good = {FactKind.IDENTITY, FactKind.INSURANCE}
    facts = {kind: [fact(kind, kind in good, told_on=told_on, amount=12)] for kind in answered}
    judged = judge_outside(sorted(wanted), facts, TRADE, (), ON, PARAMETERS)
    known = wanted <= answered and days <= 30
    assert judged.outcome is (Outcome.PAYABLE if known else Outcome.MANUAL)
    assert (judged.refusal is None) == known
    assert known or any(each.mark is Mark.UNCHECKED for each in judged.findings)


def test_each_answer_refuses_in_its_own_words_and_names_who_said_it() -> None:
    def told(kind: FactKind, held: bool, groups: tuple[str, ...] = (), **more: object) -> str | None:
        judged = judge_outside([kind], {kind: [fact(kind, held, **more)]}, TRADE, groups, ON, PARAMETERS)
        return judged.refusal.code if judged.refusal else None

    assert told(FactKind.IDENTITY, False) == "identity_not_confirmed"
    assert told(FactKind.DECEASED, True) == "person_deceased"
    assert told(FactKind.PENSION, True) == "pension_drawn"
    assert told(FactKind.PENSION, True, until=ON - timedelta(days=1)) is None, "no longer"
    assert told(FactKind.STUDENT, True) == "full_time_student"
    assert told(FactKind.STUDENT, True, ("student",)) is None
    assert told(FactKind.INSURANCE, True, amount=11) == "not_insured"
    assert told(FactKind.INSURANCE, True, amount=12) is None
    assert told(FactKind.INSURANCE, False, amount=99) == "not_insured"
    paid: dict[str, Any] = {"occupation_code": "4-10-01-05", "number": "JN-1"}
    assert told(FactKind.SKILL_UPGRADE, True, level=Level.JUNIOR, **paid) == "skill_upgrade_paid"
    assert told(FactKind.SKILL_UPGRADE, True, level=Level.SENIOR, **paid) is None
    old = fact(FactKind.DECEASED, True, told_on=date(2020, 1, 1))
    judged = judge_outside([], {FactKind.DECEASED: [old]}, None, (), ON, PARAMETERS)
    assert judged.outcome is Outcome.REFUSED, "what stands in the way does so however old it is"
    assert "某系统" in judged.findings[0].text


def test_groups_are_proven_and_papers_not_asked_for_again() -> None:
    watched = {FactKind.POVERTY_WATCH: [fact(FactKind.POVERTY_WATCH, True)]}
    assert proven_groups(watched, ON) == ("relapse_watched",)
    assert is_fresh(ON - timedelta(days=30), ON, 30)
    assert not is_fresh(ON + timedelta(days=1), ON, 30), "a list of tomorrow is no list yet"
    demands = (Demand("失业登记证明", FactKind.EMPLOYMENT), Demand("说明"))
    assert [each.label for each in list_wanting(demands, {FactKind.EMPLOYMENT})] == ["说明"]
    items = list_items(demands, [FactKind.EMPLOYMENT, FactKind.STUDENT], None)
    assert items[:2] == ("失业登记证明", "说明")
    assert len(items) == 3, "a fact with its own proof is not asked for twice"
    assert not may_apply(None)


def test_a_certificate_is_earned_while_its_holder_lives() -> None:
    told = [
        judge_life(fact(FactKind.DECEASED, held=True, since=each), ON)
        for each in (ON - timedelta(days=1), ON, ON + timedelta(days=1), None)
    ]
    assert [outcome for outcome, _ in told] == [Outcome.REFUSED, *[Outcome.PAYABLE] * 2, Outcome.MANUAL]
    assert [refusal.code for _, refusal in told if refusal] == ["died_before_certificate", "death_undated"]

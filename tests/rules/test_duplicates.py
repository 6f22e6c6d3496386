"""The same person, occupation and level is paid once, ever, and the refusal names who came first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.rules.duplicates import (
    DuplicateParameters,
    EarlierClaim,
    Precedence,
    canonical_occupation,
    entitlement_key,
    fold_key,
    judge_duplicates,
    renewed_key,
)
from voucher.rules.errors import Refused
from voucher.rules.lifecycle.claim import STATE_NAMES
from voucher.rules.vocabulary import CertificateKind, Level, Outcome, SubsidyKind

CARER, HOUSEKEEPER, LATHE, ELECTRICIAN = "4-10-01-05", "4-10-01-06", "6-18-01-01", "6-31-01-03"
ZHANG_SAN = 1
OPEN = DuplicateParameters(yearly_cap=None, higher_bars_lower=False)
STRICT = DuplicateParameters(yearly_cap=None, higher_bars_lower=True)
EVALUATION, TRAINING = SubsidyKind.EVALUATION, SubsidyKind.TRAINING


def key(
    occupation: str | None = CARER,
    level: Level | None = Level.JUNIOR,
    *,
    kind: SubsidyKind = EVALUATION,
    person_id: int = ZHANG_SAN,
    certificate_kind: CertificateKind | None = CertificateKind.SKILL_LEVEL,
    item: str | None = None,
    project: str | None = None,
    period: str | None = None,
    aliases: dict[str, str] | None = None,
) -> str:
    return entitlement_key(
        kind,
        person_id,
        certificate_kind=certificate_kind,
        occupation_code=occupation,
        level=level,
        item_code=item,
        project_code=project,
        period=period,
        aliases=aliases or {},
    )


def claimed(
    occupation: str = CARER,
    level: Level = Level.JUNIOR,
    *,
    number: str = "C-2023-0001",
    state: str = "paid",
    filed_on: date = date(2023, 11, 1),
    kind: SubsidyKind = EVALUATION,
) -> EarlierClaim:
    paid = state in ("paid", "recovering", "recovered")
    return EarlierClaim(
        number, kind, key(occupation, level, kind=kind), occupation, level, state, filed_on, paid
    )


def judge(
    *earlier: EarlierClaim,
    occupation: str = CARER,
    level: Level = Level.JUNIOR,
    filed_on: date = date(2025, 3, 1),
    parameters: DuplicateParameters = OPEN,
    kind: SubsidyKind = EVALUATION,
) -> Precedence:
    claim_key = key(occupation, level, kind=kind)
    return judge_duplicates(claim_key, level, occupation, filed_on, earlier, parameters)


def code(answer: Precedence) -> str | None:
    return answer.refusal.code if answer.refusal else None


def test_ac_d1_to_d3_paid_once_is_refused_for_ever_with_the_first_number() -> None:
    answer = judge(claimed(number="C-2023-0001"))
    assert answer.outcome is Outcome.REFUSED
    assert answer.refusal is not None
    assert answer.refusal.code == "duplicate_entitlement"
    assert answer.refusal.title == "同一人员同一职业同一等级已申领，首次申领编号 C-2023-0001"
    assert answer.refusal.facts == {"earlier": "C-2023-0001"}


def test_the_first_of_several_is_named() -> None:
    later = claimed(number="C-2024-0009", state="submitted", filed_on=date(2024, 1, 1))
    answer = judge(later, claimed())
    assert answer.earlier is not None
    assert answer.earlier.number == "C-2023-0001"


def test_ac_d5_the_certificate_kind_is_no_part_of_the_key() -> None:
    both = {
        key(ELECTRICIAN, certificate_kind=kind)
        for kind in (CertificateKind.SKILL_LEVEL, CertificateKind.QUALIFICATION)
    }
    assert len(both) == 1


def test_ac_d8_a_higher_level_of_the_same_occupation_is_free() -> None:
    answer = judge(claimed(level=Level.JUNIOR), level=Level.INTERMEDIATE, parameters=STRICT)
    assert (answer.outcome, answer.refusal) == (Outcome.PAYABLE, None)


def test_ac_d9_a_lower_level_goes_to_a_person_and_says_why() -> None:
    answer = judge(claimed(level=Level.INTERMEDIATE))
    assert (answer.outcome, code(answer)) == (Outcome.MANUAL, "higher_level_held")
    assert answer.refusal is not None
    assert "已有高等级" in answer.refusal.title
    assert "四级/中级工" in answer.refusal.title
    assert answer.refusal.next_step.startswith("按现行参数，转人工")


def test_ac_d9_with_the_parameter_on_it_is_refused() -> None:
    answer = judge(claimed(level=Level.INTERMEDIATE), parameters=STRICT)
    assert (answer.outcome, code(answer)) == (Outcome.REFUSED, "higher_level_held")


def test_levels_are_compared_by_their_order_and_not_by_the_digit() -> None:
    assert judge(claimed(level=Level.CHIEF_TECHNICIAN)).outcome is Outcome.MANUAL
    assert judge(claimed(level=Level.APPRENTICE)).outcome is Outcome.PAYABLE


def test_ac_d10_another_occupation_of_the_same_level_is_free() -> None:
    assert judge(claimed(CARER), occupation=HOUSEKEEPER, parameters=STRICT).outcome is Outcome.PAYABLE
    high = claimed(CARER, Level.SENIOR)
    assert judge(high, occupation=HOUSEKEEPER, parameters=STRICT).outcome is Outcome.PAYABLE


@pytest.mark.parametrize("state", sorted(STATE_NAMES))
def test_every_state_of_an_earlier_claim_has_its_answer(state: str) -> None:
    free = {"withdrawn", "rejected"}
    clawed = {"recovering", "recovered"}
    answer = judge(claimed(state=state))
    if state in free:
        assert answer.outcome is Outcome.PAYABLE
    elif state in clawed:
        assert (answer.outcome, code(answer)) == (Outcome.MANUAL, "entitlement_clawed_back")
    else:
        assert (answer.outcome, code(answer)) == (Outcome.REFUSED, "duplicate_entitlement")


def test_what_was_paid_is_never_free_whatever_its_state_says() -> None:
    assert judge(replace(claimed(state="withdrawn"), paid=True)).outcome is Outcome.REFUSED


def test_a_clawed_back_key_is_free_once_two_people_released_it() -> None:
    assert judge(replace(claimed(state="recovered"), released=True)).outcome is Outcome.PAYABLE


def test_a_live_claim_goes_before_a_clawed_back_one() -> None:
    again = claimed(number="C-2024-0002", state="submitted", filed_on=date(2024, 5, 1))
    answer = judge(claimed(state="recovered"), again)
    assert answer.earlier is again


def test_a_clawed_back_higher_level_bars_nothing() -> None:
    assert judge(claimed(level=Level.SENIOR, state="recovered"), parameters=STRICT).outcome is Outcome.PAYABLE


def test_the_two_subsidies_of_one_certificate_do_not_bar_each_other() -> None:
    assert judge(claimed(kind=TRAINING)).outcome is Outcome.PAYABLE
    assert judge(claimed(kind=TRAINING), kind=TRAINING).outcome is Outcome.REFUSED


def test_the_yearly_cap_counts_the_calendar_year_and_the_kind() -> None:
    capped = DuplicateParameters(yearly_cap=2, higher_bars_lower=False)
    year = [
        claimed(HOUSEKEEPER, number="A", filed_on=date(2025, 1, 1)),
        claimed(LATHE, number="B", filed_on=date(2025, 12, 31)),
    ]
    answer = judge(*year, parameters=capped)
    assert (answer.outcome, code(answer)) == (Outcome.REFUSED, "yearly_cap_reached")
    assert answer.refusal is not None
    assert answer.refusal.title == "2025 年已申领 2 次，达到每人每年 2 次的上限"
    assert judge(*year, parameters=OPEN).outcome is Outcome.PAYABLE
    assert judge(*year, parameters=capped, filed_on=date(2026, 1, 1)).outcome is Outcome.PAYABLE
    assert judge(*year, parameters=capped, kind=TRAINING).outcome is Outcome.PAYABLE
    withdrawn = replace(year[0], state="withdrawn", paid=False)
    assert judge(withdrawn, year[1], parameters=capped).outcome is Outcome.PAYABLE


def test_a_cap_of_nothing_lets_nobody_in() -> None:
    assert code(judge(parameters=DuplicateParameters(0, higher_bars_lower=False))) == "yearly_cap_reached"


def test_a_refusal_goes_before_a_decision_by_a_person() -> None:
    capped = DuplicateParameters(yearly_cap=1, higher_bars_lower=False)
    answer = judge(claimed(level=Level.SENIOR, filed_on=date(2025, 1, 1)), parameters=capped)
    assert code(answer) == "yearly_cap_reached"


def test_old_codes_lead_to_today_over_any_number_of_renamings() -> None:
    aliases = {"X1": "X2", "X2": "X3", "X3": CARER, "SAME": "SAME"}
    assert canonical_occupation("x1", aliases) == CARER
    assert canonical_occupation(" ４-10-01-05", aliases) == CARER
    assert canonical_occupation("SAME", aliases) == "SAME"
    assert key("X1", aliases=aliases) == key(CARER)


@pytest.mark.parametrize("start", ["A", "B", "C"])
def test_renamings_in_a_circle_are_refused(start: str) -> None:
    with pytest.raises(Refused, match="occupation_alias_circle"):
        canonical_occupation(start, {"A": "B", "B": "C", "C": "B"})


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from("ABCDEF"), st.sampled_from("ABCDEF")), st.sampled_from("ABCDEF"))
def test_renamings_end_or_are_refused_and_the_end_is_an_end(aliases: dict[str, str], start: str) -> None:
    reached, circle = [start], False
    while not circle and aliases.get(reached[-1], reached[-1]) != reached[-1]:
        reached.append(aliases[reached[-1]])
        circle = reached[-1] in reached[:-1]
    if circle:
        with pytest.raises(Refused, match="occupation_alias_circle"):
            canonical_occupation(start, aliases)
    else:
        assert canonical_occupation(start, aliases) == reached[-1]


def test_every_kind_has_the_key_of_its_kind() -> None:
    assert key() == "evaluation|1|occupation|4-10-01-05|2"
    special = key(None, None, certificate_kind=CertificateKind.SPECIAL_SKILL, item="z-01")
    assert special == "evaluation|1|item|Z-01"
    completion = key(
        None, None, kind=TRAINING, certificate_kind=CertificateKind.TRAINING_COMPLETION, project="P1"
    )
    assert completion == "training|1|project|P1"
    induction = key(None, None, kind=TRAINING, certificate_kind=None, project="P2")
    assert induction == "training|1|project|P2"
    operation = CertificateKind.SPECIAL_OPERATION
    first = key(None, None, kind=TRAINING, certificate_kind=operation, item="低压电工")
    renewal = key(None, None, kind=TRAINING, certificate_kind=operation, item="低压电工", period="2027")
    assert first == "training|1|special_operation|低压电工"
    assert renewal == "training|1|special_operation|低压电工|period|2027"


def test_a_clawed_back_key_is_renewed_once_and_used_up_in_its_turn() -> None:
    used = claimed(number="C-2023-0001", state="recovered")
    assert renewed_key(key(), [replace(used, state="paid")]) == key()
    renewed = renewed_key(key(), [used])
    assert renewed == f"{key()}|after|C-2023-0001"
    again = replace(used, number="C-2024-0002", key=renewed, state="paid", filed_on=date(2024, 5, 1))
    judged = judge_duplicates(key(), Level.JUNIOR, CARER, date(2024, 6, 1), [used, again], OPEN)
    assert (judged.outcome, judged.earlier) == (Outcome.REFUSED, again)
    both = [used, replace(again, state="recovering")]
    judged = judge_duplicates(key(), Level.JUNIOR, CARER, date(2024, 6, 1), both, OPEN)
    assert judged.outcome is Outcome.MANUAL
    assert renewed_key(key(), both) == f"{key()}|after|C-2024-0002"


@pytest.mark.parametrize(
    ("certificate_kind", "what"),
    [
        (CertificateKind.SKILL_LEVEL, "职业编码"),
        (CertificateKind.SPECIAL_SKILL, "专项职业能力项目"),
        (CertificateKind.TRAINING_COMPLETION, "培训项目"),
        (CertificateKind.SPECIAL_OPERATION, "作业项目"),
        (None, "培训项目"),
    ],
)
def test_a_key_with_a_hole_is_no_key(certificate_kind: CertificateKind | None, what: str) -> None:
    with pytest.raises(Refused) as caught:
        key(" ", None, certificate_kind=certificate_kind)
    assert caught.value.refusal.code == "entitlement_unclear"
    assert what in caught.value.refusal.title


def test_a_level_certificate_without_a_level_has_no_key() -> None:
    with pytest.raises(Refused, match="entitlement_unclear"):
        key(level=None)


def test_a_code_that_could_be_read_as_two_has_no_key() -> None:
    with pytest.raises(Refused, match="entitlement_unclear"):
        key("4-10-01-05|3")
    with pytest.raises(Refused, match="entitlement_unclear"):
        key("OLD", aliases={"OLD": "NEW|5"})


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(
            st.integers(1, 50),
            st.sampled_from([CARER, LATHE]),
            st.sampled_from(Level),
            st.sampled_from(SubsidyKind),
        ),
        min_size=2,
        max_size=2,
    )
)
def test_two_keys_are_equal_only_for_the_same_person_occupation_level_and_kind(
    pair: list[tuple[int, str, Level, SubsidyKind]],
) -> None:
    keys = [key(occupation, level, kind=kind, person_id=person) for person, occupation, level, kind in pair]
    assert (keys[0] == keys[1]) == (pair[0] == pair[1])


def test_without_a_level_or_an_occupation_no_other_is_higher() -> None:
    master = [claimed(level=Level.SENIOR)]
    for level, occupation in ((None, CARER), (Level.JUNIOR, None), (None, None)):
        answer = judge_duplicates(key(HOUSEKEEPER), level, occupation, date(2024, 1, 1), master, STRICT)
        assert answer.outcome is Outcome.PAYABLE


@pytest.mark.parametrize("kind", [CertificateKind.SPECIAL_OPERATION, CertificateKind.SPECIAL_EQUIPMENT])
def test_a_renamed_trade_is_the_same_trade_where_another_authority_examines(kind: CertificateKind) -> None:
    aliases = {ELECTRICIAN: LATHE}
    old = key(ELECTRICIAN, None, kind=TRAINING, certificate_kind=kind)
    new = key(LATHE, None, kind=TRAINING, certificate_kind=kind)
    assert key(ELECTRICIAN, None, kind=TRAINING, certificate_kind=kind, aliases=aliases) == new != old
    assert fold_key(old, aliases) == new, "a key taken before the renaming is found again"


def test_a_folded_key_keeps_everything_but_the_occupation() -> None:
    aliases = {CARER: HOUSEKEEPER}
    assert fold_key(f"{key()}|after|SL-1", aliases) == f"{key(HOUSEKEEPER)}|after|SL-1"
    project = key(None, None, certificate_kind=None, project=CARER)
    assert fold_key(project, aliases) == project
    cut = "|".join(key().split("|")[:3])
    assert fold_key(cut, aliases) == cut, "a key without an occupation has nothing to fold"


@pytest.mark.parametrize(("state", "told"), [("paid", "period_not_over"), ("recovered", None)])
def test_a_period_begins_with_a_claim_that_was_not_taken_back(state: str, told: str | None) -> None:
    operation = CertificateKind.SPECIAL_OPERATION
    first, second = (
        key(ELECTRICIAN, None, kind=TRAINING, certificate_kind=operation, period=each)
        for each in ("2024", "2025")
    )
    earlier = EarlierClaim("SL-1", TRAINING, first, None, None, state, date(2024, 3, 1), paid=True)
    months = DuplicateParameters(yearly_cap=None, higher_bars_lower=False, period_months=30)
    assert code(judge_duplicates(second, None, None, date(2025, 3, 1), [earlier], months)) == told

"""A claimed certificate against its register row, the evaluator's scope, the fee and the list."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.rules.certificates import (
    CertificateFacts,
    ListedOccupation,
    Scope,
    check_fee,
    check_qualification_listed,
    check_scope,
    compare_with_register,
)
from voucher.rules.errors import Refused
from voucher.rules.vocabulary import Level

QUIET = settings(max_examples=150, deadline=None)
CERT5 = CertificateFacts(
    number="S000041010001245000001",
    identity_key="key-of-zhang-san",
    names=frozenset({"张三"}),
    occupation_code="4-10-01-05",
    item_code=None,
    level=Level.JUNIOR,
    issued_on=date(2024, 5, 20),
    evaluator_code="91410100MATE5T033Y",
)
OTHERWISE: dict[str, tuple[Any, str]] = {
    "number": ("S000041010001245000002", "certificate_number_mismatch"),
    "identity_key": ("key-of-li-si", "certificate_person_mismatch"),
    "names": (frozenset({"张叁"}), "certificate_name_mismatch"),
    "occupation_code": ("4-10-01-06", "certificate_occupation_mismatch"),
    "item_code": ("ZX-001", "certificate_occupation_mismatch"),
    "level": (Level.INTERMEDIATE, "certificate_level_mismatch"),
    "issued_on": (date(2024, 5, 21), "certificate_date_mismatch"),
    "evaluator_code": ("52419001MJTE5T044D", "certificate_evaluator_mismatch"),
}
SCOPES = [
    Scope("4-10-01-05", Level.JUNIOR, date(2024, 1, 1), date(2024, 6, 30)),
    Scope("4-10-01-05", Level.INTERMEDIATE, date(2024, 1, 1), None),
    Scope("ZX-001", None, date(2024, 1, 1), None),
]


def codes(claimed: CertificateFacts, found: CertificateFacts | None, revoked: bool = False) -> list[str]:
    return [difference.code for difference in compare_with_register(claimed, found, revoked)]


def code_of_scope(code: str, level: Level | None, issued_on: date) -> str | None:
    try:
        check_scope(code, level, issued_on, SCOPES)
    except Refused as refused:
        return refused.refusal.code
    return None


def test_the_same_on_both_sides_is_verified() -> None:
    assert codes(CERT5, CERT5) == []


def test_a_certificate_the_register_does_not_know_or_has_revoked() -> None:
    assert codes(CERT5, None) == ["certificate_not_in_register"]
    assert codes(CERT5, None, revoked=True) == ["certificate_not_in_register"]
    assert codes(CERT5, CERT5, revoked=True) == ["certificate_revoked"]


@pytest.mark.parametrize("fact", OTHERWISE)
def test_each_fact_that_differs_is_named_on_either_side(fact: str) -> None:
    value, code = OTHERWISE[fact]
    other = replace(CERT5, **{fact: value})
    assert codes(CERT5, other) == [code]
    assert codes(other, CERT5) == [code]


@given(st.sets(st.sampled_from(sorted(OTHERWISE))), st.booleans())
@QUIET
def test_verified_means_nothing_differs_at_all(facts: set[str], revoked: bool) -> None:
    other = replace(CERT5, **{fact: OTHERWISE[fact][0] for fact in facts})
    assert (codes(CERT5, other, revoked) == []) is (not facts and not revoked)


def test_a_difference_names_both_sides_but_nobodys_name_or_key() -> None:
    other = replace(CERT5, identity_key="key-of-li-si", names=frozenset({"张叁"}), level=None)
    person, level = compare_with_register(CERT5, other, revoked=False)
    assert level.title == "登记的等级 无等级 与填报的 五级/初级工 不一致"
    same_person = replace(CERT5, names=frozenset({"张叁"}))
    (name,) = compare_with_register(CERT5, same_person, revoked=False)
    for refusal in (person, level, name):
        shown = refusal.sentence + str(dict(refusal.facts))
        assert not any(secret in shown for secret in ("张三", "张叁", "key-of"))
    assert "张三" not in repr(CERT5)


def test_a_name_changed_by_an_audited_record_still_matches() -> None:
    now = replace(CERT5, names=frozenset({"冯乙"}))
    with_former = replace(CERT5, names=frozenset({"冯乙", "冯一"}))
    old_certificate = replace(CERT5, names=frozenset({"冯一"}))
    assert codes(now, old_certificate) == ["certificate_name_mismatch"]
    assert codes(with_former, old_certificate) == []


def test_nobodys_name_matches_nobodys_name() -> None:
    nameless = replace(CERT5, names=frozenset())
    assert codes(nameless, nameless) == ["certificate_name_mismatch"]
    empty = replace(CERT5, names=frozenset({""}))
    assert codes(empty, empty) == ["certificate_name_mismatch"]


def test_a_number_that_contains_an_identity_number_is_shown_masked() -> None:
    operation = replace(CERT5, number="T41010519900315991X")
    other = replace(CERT5, number="T410702198511209927")
    for found in (None, other):
        for difference in compare_with_register(operation, found, revoked=True):
            shown = difference.sentence + str(dict(difference.facts))
            assert "41010519900315991X" not in shown
            assert "410702198511209927" not in shown


def test_what_neither_side_says_is_no_match() -> None:
    blanks: dict[str, tuple[Any, str]] = {
        "number": ("", "certificate_number_mismatch"),
        "identity_key": ("", "certificate_person_mismatch"),
        "occupation_code": (None, "certificate_occupation_mismatch"),
        "evaluator_code": (" ", "certificate_evaluator_mismatch"),
    }
    for fact, (value, code) in blanks.items():
        blank = replace(CERT5, **{fact: value})
        assert codes(blank, blank) == [code]
    item = replace(CERT5, occupation_code=None, item_code="ZX-001", level=None)
    assert codes(item, item) == []


def test_a_former_occupation_code_counts_as_the_one_it_became() -> None:
    former = replace(CERT5, occupation_code="4-14-02-02")
    aliases = {"4-14-02-02": "4-10-01-05"}
    assert compare_with_register(CERT5, former, False, aliases) == ()
    assert compare_with_register(former, CERT5, False, aliases) == ()
    assert codes(CERT5, former) == ["certificate_occupation_mismatch"]


def test_aliases_are_followed_as_the_entitlement_key_follows_them() -> None:
    oldest = replace(CERT5, occupation_code="4-99-99-99")
    chain = {"4-99-99-99": "4-14-02-02", "4-14-02-02": "4-10-01-05"}
    assert compare_with_register(CERT5, oldest, False, chain) == ()
    check_scope("4-99-99-99", Level.JUNIOR, date(2024, 3, 1), SCOPES, chain)


def test_spelling_of_codes_does_not_make_another_certificate() -> None:
    written = replace(CERT5, number="ｓ000041010001245000001 ", evaluator_code="91410100mate5t033y")
    assert codes(CERT5, written) == []


def test_an_evaluator_is_filed_for_occupation_level_and_days() -> None:
    assert code_of_scope("4-10-01-05", Level.JUNIOR, date(2024, 1, 1)) is None
    assert code_of_scope("4-10-01-05", Level.JUNIOR, date(2024, 6, 30)) is None
    assert code_of_scope("4-10-01-05", Level.INTERMEDIATE, date(2030, 1, 1)) is None
    assert code_of_scope("ZX-001", None, date(2024, 3, 1)) is None
    assert code_of_scope("4-10-01-05", Level.JUNIOR, date(2023, 12, 31)) == "evaluator_out_of_date"
    assert code_of_scope("4-10-01-05", Level.JUNIOR, date(2024, 7, 1)) == "evaluator_out_of_date"
    assert code_of_scope("4-10-01-05", Level.SENIOR, date(2024, 3, 1)) == "evaluator_out_of_scope"
    assert code_of_scope("4-10-01-05", None, date(2024, 3, 1)) == "evaluator_out_of_scope"
    assert code_of_scope("4-10-01-06", Level.JUNIOR, date(2024, 3, 1)) == "evaluator_out_of_scope"


def test_an_evaluator_with_nothing_filed_is_out_of_scope_and_one_renewed_is_not_out_of_date() -> None:
    with pytest.raises(Refused, match="evaluator_out_of_scope"):
        check_scope("4-10-01-05", Level.JUNIOR, date(2024, 3, 1), [])
    renewed = [*SCOPES, Scope("4-10-01-05", Level.JUNIOR, date(2024, 7, 1), date(2025, 6, 30))]
    check_scope("4-10-01-05", Level.JUNIOR, date(2024, 7, 1), renewed)


def test_a_scope_filed_under_a_former_code_still_covers() -> None:
    former = [Scope("4-14-02-02", Level.JUNIOR, date(2024, 1, 1), None)]
    check_scope("4-10-01-05", Level.JUNIOR, date(2024, 3, 1), former, {"4-14-02-02": "4-10-01-05"})
    with pytest.raises(Refused, match="evaluator_out_of_scope"):
        check_scope("4-10-01-05", Level.JUNIOR, date(2024, 3, 1), former)


@given(st.integers(-400, 400))
@QUIET
def test_the_days_of_a_filing_are_its_first_to_its_last(offset: int) -> None:
    day = date(2024, 1, 1) + timedelta(days=offset)
    within = date(2024, 1, 1) <= day <= date(2024, 6, 30)
    assert (code_of_scope("4-10-01-05", Level.JUNIOR, day) is None) is within


def test_evaluation_is_free() -> None:
    check_fee(0)
    check_fee(None)
    for fee_fen in (1, 5000, -1):
        with pytest.raises(Refused) as caught:
            check_fee(fee_fen)
        assert caught.value.refusal.code == "fee_charged"
    with pytest.raises(Refused) as caught:
        check_fee(5000)
    assert "登记收费 50.00 元" in caught.value.refusal.title


def test_a_qualification_is_issued_while_its_occupation_is_listed() -> None:
    entries = [
        ListedOccupation("6-31-01-03", date(2017, 9, 12), date(2020, 12, 31), "人社部发〔2017〕68号"),
        ListedOccupation("4-10-01-05", date(2017, 9, 12), None, "人社部发〔2017〕68号"),
    ]
    check_qualification_listed("6-31-01-03", date(2017, 9, 12), entries)
    check_qualification_listed("6-31-01-03", date(2020, 12, 31), entries)
    check_qualification_listed("4-10-01-05", date(2030, 1, 1), entries)
    for code, issued_on in (
        ("6-31-01-03", date(2021, 1, 1)),
        ("6-31-01-03", date(2017, 9, 11)),
        ("6-18-01-01", date(2019, 1, 1)),
    ):
        with pytest.raises(Refused) as caught:
            check_qualification_listed(code, issued_on, entries)
        assert caught.value.refusal.code == "qualification_unlisted"
        assert issued_on.isoformat() in caught.value.refusal.title

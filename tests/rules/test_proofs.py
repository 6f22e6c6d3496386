"""Which certificate a voucher is for: the same trade, kind and level, earned at its exam."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from voucher.rules.certificate_numbers import parse_certificate_number
from voucher.rules.errors import Refused
from voucher.rules.levels import Level
from voucher.rules.proofs import Offered, Wanted, check_higher, completion_number, find_mismatch
from voucher.rules.vocabulary import CertificateKind

WANTED = Wanted("skill_level", "4-10-01-05", Level.JUNIOR, date(2024, 3, 1), 7)
FITTING = Offered("S000041010001245000001", "skill_level", "4-10-01-05", Level.JUNIOR, date(2024, 3, 1), 7)
NO_ITEM_LEVEL = replace(WANTED, kind="special_skill", trade_code="HN-ZX-009", level=None)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"trade_code": "4-10-01-06"}, "certificate_other_trade"),
        ({"level": Level.INTERMEDIATE}, "certificate_higher_level"),
        ({"level": Level.APPRENTICE}, "certificate_other_level"),
        ({"level": None}, "certificate_other_level"),
        ({"kind": "qualification"}, "certificate_other_kind"),
        ({"issued_on": date(2024, 2, 29)}, "certificate_too_early"),
        ({"evaluator_id": 8}, "certificate_other_evaluator"),
    ],
)
def test_what_differs_is_named(change: dict[str, Any], code: str) -> None:
    found = find_mismatch(WANTED, replace(FITTING, **change))
    assert found is not None
    assert found.code == code


def test_where_another_authority_examines_anybody_may_issue_but_not_before_the_class_ended() -> None:
    operation = replace(WANTED, kind="special_operation", level=None, evaluator_id=None)
    offered = replace(FITTING, kind="special_operation", level=None)
    assert find_mismatch(operation, offered) is None
    early = find_mismatch(operation, replace(offered, issued_on=date(2024, 2, 29)))
    assert early is not None
    assert "早于结业日期 2024-03-01" in early.title
    late = find_mismatch(WANTED, replace(FITTING, issued_on=date(2024, 2, 29)))
    assert late is not None
    assert "早于考试日期" in late.title


def test_what_fits_fits_also_under_a_former_code() -> None:
    assert find_mismatch(WANTED, FITTING) is None
    renamed = replace(FITTING, trade_code="4-98-01-01")
    assert find_mismatch(WANTED, renamed, {"4-98-01-01": "4-10-01-05"}) is None
    item = replace(FITTING, kind="special_skill", trade_code="HN-ZX-009", level=None)
    assert find_mismatch(NO_ITEM_LEVEL, item) is None


def test_a_number_made_of_an_identity_number_is_never_told_whole() -> None:
    shown = replace(FITTING, number="T41010519900315991X", trade_code="4-10-01-06")
    found = find_mismatch(WANTED, shown)
    assert found is not None
    assert "41010519900315991X" not in found.sentence


def test_a_completion_has_a_number_that_its_kind_accepts() -> None:
    number = completion_number("BJ-419001-2024-0012", 7)
    assert number == "PX-BJ-419001-2024-0012-007"
    assert parse_certificate_number(number, CertificateKind.TRAINING_COMPLETION).text == number
    with pytest.raises(ValueError, match="less than 1"):
        completion_number("BJ-419001-2024-0012", 0)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({}, None),
        ({"level": Level.JUNIOR}, "certificate_not_higher"),
        ({"level": Level.APPRENTICE}, "certificate_other_level"),
        ({"trade_code": "4-10-01-06"}, "certificate_other_trade"),
        ({"evaluator_id": 8}, "certificate_other_evaluator"),
        ({"issued_on": date(2024, 2, 29)}, "certificate_too_early"),
        ({"kind": "qualification"}, "certificate_other_kind"),
    ],
)
def test_two_people_may_take_what_differs_in_its_higher_level_alone(
    change: dict[str, Any], code: str | None
) -> None:
    offered = replace(FITTING, **{"level": Level.INTERMEDIATE, **change})
    if code is None:
        check_higher(WANTED, offered)
        return
    with pytest.raises(Refused) as caught:
        check_higher(WANTED, offered)
    assert caught.value.refusal.code == code

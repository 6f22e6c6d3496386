"""Which receivable a credit is for: its words first, then payer and the whole rest, else nobody's."""

from __future__ import annotations

import pytest

from voucher.rules.repayments import Owed, match_credit

ONE, OTHER, TWIN = "TH-419001-2024-000001", "TH-419001-2024-000002", "TH-419001-2024-000003"
HOUSE, WORKER = "济源技师学院", "张三"
OWED = (
    Owed(7, ONE, frozenset({HOUSE}), 200_00),
    Owed(8, OTHER, frozenset({WORKER, "张三丰"}), 50_00),
    Owed(9, TWIN, frozenset({WORKER}), 80_00),
)


@pytest.mark.parametrize(
    ("remark", "payer", "fen", "clawback_id"),
    [
        (f"退款 {ONE}", "别人", 1, 7),
        ("退款 ｔｈ－419001—2024–000001", HOUSE, 200_00, 7),
        (f"退款 TH-4190 01-2024-\t000002，又 {OTHER}", "", 1, 8),
        ("退款", f" {HOUSE} ", 200_00, 7),
        ("", WORKER, 80_00, 9),
        ("", "张三丰", 50_00, 8),
    ],
)
def test_a_credit_goes_to_the_receivable_it_names_or_wholly_pays(
    remark: str, payer: str, fen: int, clawback_id: int
) -> None:
    found = match_credit(remark, payer, fen, OWED)
    assert (found.clawback_id, found.problem) == (clawback_id, None)


@pytest.mark.parametrize(
    ("remark", "payer", "fen", "problem"),
    [
        (f"{ONE} {OTHER}", HOUSE, 200_00, "附言写了 2 个追回单编号"),
        ("TH-419001-2024-000099", HOUSE, 200_00, "附言写的 TH-419001-2024-000099 不是本地区未收清的追回单"),
        ("退款", HOUSE, 199_99, "附言没有追回单编号，付款户名和金额也对不上"),
        ("退款", "某某公司", 200_00, "附言没有追回单编号，付款户名和金额也对不上"),
    ],
)
def test_what_is_not_sure_is_said_and_nothing_is_guessed(
    remark: str, payer: str, fen: int, problem: str
) -> None:
    found = match_credit(remark, payer, fen, OWED)
    assert (found.clawback_id, found.problem) == (None, problem)


def test_two_that_fit_are_nobodys() -> None:
    twins = (*OWED, Owed(10, "TH-419001-2024-000004", frozenset({HOUSE}), 200_00))
    assert match_credit("", HOUSE, 200_00, twins).problem == "附言没有追回单编号，同户名同金额的追回单有 2 张"

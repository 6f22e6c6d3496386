"""What a bank can take, asked of the rule alone."""

from __future__ import annotations

import pytest

from voucher.rules.bank_files import (
    BankForm,
    BankLayout,
    PayeeFault,
    find_name_faults,
    read_columns,
    read_outcome,
)
from voucher.rules.errors import Refused

COLUMNS = "户=holder_name;号=account;额=amount_yuan"
LAYOUT = BankLayout("x", BankForm.CSV, "gbk", read_columns("x", COLUMNS), name_bytes_most=20)


@pytest.mark.parametrize(
    ("name", "fault", "words"),
    [
        ("=cmd|calc", PayeeFault.NOT_PRINTABLE, "=cmd|calc"),
        ("甲\u200b乙", PayeeFault.NOT_ENCODABLE, "甲\u200b乙（\u200b）"),
        ("甲\n乙", PayeeFault.NOT_PRINTABLE, "含看不见的字符"),
        ("䶮记餐饮", PayeeFault.NOT_ENCODABLE, "䶮记餐饮（䶮）"),
        ("济源示范区职业技能评价", PayeeFault.TOO_LONG, "济源示范区职业技能评价（22 字节）"),
    ],
)
def test_a_name_the_bank_cannot_take_is_shown_with_what_is_wrong(
    name: str, fault: PayeeFault, words: str
) -> None:
    assert find_name_faults([name], LAYOUT) == {fault: words}


def test_a_name_the_bank_can_take_has_no_fault() -> None:
    assert find_name_faults(["济源示范区评价中心"], LAYOUT) == {}


@pytest.mark.parametrize(
    "columns", ["户=holder_name;额=amount_yuan", "户=holder_name;户=account;额=amount_yuan", "户;号=account"]
)
def test_a_layout_that_could_pay_nobody_is_refused(columns: str) -> None:
    with pytest.raises(Refused, match="bank_layout_malformed"):
        read_columns("x", columns)


def test_a_word_nobody_knows_is_no_result() -> None:
    assert read_outcome(" 成 功 ", {"成功": "succeeded"}) == "succeeded"
    assert read_outcome("处理中", {"成功": "succeeded"}) is None


@pytest.mark.parametrize(
    "columns",
    [
        "=holder_name;号=account;额=amount_yuan",
        "户=somebody;号=account;额=amount_yuan",
        "户=holder_name;号=account;附言=purpose",
        "户=holder_name;额=amount_yuan;又额=amount_fen",
    ],
)
def test_a_column_without_name_or_meaning_and_a_layout_without_account_or_amount_are_refused(
    columns: str,
) -> None:
    with pytest.raises(Refused, match="bank_layout_malformed"):
        read_columns("x", columns)


def test_the_columns_come_in_their_order_and_a_name_may_fill_its_whole_place() -> None:
    assert [heading for heading, _ in read_columns("x", f" 序 = position ;{COLUMNS}")] == [
        "序",
        "户",
        "号",
        "额",
    ]
    assert find_name_faults(["济源示范区职业技能评"], LAYOUT) == {}

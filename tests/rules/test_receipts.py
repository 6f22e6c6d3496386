"""A receipt's number is kept as one spelling, and what is no number is told before it is kept."""

from __future__ import annotations

import pytest

from voucher.rules.errors import Refused
from voucher.rules.receipts import RECEIPT_NUMBER, read_receipt_number


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("24412000000123456789", "24412000000123456789"),
        (" 2441 2000 0001 2345 6789 ", "24412000000123456789"),
        ("４１０６０１２４－００１２３４５６７８", "41060124-0012345678"),
        ("ab123456", "AB123456"),
        ("1" * 30, "1" * 30),
    ],
)
def test_one_number_has_one_spelling(written: str, kept: str) -> None:
    assert read_receipt_number(written) == kept


@pytest.mark.parametrize(
    "written",
    [
        "",
        "1234567",
        "1" * 31,
        "ABCDEFGH",
        "12-345-678",
        "-12345678",
        "12345678-",
        "1234 5678；",
        "=1+12345678",
    ],
)
def test_what_is_no_number_is_refused(written: str) -> None:
    with pytest.raises(Refused) as refused:
        read_receipt_number(written)
    assert refused.value.refusal.code == RECEIPT_NUMBER.code


def test_a_refusal_repeats_no_more_than_forty_characters() -> None:
    with pytest.raises(Refused) as refused:
        read_receipt_number(f" {'1' * 41} ")
    assert refused.value.refusal.facts["number"] == "1" * 40

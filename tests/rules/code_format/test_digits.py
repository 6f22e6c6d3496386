"""Bytes as digits: every length there and back, and one spelling only."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum.iso7064 import mod_97_10

from voucher.rules.code_format import decode_base10, encode_base10
from voucher.rules.code_format.digits import frame, unframe
from voucher.rules.errors import Refused


def decoded(digits: str) -> bytes | None:
    try:
        return decode_base10(digits)
    except Refused as refused:
        return None if refused.refusal.code == "code_malformed" else b"another refusal"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_bytes_come_back_as_they_went(data: bytes) -> None:
    digits = encode_base10(data)
    assert set(digits) <= set("0123456789")
    assert decode_base10(digits) == data


def test_every_length_without_exception() -> None:
    for length in range(301):
        for filled in (0, 1, 0x7F, 0x80, 0xFF):
            assert decode_base10(encode_base10(bytes([filled]) * length)) == bytes([filled]) * length


@settings(max_examples=100, deadline=None)
@given(st.text("0123456789", max_size=60))
def test_digits_are_the_only_spelling_of_what_they_spell(digits: str) -> None:
    data = decoded(digits)
    assert data is None or encode_base10(data) == digits


def test_what_overflows_or_has_no_such_tail_is_refused() -> None:
    for size, digits in ((1, 3), (2, 5), (3, 8), (4, 10), (5, 13), (6, 15), (7, 17)):
        last = (1 << (8 * size)) - 1
        assert decode_base10(f"{last:0{digits}d}") == b"\xff" * size
        assert decoded(f"{last + 1:0{digits}d}") is None
    assert [length for length in range(18) if decoded("0" * length) is not None] == [
        0,
        3,
        5,
        8,
        10,
        13,
        15,
        17,
    ]
    for wrong in ("²00", "１２３", "-01", "+01", "0_1", " 01", "1.0", "٣٣٣"):
        assert decoded(wrong) is None


@settings(max_examples=100, deadline=None)
@given(st.text("0123456789", min_size=1, max_size=60), st.integers(0, 63), st.integers(1, 9))
def test_a_wrong_a_lost_or_a_swapped_digit_is_noticed(content: str, place: int, by: int) -> None:
    text = frame("71", content)
    assert text[-2:] == mod_97_10.calc_check_digits("71" + content)
    assert unframe(text) == ("71", content)
    place %= len(text)
    changed = text[:place] + str((int(text[place]) + by) % 10) + text[place + 1 :]
    for wrong in (changed, text[:place] + text[place + 1] + text[place] + text[place + 2 :]
                  if place + 1 < len(text) and text[place] != text[place + 1] else changed):  # fmt: skip
        with pytest.raises(Refused, match="code_malformed"):
            unframe(wrong)

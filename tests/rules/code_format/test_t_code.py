"""The T code: one spelling, every slip noticed, nothing but its own refusal."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from voucher.rules.code_format import make_t, parse_t
from voucher.rules.errors import Refused

RANDOM = st.text("0123456789", min_size=18, max_size=18)


def refused(text: str) -> str:
    with pytest.raises(Refused) as told:
        parse_t(text)
    assert told.value.refusal.code == "code_malformed"
    return told.value.refusal.title


def test_a_code_and_the_same_code_as_people_write_it() -> None:
    code = make_t("123456789012345678")
    assert (len(code), code[:2]) == (22, "72")
    spaced = " ".join(code[start : start + 4] for start in range(0, 22, 4))
    wide = "".join(chr(0xFF10 + int(digit)) for digit in code)
    for written in (code, spaced, spaced.replace(" ", "-"), wide, f"　{code}\n", spaced.replace(" ", "－")):
        assert parse_t(written) == code


@settings(max_examples=150)
@given(RANDOM, st.integers(2, 21), st.integers(1, 9))
def test_one_wrong_digit_is_always_noticed(random_digits: str, place: int, by: int) -> None:
    code = make_t(random_digits)
    wrong = code[:place] + str((int(code[place]) + by) % 10) + code[place + 1 :]
    assert "校验位" in refused(wrong)


@settings(max_examples=100)
@given(RANDOM, st.integers(2, 20))
def test_two_neighbours_swapped_are_always_noticed(random_digits: str, place: int) -> None:
    code = make_t(random_digits)
    assume(code[place] != code[place + 1])
    refused(code[:place] + code[place + 1] + code[place] + code[place + 2 :])


@settings(max_examples=200)
@given(st.text(max_size=80))
def test_any_text_is_either_a_code_or_malformed(text: str) -> None:
    try:
        found = parse_t(text)
    except Refused:
        assert refused(text)
    else:
        assert found == parse_t(found)


def test_what_only_looks_like_one_is_refused() -> None:
    code = make_t("0" * 18)
    assert code.endswith("80")
    # a second spelling of the same check value, another kind, too short, too long, digits of another script
    for wrong in (
        code[:-2] + "-17",
        "71" + code[2:],
        code[:-1],
        code + "0",
        "",
        "7²" + code[2:],
        "٧" + code[1:],
    ):
        refused(wrong)
    refused("7" * 500)
    # modulus 97 has two spellings of some values: 97 more is the other one, and no code of ours
    twin = next(
        made
        for serial in range(200)
        if int((made := make_t(f"{serial:018d}"))[-2:]) < 3 or int(made[-2:]) > 96
    )
    other = int(twin[-2:]) + (97 if int(twin[-2:]) < 3 else -97)
    refused(twin[:-2] + f"{other:02d}")


def test_only_eighteen_digits_make_one() -> None:
    for wrong in ("1" * 17, "1" * 19, "x" * 18, "１" * 18):
        with pytest.raises(ValueError, match="18 random digits"):
            make_t(wrong)

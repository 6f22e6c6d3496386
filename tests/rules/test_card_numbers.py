"""Certificate numbers that carry an identity number: seen, kept by a digest, masked."""

from __future__ import annotations

import pytest

from voucher.rules.card_numbers import (
    Carried,
    find_digest,
    find_identity,
    mask_number,
    mask_within,
    write_kept,
)
from voucher.rules.privacy import mask_free_text
from voucher.rules.renewals import carries_over

IDENTITY = "41010519900315991X"
DIGEST = "0123456789abcdef" * 4


@pytest.mark.parametrize(("number", "parts"), [
    (f"T{IDENTITY}", ("T", IDENTITY, "")),
    # a card's number with a mistyped digit is somebody's number nearly
    ("T410105000000000001", ("T", "410105000000000001", "")),
    (IDENTITY, ("", IDENTITY, "")),
    (f"TS{IDENTITY}", ("TS", IDENTITY, "")),
    (f"豫〔2024〕{IDENTITY}号", ("豫〔2024〕", IDENTITY, "号")),
    # as it is typed, by whatever keyboard
    (f" t{IDENTITY.lower()} ", ("T", IDENTITY, "")),
    ("T410105 19900315 991X", ("T", IDENTITY, "")),
    ("Ｔ４１０１０５１９９００３１５９９１Ｘ", ("T", IDENTITY, "")),
    (f"{IDENTITY.lower()} 2024", ("", IDENTITY, " 2024")),
    ("410105199003159911", None),
    ("TS410105000000000001", None),
    (f"1{IDENTITY}", None),
    (f"{IDENTITY}7", None),
    ("S000041010001235000001", None),
    ("2141010512345678", None),
    ("豫专〔2024〕第001号", None),
])  # fmt: skip
def test_an_identity_number_in_a_certificates_number_is_seen(
    number: str, parts: tuple[str, str, str] | None
) -> None:
    assert find_identity(number) == (None if parts is None else Carried(*parts))


def test_what_is_kept_is_told_by_no_one_and_is_a_card_still() -> None:
    kept = write_kept(Carried("T", IDENTITY, ""), DIGEST)
    assert find_digest(kept) == Carried("T", DIGEST, "")
    assert find_digest(f"T{IDENTITY}") is None
    assert find_identity(kept) is None
    assert carries_over(kept)
    assert not carries_over(f"TS~{DIGEST}")
    assert (mask_number(kept), mask_free_text(f"证书 {kept} 已撤销")) == (
        f"T{'*' * 18}",
        f"证书 T{'*' * 18} 已撤销",
    )
    assert mask_number(f"T{IDENTITY}") == "T410105********991X"
    assert mask_number("2141010512345678") == "2141010512345678", (
        "sixteen digits are a number of a certificate"
    )


def test_what_is_masked_in_words_is_what_names_somebody() -> None:
    told = f"首次申领编号 本批 T{IDENTITY}，AQ-{IDENTITY}；S000041010001235000001、T410105000000000001"
    assert mask_within(told) == (
        "首次申领编号 本批 T410105********991X，AQ-410105********991X；S000041010001235000001、"
        "T410105********0001"
    )
    assert mask_number("t410105 19900315 991x") == "T410105********991X"
    assert mask_within("TS410105000000000001") == "TS410105000000000001"

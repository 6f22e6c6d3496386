"""Which numbers a renewed card keeps, when two days are two cards, and which card stands on a day."""

from __future__ import annotations

from datetime import date

import pytest

from voucher.rules.errors import Refused
from voucher.rules.renewals import (
    Card,
    Standing,
    card_in_force,
    carries_over,
    check_renewed,
    is_same_card,
)
from voucher.rules.vocabulary import CertificateKind

CARD = "T41010519900315991X"
WELDER, ELECTRICIAN = "6-18-02-04", "6-31-01-03"
FIRST, SECOND = date(2022, 3, 1), date(2025, 2, 10)


@pytest.mark.parametrize(("number", "kind", "carries"), [
    (CARD, CertificateKind.SPECIAL_OPERATION, True),
    (CARD, None, True),
    (CARD, CertificateKind.SPECIAL_EQUIPMENT, False),
    (CARD[:-1], None, False),
    (f"{CARD}1", None, False),
    (CARD[1:], None, False),
    ("S000041010001235000001", CertificateKind.SPECIAL_OPERATION, False),
])  # fmt: skip
def test_only_t_and_an_identity_number_is_kept(
    number: str, kind: CertificateKind | None, carries: bool
) -> None:
    assert carries_over(number, kind) is carries


@pytest.mark.parametrize(("one", "other", "months", "same"), [
    (FIRST, FIRST, 30, True),
    (FIRST, date(2024, 8, 31), 30, True),
    (FIRST, date(2024, 9, 1), 30, False),
    (date(2024, 9, 1), FIRST, 30, False),
    (date(2024, 8, 31), FIRST, 30, True),
    (FIRST, date(2022, 3, 2), None, False),
    (FIRST, FIRST, None, True),
])  # fmt: skip
def test_days_too_near_are_one_card(one: date, other: date, months: int | None, same: bool) -> None:
    assert is_same_card(Card(WELDER, one), Card(WELDER, other), months) is same
    assert not is_same_card(Card(WELDER, one), Card(ELECTRICIAN, other), months), "of two trades never"


def test_a_card_renewed_too_soon_says_how_far_apart_they_have_to_be() -> None:
    card, earlier = Card(WELDER, date(2022, 4, 1)), [Card(WELDER, SECOND), Card(WELDER, FIRST)]
    check_renewed(CARD, Card(WELDER, SECOND), earlier[1:], 30)
    check_renewed(CARD, Card(WELDER, SECOND), [], 30)
    check_renewed(CARD, Card(ELECTRICIAN, SECOND), earlier, 30)
    with pytest.raises(Refused) as caught:
        check_renewed(CARD, card, earlier, 30)
    told = caught.value.refusal
    assert told.code == "card_renewed_too_soon"
    assert "2022-03-01，与 2022-04-01 相隔不足 30 个月" in told.sentence
    assert CARD not in told.sentence, "the number names a person"


def test_the_card_that_stands_is_the_last_issued_until_then() -> None:
    issued = [Standing(SECOND, confirmed=True), Standing(FIRST, confirmed=True)]
    assert card_in_force(issued, date(2025, 2, 9)) == 1
    assert card_in_force(issued, SECOND) == 0
    assert card_in_force(issued, date(2030, 1, 1)) == 0
    assert card_in_force(issued, date(2020, 1, 1)) == 1, "none yet: the first there will be"
    with pytest.raises(ValueError, match="no card"):
        card_in_force([], FIRST)


def test_a_card_nobody_confirmed_hides_none_that_stands() -> None:
    told, stands = Standing(SECOND, confirmed=False), Standing(FIRST, confirmed=True)
    assert card_in_force([told, stands], date(2030, 1, 1)) == 1
    assert card_in_force([told, Standing(FIRST, confirmed=False)], date(2030, 1, 1)) == 0

"""A card that is renewed under its number: which numbers carry over, and when two of one are two cards.

The number of a 特种作业操作证 is T and the holder's identity number: whoever renews it keeps the number, and
whoever holds one for a second trade (电工 and 焊工) has both under it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

from voucher.rules.errors import Family, reason
from voucher.rules.privacy import mask_free_text
from voucher.rules.register import rule
from voucher.rules.vocabulary import CertificateKind
from voucher.rules.windows import add_months

SOURCE = (
    "特种作业人员安全技术培训考核管理规定（安监总局令第30号）第十九条、第二十一条：有效期6年，每3年复审1次"
)
SINCE = date(2021, 10, 28)

CARD_RENEWED_TOO_SOON = reason(
    "card_renewed_too_soon",
    "证书编号 {number} 同一作业已登记发证日期 {earlier}，与 {given} 相隔不足 {months} 个月，不是复审新证",
    "请核对发证日期和作业项目；已登记的那张日期录错、从未核验一致的，请人社部门撤销那张，再登记这一张",
    SOURCE,
    Family.CONFLICT,
)


class Card(NamedTuple):
    """Which card of a number: its trade, under the code it is known by today, and its day of issue."""

    trade_code: str
    issued_on: date


class Standing(NamedTuple):
    """A card's day of issue, and whether its word counts: it was verified or revoked, not only told."""

    issued_on: date
    confirmed: bool


# as it is told, and as it is kept (REN-07)
_CARRIED = re.compile(r"T(?:[0-9]{17}[0-9X]|~[0-9a-f]{64})")


@rule(number="REN-01", stage="持证", source=f"{SOURCE}; 编号为 T 加证件号码", since=SINCE)
def carries_over(number: str, certificate_kind: CertificateKind | None = None) -> bool:
    """Return whether a renewed card keeps this number; without a kind the number alone is judged."""
    kinds = (None, CertificateKind.SPECIAL_OPERATION)
    return certificate_kind in kinds and _CARRIED.fullmatch(number) is not None


@rule(number="REN-02", stage="持证", source=SOURCE, since=SINCE)
def is_same_card(one: Card, other: Card, months_apart: int | None) -> bool:
    """Return whether two days of issue of one number are one card, its date told twice.

    Cards of two trades are two. Days nearer than `months_apart` are one card's; with no such number every
    other day is another card's.
    """
    if one.trade_code != other.trade_code:
        return False
    if months_apart is None:
        return one.issued_on == other.issued_on
    days = sorted((one.issued_on, other.issued_on))
    return days[1] < add_months(days[0], months_apart)


@rule(number="REN-03", stage="持证", source=SOURCE, since=SINCE)
def check_renewed(number: str, card: Card, earlier: Iterable[Card], months_apart: int | None) -> None:
    """Check that a card is a new one beside those of its number. Raises card_renewed_too_soon."""
    for each in sorted(earlier):
        if is_same_card(card, each, months_apart):
            raise CARD_RENEWED_TOO_SOON.refused(
                number=mask_free_text(number),
                earlier=each.issued_on.isoformat(),
                given=card.issued_on.isoformat(),
                months=months_apart or 0,
            )


@rule(number="REN-04", stage="持证", source=SOURCE, since=SINCE)
def card_in_force(cards: Sequence[Standing], on: date) -> int:
    """Return the place of the card that stands on a day: the last issued until then, else the first of all.

    A card that nobody has confirmed stands only where none is. Raises ValueError where there is none.
    """
    if not cards:
        raise ValueError("no card")
    confirmed = [place for place, each in enumerate(cards) if each.confirmed]
    places = confirmed or range(len(cards))
    begun = [place for place in places if cards[place].issued_on <= on]
    if begun:
        return max(begun, key=lambda place: cards[place].issued_on)
    return min(places, key=lambda place: cards[place].issued_on)

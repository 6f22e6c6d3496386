"""Phones and their counters: what a lower number means, and what a phone signs to be bound."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from voucher.rules.code_format import Window
from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

SOURCE = "豫办〔2021〕29号 第16项 实名、不得转让; 【设】手机密钥与计数（TV1）; S2-16d"
SINCE = date(2021, 10, 28)
_BINDING = b"TV1D"

CODE_COPIED = reason(
    "code_copied",
    "出示码的计数倒退：这部手机的数据疑似被复制",
    "券已暂停使用，手机密钥已冻结；请持券人本人重新登录，在“我的手机”中重新登记后再办理",
    SOURCE,
    Family.CONFLICT,
)
CODE_ELSEWHERE = reason(
    "code_elsewhere",
    "这个码只能在所报名的机构使用",
    "请持券人到所报名的机构出示；要换机构的，开课前由本人退出原班级后重新报名",
    SOURCE,
    Family.CONFLICT,
)


class Order(StrEnum):
    """How the number on a code stands to the last one the same phone was seen with."""

    NEXT = "next"
    EARLIER = "earlier"
    COPIED = "copied"


@dataclass(frozen=True, slots=True)
class ShowingLimits:
    """How a code on a phone is judged at a counter, by dated parameters.

    The same code at the same institution for the same purpose is one scan for `again`; once looked at in
    time it may be used there for `typing` more, since a card is read and typed meanwhile; a question put to
    a phone stands for `asked`.
    """

    window: Window
    again: timedelta
    typing: timedelta
    asked: timedelta


@rule(number="DEV-01", stage="培训", source=SOURCE, since=SINCE)
def judge_order(last: int, last_shown_at: int | None, counter: int, shown_at: int) -> Order:
    """Return what a number says beside the last one seen; moments in unix seconds, as the phone wrote them.

    An older screen carries a lower number and an earlier moment. A lower number at a later moment was made
    by a second phone with the same key: a copied profile.
    """
    if counter > last:
        return Order.NEXT
    if last_shown_at is not None and shown_at > last_shown_at:
        return Order.COPIED
    return Order.EARLIER


@rule(number="DEV-02", stage="发券", source=SOURCE, since=SINCE)
def binding_message(beacon: bytes, holder_id: int, public_key: bytes) -> bytes:
    """Return what a phone signs to show that the key is its own: now, for this person, and for this key."""
    return _BINDING + beacon + holder_id.to_bytes(8) + public_key


@rule(number="DEV-03", stage="发券", source=SOURCE, since=SINCE)
def expires_at(at: datetime, days: int, last_moment: datetime | None) -> datetime:
    """Return until when a credential signed now counts: so many days, and never beyond the voucher's last."""
    until = at + timedelta(days=days)
    return until if last_moment is None else min(until, last_moment)


@rule(number="DEV-04", stage="发券", source=SOURCE, since=SINCE)
def is_near_end(issued_at: datetime, expires: datetime, at: datetime) -> bool:
    """Return whether less than a third of a credential's time is left, so that a new one is due."""
    return (expires - at) * 3 < expires - issued_at

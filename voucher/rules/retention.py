"""保存期限: how long each kind of a person's data is kept, and what stands in the way of erasing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule
from voucher.rules.windows import add_months

SOURCE = "个人信息保护法 第十九条、第四十七条"


class DataKind(StrEnum):
    """The kinds of data about a person, each with its own purpose, basis and time."""

    IDENTITY = "identity"
    ACCOUNT = "account"
    CONSENT = "consent"
    VOUCHER = "voucher"
    ATTACHMENT = "attachment"
    CERTIFICATE = "certificate"
    PAYMENT = "payment"
    COMPLAINT = "complaint"


ERASURE_BUSINESS_OPEN = reason(
    "erasure_business_open",
    "还有没有办结的事项，暂不能注销：{open}",
    "办结、退回或等它到期以后再申请；急需停用账号的，可以退出全部登录、停止代办",
    SOURCE,
    Family.CONFLICT,
)
ERASURE_STILL_KEPT = reason(
    "erasure_still_kept",
    "{what}依法须保存到 {until}，期满以前不能删除",
    "到期以后可以再申请；在此之前只用于存档、审计和核对是否重复享受。依据：{basis}",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Kept:
    """Data of one kind that has to be kept up to a day, that day included; none where it is kept for ever."""

    name: str
    until: date | None
    basis: str


@rule(number="RET-01", stage="通用", source=SOURCE, since=date(2021, 11, 1))
def kept_until(last_on: date, months: int | None) -> date | None:
    """Return the last day on which data is kept whose business ended on a day; None where for ever."""
    return None if months is None else add_months(last_on, months)


@rule(number="RET-02", stage="通用", source=SOURCE, since=date(2021, 11, 1))
def check_may_erase(business: Sequence[str], kept: Sequence[Kept], on: date) -> None:
    """Refuse to erase a person with open business, or while the law still wants something of them kept.

    Of several kinds the one kept longest is told. Raises erasure_business_open, erasure_still_kept.
    """
    if business:
        raise ERASURE_BUSINESS_OPEN.refused(open="、".join(business))
    running = [each for each in kept if each.until is None or each.until >= on]
    if running:
        longest = max(running, key=lambda each: each.until or date.max)
        until = longest.until.isoformat() if longest.until else "永久"
        raise ERASURE_STILL_KEPT.refused(what=longest.name, until=until, basis=longest.basis)

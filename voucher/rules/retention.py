"""保存期限: how long each kind of a person's data is kept, and what stands in the way of erasing it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
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
    HAND = "hand"
    TRACE = "trace"


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
RETENTION_STILL_USED = reason(
    "retention_still_used",
    "最近一次使用在 {last}，连续 {months} 个月没有使用才按期清除",
    "不用处理，下次到期清除时再看；本人不想再用的，可以自己申请注销",
    SOURCE,
    Family.CONFLICT,
)
RETENTION_ON_HOLD = reason(
    "retention_on_hold",
    "有 {count} 件待处置事项没有结束，有关信息是证据",
    "处置结束以后，下次到期清除时再列",
    "个人信息保护法 第四十七条第二款; LIFECYCLE 待处置",
    Family.CONFLICT,
)
RETENTION_PRESERVED = reason(
    "retention_preserved",
    "依法保全中（{paper}），不能删除",
    "由另一名审核人员凭解除的文书解除保全以后再办",
    "个人信息保护法 第四十七条第二款; 刑事诉讼法 第五十四条; 监察法 第二十五条",
    Family.CONFLICT,
)
RETENTION_TOO_EARLY = reason(
    "retention_too_early",
    "{from_on} 起才能确认清除：名单列出以后要先告知本人，留出登录、下载的时间",
    "请到那一天再确认；期间登录过的人不再清除",
    "【设】个人信息保护法 第七条 公开透明",
    Family.CONFLICT,
)
RETENTION_UNTOLD = reason(
    "retention_untold",
    "还没有告知本人（没有登记手机号，或短信没有送达），不能清除",
    "请重新列名单，按“没有告知到的人”书面告知并登记，满 {days} 天再由另一人确认",
    "【设】个人信息保护法 第七条 公开透明",
    Family.CONFLICT,
)
RETENTION_TOLD_LATELY = reason(
    "retention_told_lately",
    "{told_on} 才告知本人，不满 {days} 天，不能清除",
    "下次列名单时再办，登记过的书面告知仍然算数，不用再告知；期间登录过的人不再清除",
    "【设】个人信息保护法 第七条 公开透明",
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


@rule(number="RET-03", stage="通用", source=SOURCE, since=date(2021, 11, 1))
def check_unused(last_on: date, months: int, on: date) -> None:
    """Refuse to erase unasked whoever was seen within so many months. Raises retention_still_used."""
    if add_months(last_on, months) >= on:
        raise RETENTION_STILL_USED.refused(last=last_on.isoformat(), months=months)


@rule(number="RET-04", stage="通用", source=SOURCE, since=date(2021, 11, 1))
def check_no_evidence(papers: Sequence[str], holds: int) -> None:
    """Refuse to erase what a court, an investigation or an open hold still needs.

    `papers` are the documents by which something is preserved. Raises retention_preserved, retention_on_hold.
    """
    if papers:
        raise RETENTION_PRESERVED.refused(paper="、".join(papers))
    if holds:
        raise RETENTION_ON_HOLD.refused(count=holds)


@rule(number="RET-05", stage="通用", source=SOURCE, since=date(2021, 11, 1))
def check_told_long_enough(from_on: date, on: date) -> None:
    """Refuse to begin before the people on the list had their time. Raises retention_too_early."""
    if on < from_on:
        raise RETENTION_TOO_EARLY.refused(from_on=from_on.isoformat())


@rule(number="RET-06", stage="通用", source=SOURCE, since=date(2021, 11, 1))
def check_told(told_on: date | None, days: int, on: date) -> None:
    """Refuse to erase unasked whom nothing reached, or who has not had so many days since.

    Raises retention_untold, retention_told_lately.
    """
    if told_on is None:
        raise RETENTION_UNTOLD.refused(days=days)
    if told_on + timedelta(days=days) > on:
        raise RETENTION_TOLD_LATELY.refused(told_on=told_on.isoformat(), days=days)

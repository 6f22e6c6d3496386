"""Until when something may be asked for: months counted by the calendar, the last day included."""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

SOURCE = "【参】申领期限（其他地区：证书核发12个月内，DOMAIN 2.4、N5）；清单内评价机构默认不限"
SINCE = date(2021, 10, 28)

CLAIM_WINDOW_PASSED = reason(
    "claim_window_passed",
    "发证日期 {issued_on} 距今已超过 {months} 个月的申领期限（截止 {until}）",
    "逾期不予受理；确有正当理由的，请向经办机构书面说明",
    SOURCE,
    Family.CONFLICT,
)
ISSUED_IN_FUTURE = reason(
    "issued_in_future",
    "发证日期 {issued_on} 晚于申领日期 {filed_on}",
    "请核对发证日期；尚未发证的，发证后再申领",
    "豫办〔2021〕29号 第16项 无证无价; S2-16f",
    Family.CONFLICT,
)


@rule(
    number="WIN-01", stage="通用", source="民法典 第二百零二条（没有对应日的，月末日为最后一日）", since=SINCE
)
def add_months(day: date, months: int) -> date:
    """Return the same day so many months later, or the month's last day where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@rule(number="WIN-02", stage="兑现", source=SOURCE, since=SINCE)
def check_claim_window(issued_on: date, filed_on: date, months: int | None) -> None:
    """Refuse a claim filed later than so many months after the certificate; None means no limit.

    Raises issued_in_future, claim_window_passed.
    """
    if issued_on > filed_on:
        raise ISSUED_IN_FUTURE.refused(issued_on=issued_on.isoformat(), filed_on=filed_on.isoformat())
    if months is None:
        return
    until = add_months(issued_on, months)
    if filed_on > until:
        raise CLAIM_WINDOW_PASSED.refused(
            issued_on=issued_on.isoformat(), months=months, until=until.isoformat()
        )

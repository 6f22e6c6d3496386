"""Until when a year's money is paid out: afterwards what is kept of it moves into the next year first."""

from __future__ import annotations

from datetime import date, timedelta

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

SOURCE = (
    "预算法 第十八条（预算年度至十二月三十一日止）、第四十二条; 【设】宽限天数为参数 year_end_payment_days"
)

BUDGET_YEAR_PASSED = reason(
    "budget_year_passed",
    "{year} 年度已经过完（制单、签发截至 {last_on}），这笔预算还没有年末结转，不能再制单、签发",
    "请在这笔预算的“年末结转”页面办理：制单人员提出，付款复核人员办理；结转后由 {next_year} 年度预算支付，"
    "谁的补贴也不减少",
    SOURCE,
    Family.CONFLICT,
)


@rule(number="YRE-01", stage="兑现", source=SOURCE, since=date(2021, 10, 28))
def check_year_pays(year: int, today: date, grace_days: int) -> None:
    """Refuse to pay from a year that is over by more calendar days than the grace; a day to come may.

    Raises budget_year_passed.
    """
    last_on = date(year, 12, 31) + timedelta(days=grace_days)
    if today > last_on:
        raise BUDGET_YEAR_PASSED.refused(year=year, last_on=last_on.isoformat(), next_year=year + 1)

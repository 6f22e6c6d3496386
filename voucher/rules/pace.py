"""Where a voucher or a claim stands, who acts next, and within what: every step has a name and a limit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from voucher.rules.calendar import WorkCalendar, add_workdays
from voucher.rules.register import rule
from voucher.rules.vocabulary import FOUNDED

SOURCE = "S2-Z3a; 【设】持有人和办事机构随时看到每一步停了多久、何时办完 (DESIGN 4)"
REVIEW, OBJECTION, PAYMENT = "review_workdays", "objection_workdays", "payment_workdays"
# how far back a late step is looked for; older ones are late with it
LOOK_BACK = 400


@dataclass(frozen=True, slots=True)
class Station:
    """One step: what is waited for and who acts; its limit is a parameter of working days, or a date."""

    words: str
    who: str
    workdays: str | None = None
    dated: str | None = None


HOLDER, TRAINER, EVALUATOR, OFFICE, FINANCE = "本人", "培训机构", "评价机构", "人社部门", "财政部门"
VOUCHER_STATIONS: dict[str, Station] = {
    "issued": Station("待本人领取", HOLDER, dated="核销截止日"),
    "accepted": Station("待本人选择班级", HOLDER, dated="核销截止日"),
    "enrolled": Station("待开班、核销", TRAINER, dated="开班日期"),
    "training": Station("培训中", TRAINER, dated="结束日期"),
    "trained": Station("待评价", EVALUATOR, dated="取证截止日"),
    "assessed": Station("待发证", EVALUATOR, dated="取证截止日"),
    "certified": Station("待机构申领补贴", "培训机构、评价机构"),
}
CLAIM_STATIONS: dict[str, Station] = {
    "returned": Station("待申报机构补正", "申报机构"),
    "manual": Station("待人工核定", OFFICE, workdays=REVIEW),
    "submitted": Station("待初审", OFFICE, workdays=REVIEW),
    "first_reviewed": Station("待复核", OFFICE, workdays=REVIEW),
    "second_reviewed": Station("待公示", OFFICE, workdays=REVIEW),
    "noticed": Station("公示中", OFFICE, dated="公示期满日"),
    "objected": Station("异议处理中", OFFICE, workdays=OBJECTION),
    "cleared": Station("待财政审批", FINANCE, workdays=PAYMENT),
    "approved": Station("待拨付", FINANCE, workdays=PAYMENT),
    "paying": Station("待银行回单", FINANCE, workdays=PAYMENT),
    "bounced": Station("退票，待更正账户", "收款机构"),
}
# the days for paying run from the end of the notice, not from each hand that takes part in it
PAID_FROM = "cleared"


@rule(number="PAC-01", stage="通用", source=SOURCE, since=FOUNDED)
def find_station(states: dict[str, Station], state: str) -> Station | None:
    """Return the step a state is, None where nothing is waited for any more."""
    return states.get(state)


@rule(
    number="PAC-02", stage="通用", source=f"{SOURCE}; 【参】审核、异议、拨付期限 (DOMAIN 2.4)", since=FOUNDED
)
def promised_on(since: date, workdays: int, calendar: WorkCalendar) -> date:
    """Return the day by which a step begun on a day is promised, that many working days later.

    Raises calendar_year_missing.
    """
    return add_workdays(since, workdays, calendar, count_first=False)


@rule(number="PAC-03", stage="通用", source=SOURCE, since=FOUNDED)
def last_late_start(today: date, workdays: int, calendar: WorkCalendar) -> date | None:
    """Return the last day a step may have begun on to be late today; None where none within sight is.

    Raises calendar_year_missing.
    """
    for back in range(1, LOOK_BACK):
        start = today - timedelta(days=back)
        if promised_on(start, workdays, calendar) < today:
            return start
    return None

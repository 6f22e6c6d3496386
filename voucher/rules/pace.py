"""Where a voucher or a claim stands, who acts next, and within what: every step has a name and a limit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from voucher.rules.calendar import Period, WorkCalendar, add_workdays, count_workdays
from voucher.rules.register import rule
from voucher.rules.vocabulary import FOUNDED

SOURCE = "S2-Z3a; 【设】持有人和办事机构随时看到每一步停了多久、何时办完 (DESIGN 4)"
REVIEW, OBJECTION, PAYMENT = "review_workdays", "objection_workdays", "payment_workdays"
NOTICE = "notice_workdays"


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
# of a voucher in a class whose institution has left, or that was cancelled
LEFT = Station("机构已退出或停业，等转班，或本人另选", OFFICE)
CALLED_OFF = Station("原来的班取消了，等转班，或本人另选", OFFICE)
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
# the days for paying run from the end of the notice, not from each hand that takes part in it; of a bounced
# payment they run anew from the correction, since the days its payee took for it are not finance's
PAID_FROM, PAID_ANEW = "cleared", ("bounced", "approved")
# what still lies between the end of a claim's present step and the bank; a claim that waits for its payee
# has no day, since nobody promises when the payee acts
BEFORE_MONEY: dict[str, tuple[str, ...]] = {
    "manual": (REVIEW, REVIEW, REVIEW, NOTICE, PAYMENT),
    "submitted": (REVIEW, REVIEW, NOTICE, PAYMENT),
    "first_reviewed": (REVIEW, NOTICE, PAYMENT),
    "second_reviewed": (NOTICE, PAYMENT),
    "noticed": (PAYMENT,),
    "objected": (PAYMENT,),
    "cleared": (),
    "approved": (),
    "paying": (),
}


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


@rule(number="PAC-04", stage="通用", source=SOURCE, since=FOUNDED)
def arrives_by(due_on: date, today: date, limits: Sequence[int], calendar: WorkCalendar) -> date:
    """Return the day by which money is promised: the steps to come, each in its days, after the present one.

    A step that is late is taken to end today; where nothing comes after it, its own day stays the promise.
    Raises calendar_year_missing.
    """
    if not limits:
        return due_on
    day = max(due_on, today)
    for workdays in limits:
        day = promised_on(day, workdays, calendar)
    return day


@rule(number="PAC-05", stage="通用", source=SOURCE, since=FOUNDED)
def counted_from(
    station: Station, entered_on: date, cleared_on: date | None, notice_until_on: date | None
) -> date:
    """Return the day after which the working days of a claim's step are counted, whoever asks.

    Those for paying run from the last day of the notice that cleared the claim, as was promised while it
    stood, though the clock closes it later and several hands take part; what no notice cleared by its end is
    counted from the day it was cleared, and what bounced from the day its account was corrected. Any other
    step is counted from the day the claim came to it.
    """
    if station.workdays != PAYMENT or cleared_on is None:
        return entered_on
    return notice_until_on if notice_until_on is not None else cleared_on


@rule(
    number="PAC-06",
    stage="通用",
    source="LIFECYCLE 待处置; 【设】停住核查的日子不计入办理时限",
    since=FOUNDED,
)
def stopped_workdays(begun_on: date, stops: Sequence[Period], calendar: WorkCalendar) -> int:
    """Return how many working days after a step has begun are not counted, since a hold stood on them.

    A day that several holds stood on is one, and one on which a hold stood for an hour is whole.
    Raises calendar_year_missing.
    """
    stopped, seen_until = 0, begun_on
    for each in sorted(stops, key=lambda stop: stop.from_on):
        from_on = max(each.from_on, seen_until + timedelta(days=1))
        stopped += count_workdays(from_on, each.until_on, calendar)
        seen_until = max(seen_until, each.until_on)
    return stopped


@rule(
    number="PAC-07",
    stage="通用",
    source="【设】今天算在剩余的工作日里，提出当天不算；过期的工作日从次日起计",
    since=FOUNDED,
)
def workdays_left(since: date, due_on: date, today: date, calendar: WorkCalendar) -> int:
    """Return how many working days a step begun on a day still has; below zero, how many it is late.

    Its last day has one left; it is 0 where only free days have passed since.
    Raises calendar_year_missing.
    """
    if today > due_on:
        return -count_workdays(due_on + timedelta(days=1), today, calendar)
    return count_workdays(max(today, since + timedelta(days=1)), due_on, calendar)

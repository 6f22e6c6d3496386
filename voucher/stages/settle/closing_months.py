"""月结: one person asks for a month to be closed, another closes it, and nobody opens it again."""

from __future__ import annotations

from sqlalchemy import func, select

from voucher.ledger import audit
from voucher.ledger.budget import Budget
from voucher.ledger.month_closes import MonthClose, span_of
from voucher.ledger.postings import Account, Transfer
from voucher.plumbing.unit_of_work import Work
from voucher.rules.actor import Role, check_reach
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Family, reason

SOURCE = "PAGES 4.6 月报、月结; 【设】月结两人办理，不重开"

MONTH_NOT_OVER = reason(
    "month_not_over",
    "{year} 年 {month} 月还没有过完，不能月结",
    "请在次月 1 日以后办理",
    SOURCE,
    Family.CONFLICT,
)
MONTH_CLOSED_ALREADY = reason(
    "month_closed_already",
    "{year} 年 {month} 月已经月结或已有人提出",
    "请在月报页面查看；已提出的由另一人月结",
    SOURCE,
    Family.CONFLICT,
)
CLOSE_MISSING = reason(
    "month_close_missing", "没有找到这次月结", "请从月报页面重新进入", SOURCE, Family.MISSING
)
MONTH_MALFORMED = reason("month_malformed", "月份填写有误", "请填写年份和 1 至 12 的月份", SOURCE)


def ask_close(work: Work, region_code: str, year: int, month: int) -> MonthClose:
    """Ask for a month of a region that is over to be closed.

    Raises Refused month_malformed, role_missing, region_foreign, month_not_over, month_closed_already.
    """
    if not (2000 <= year <= 2100 and 1 <= month <= 12):
        raise MONTH_MALFORMED.refused()
    check_reach(work.actor, region_code, Role.FINANCE_MAKER)
    begins_at, ends_at = span_of(year, month)
    if work.at < ends_at:
        raise MONTH_NOT_OVER.refused(year=year, month=month)
    found = work.session.scalars(
        select(MonthClose).where(
            MonthClose.region_code == region_code, MonthClose.year == year, MonthClose.month == month
        )
    ).first()
    if found is not None:
        raise MONTH_CLOSED_ALREADY.refused(year=year, month=month)
    asked = MonthClose(
        region_code=region_code,
        year=year,
        month=month,
        begins_at=begins_at,
        ends_at=ends_at,
        asked_by_person_id=work.actor.person_id,
        asked_at=work.at,
    )
    work.session.add(asked)
    work.session.flush()
    audit.record_one(work, "month_close", asked.id, "ask", region=region_code, year=year, month=month)
    return asked


def close_month(work: Work, month_close_id: int) -> MonthClose:
    """Close, as another person, a month asked to be closed: no posting of its days is taken any more.

    Raises Refused month_close_missing (also for a foreign one), role_missing, second_person_needed,
    month_closed_already.
    """
    found = work.session.scalars(
        select(MonthClose).where(MonthClose.id == month_close_id).with_for_update()
    ).first()
    if found is None or found.region_code not in work.actor.regions:
        raise CLOSE_MISSING.refused()
    check_reach(work.actor, found.region_code, Role.FINANCE_CHECKER)
    if found.closed_at is not None:
        raise MONTH_CLOSED_ALREADY.refused(year=found.year, month=found.month)
    check_two_people(found.asked_by_person_id, work.actor.person_id)
    # whoever is posting holds the budget: what was begun before is counted, or comes too late
    budgets = work.session.scalars(
        select(Budget.id).where(Budget.region_code == found.region_code).order_by(Budget.id).with_for_update()
    ).all()
    accounts = work.session.scalars(
        select(Account.id).where(Account.budget_id.in_(budgets)).order_by(Account.id).with_for_update()
    ).all()
    count, posted = work.session.execute(
        select(func.count(), func.coalesce(func.sum(Transfer.amount_fen), 0)).where(
            Transfer.from_account_id.in_(accounts),
            Transfer.at >= found.begins_at,
            Transfer.at < found.ends_at,
        )
    ).one()
    found.posting_count, found.posted_fen = count, int(posted)
    found.closed_by_person_id, found.closed_at = work.actor.person_id, work.at
    work.session.flush()
    audit.record_one(
        work, "month_close", found.id, "close", postings=count, posted_fen=int(posted), year=found.year,
        month=found.month,
    )  # fmt: skip
    return found

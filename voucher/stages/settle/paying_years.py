"""Whether a budget may still pay: its year is running, or over by less than the grace, or was carried."""

from __future__ import annotations

from datetime import date

from sqlalchemy.orm import Session

from voucher.ledger import budget as budgets
from voucher.ledger.budget import Budget
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.rules.errors import Refusal, Refused
from voucher.rules.year_end import check_year_pays

GRACE_DAYS = "year_end_payment_days"


def check_may_pay(work: Work, budget: Budget) -> None:
    """Refuse to make a file from a budget that was carried, or ought to have been.

    Raises Refused budget_year_over, budget_year_passed, parameter_missing.
    """
    budgets.check_year_open(work, budget)
    check_may_release(work.session, budget, work.today)


def check_may_release(session: Session, budget: Budget, today: date) -> None:
    """Refuse to let money go in a year that has not been carried; a carried one is booked in the new year.

    Raises Refused budget_year_passed, parameter_missing.
    """
    if budget.carried_into_id is None and today.year > budget.year:
        regions = catalogue.list_ancestry(session, budget.region_code)
        check_year_pays(
            budget.year, today, tables.require_parameter_number(session, GRACE_DAYS, today, regions)
        )


def find_year_refusal(session: Session, budget: Budget, today: date) -> Refusal | None:
    """Return why nothing may be paid from a budget for its year, for a page that warns before."""
    try:
        check_may_release(session, budget, today)
    except Refused as refused:
        return refused.refusal
    return None

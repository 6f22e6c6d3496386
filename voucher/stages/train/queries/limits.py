"""What a class plan has to keep to on a day, for whoever fills it in."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from voucher.registry import catalogue, tables
from voucher.rules.calendar import add_workdays
from voucher.rules.errors import Refused
from voucher.stages.train.queries.reviewing import LIMIT


@dataclass(frozen=True, slots=True)
class PlanLimits:
    """The first day a class filed now may begin, working days before it and of the review, seats at most.

    None where nothing is fixed.
    """

    earliest_on: date | None
    lead_workdays: int | None
    review_workdays: int | None
    largest: int | None


def read_plan_limits(session: Session, region_code: str, on: date) -> PlanLimits:
    """Return what a class of a region filed on a day has to keep to."""
    regions = catalogue.list_ancestry(session, region_code)
    lead, review, largest = (
        tables.read_parameter_number(session, name, on, regions)
        for name in ("filing_lead_workdays", LIMIT, "class_size")
    )
    earliest = None
    # without next year's holidays nobody can say: the filing itself says so then
    with suppress(Refused):
        if lead:
            earliest = add_workdays(on, lead, tables.read_calendar(session), count_first=False)
    return PlanLimits(earliest, lead, review, largest)

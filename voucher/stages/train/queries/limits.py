"""What a class plan has to keep to on a day, for whoever fills it in."""

from __future__ import annotations

from collections.abc import Sequence
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

    None where nothing is fixed, or nobody can say.
    """

    earliest_on: date | None
    lead_workdays: int | None
    review_workdays: int | None
    largest: int | None


def read_plan_limits(
    session: Session, region_code: str, on: date, starts_on: date | None = None
) -> PlanLimits:  # fmt: skip
    """Return what a class of a region filed on a day, and begun on another where known, has to keep to."""
    regions = catalogue.list_ancestry(session, region_code)
    lead, review = (_read(session, name, on, regions) for name in ("filing_lead_workdays", LIMIT))
    largest = _read(session, "class_size", starts_on or on, regions)
    earliest = None
    # without next year's holidays nobody can say: the filing itself says so then
    with suppress(Refused):
        if lead:
            earliest = add_workdays(on, lead, tables.read_calendar(session), count_first=False)
    return PlanLimits(earliest, lead, review, largest)


def _read(session: Session, name: str, on: date, regions: Sequence[str]) -> int | None:
    # a hint nobody can give is left away: the filing itself says what is missing
    with suppress(Refused):
        return tables.read_parameter_number(session, name, on, regions)
    return None

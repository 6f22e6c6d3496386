"""环比、同比: this month so far beside the same days of last month, and of the same month a year ago."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from voucher.rules.shares import shown_share
from voucher.rules.windows import add_months
from voucher.stages.oversee.statistics.reading import read_flow

COMPARED = ("issued", "redeemed", "certified")


@dataclass(frozen=True, slots=True)
class Compared:
    """How often a step was reached this month so far, in the same days of last month and of last year."""

    step: str
    now: int
    last_month: int
    last_year: int

    @property
    def month_bp(self) -> int | None:
        """Return the change against last month in basis points; None where there was nothing to compare."""
        return _change(self.now, self.last_month)

    @property
    def year_bp(self) -> int | None:
        """Return the change against last year in basis points; None where there was nothing to compare."""
        return _change(self.now, self.last_year)


def compare_months(session: Session, region_code: str, today: date) -> list[Compared]:
    """Return the steps of a region and everything below it; a shorter month is compared as far as it goes."""
    counted = []
    for back in (0, 1, 12):
        first = add_months(today.replace(day=1), -back)
        last = first.replace(day=min(today.day, monthrange(first.year, first.month)[1]))
        flow = read_flow(session, region_code, (first.isoformat(), last.isoformat()))
        sums = dict.fromkeys(COMPARED, 0)
        for (_, step), (times, _fen) in flow.items():
            if step in sums:
                sums[step] += times
        counted.append(sums)
    now, month, year = counted
    return [Compared(step, now[step], month[step], year[step]) for step in COMPARED]


def _change(now: int, before: int) -> int | None:
    if not before:
        return None
    change = shown_share(abs(now - before), before)
    return change if now >= before else -change

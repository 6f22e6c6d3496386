"""What a report says: sums, comparisons, ranking, 督导 list and indicators, from the roll-ups."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.registry.catalogue import Region, get_region, list_ancestry, list_subtree
from voucher.registry.indicators import Indicator, find_narrowings, list_indicators
from voucher.registry.standards import get_value_at
from voucher.registry.tables import read_calendar
from voucher.rules.calendar import Period, add_workdays
from voucher.rules.reports import Dimension, Formula, ReportKind, Span, rank, read_period
from voucher.rules.shares import WHOLE_BP, shown_share
from voucher.stages.certify.queries.competitions import read_competitions
from voucher.stages.certify.queries.talents import read_figures
from voucher.stages.oversee.reports.narrowing import Narrowing, count_narrowed, name_narrowing
from voucher.stages.oversee.statistics.models import STEPS
from voucher.stages.oversee.statistics.reading import read_flow_by_region

COUNTED = (*STEPS, "paid")
WITH_INDICATORS = (ReportKind.QUARTER, ReportKind.YEAR)
Body = dict[str, Any]


def compose(session: Session, kind: ReportKind, period: str, region_code: str) -> Body:
    """Return everything the report of a period says now; amounts in fen.

    Raises Refused report_period_unknown, region_unknown, calendar_year_missing, parameter_missing.
    """
    days, here = read_period(kind, period), get_region(session, region_code)
    regions = list_subtree(session, region_code)
    parts = _sum_parts(session, region_code, regions, days)
    whole = _total(parts.values())
    places = rank({code: each["completed"] for code, each in parts.items()})
    names = dict(
        session.execute(select(Region.code, Region.name).where(Region.code.in_(sorted(parts)))).all()
    )
    names[region_code] = f"{here.name}本级"
    body: Body = {
        "kind": str(kind),
        "period": period,
        "region_code": region_code,
        "region_name": here.name,
        "from_on": days.from_on.isoformat(),
        "until_on": days.until_on.isoformat(),
        "due_on": _due_on(session, days, region_code).isoformat(),
        "whole": whole,
        "before": _total(
            _sum_parts(session, region_code, regions, _earlier(days, whole_year=False)).values()
        ),
        "year_before": _total(
            _sum_parts(session, region_code, regions, _earlier(days, whole_year=True)).values()
        ),
        "regions": [
            {"code": code, "name": names.get(code, code), "place": places[code], **parts[code]}
            for code in sorted(parts, key=lambda each: (places[each], each))
        ],
    }
    if kind is ReportKind.HALF:
        body["watched"] = _watch(session, region_code, days, parts, names)
    if kind in WITH_INDICATORS:
        body["indicators"] = _indicators(session, region_code, regions, days)
    return body


def _sum_parts(
    session: Session, region_code: str, regions: Collection[str], days: Period
) -> dict[str, dict[str, int]]:
    """Return the sums of every region right below one, and of its own; those without anything as noughts."""
    below = set(session.scalars(select(Region.code).where(Region.parent_code == region_code)))
    blank = {**dict.fromkeys(COUNTED, 0), "paid_fen": 0}
    found = {code: dict(blank) for code in below}
    flow = read_flow_by_region(session, regions, days.from_on, days.until_on)
    for (code, step), (times, amount_fen) in flow.items():
        part = next((each for each in list_ancestry(session, code) if each in below), region_code)
        into = found.setdefault(part, dict(blank))
        into[step] += times
        into["paid_fen"] += amount_fen
    return found


def _total(parts: Collection[Mapping[str, int]]) -> dict[str, int]:
    return {name: sum(each[name] for each in parts) for name in (*COUNTED, "paid_fen")}


def _earlier(days: Period, *, whole_year: bool) -> Period:
    """Return the same months a year ago, or as many months right before."""
    months = 12 if whole_year else (days.until_on.month - days.from_on.month + 1)
    return Period(
        _back(days.from_on, months), _back(days.until_on + timedelta(days=1), months) - timedelta(1)
    )


def _back(first: date, months: int) -> date:
    year, month = divmod(first.year * 12 + first.month - 1 - months, 12)
    return date(year, month + 1, 1)


def _due_on(session: Session, days: Period, region_code: str) -> date:
    workdays = int(get_value_at(session, "report_workdays", days.until_on, region_code))
    return add_workdays(days.until_on + timedelta(days=1), workdays, read_calendar(session), count_first=True)


def _watch(
    session: Session, region_code: str, days: Period, parts: Mapping[str, Any], names: Mapping[str, str]
) -> list[dict[str, object]]:
    """Return the regions to be visited, each with the number that says why."""
    floor = int(get_value_at(session, "report_redeem_floor", days.until_on, region_code))
    found: list[dict[str, object]] = []
    for code, each in sorted(parts.items()):
        redeemed, issued = each["redeemed"], each["issued"]
        if not issued and code != region_code:
            why = "本期没有发券"
        elif issued and redeemed * WHOLE_BP < floor * issued:
            why = f"核销占发放 {_percent(shown_share(redeemed, issued, floor))}，低于 {_percent(floor)}"
        else:
            continue
        found.append({"code": code, "name": names.get(code, code), "why": why})
    return found


def _percent(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


def _indicators(
    session: Session, region_code: str, regions: Collection[str], days: Period
) -> list[dict[str, object]]:
    """Return every target of the whole province in force at the end of the period, and what was counted."""
    if get_region(session, region_code).parent_code is not None:
        return []
    found = []
    targets = list_indicators(session, days.until_on)
    narrowings = find_narrowings(session, [each.id for each in targets])
    for each in targets:
        only = narrowings.get(each.id, {})
        since = {
            Span.YEAR: date(days.until_on.year, 1, 1), Span.TOTAL: each.since, Span.STOCK: days.until_on,
        }[Span(each.span)]  # fmt: skip
        counted = _count(session, regions, each, Period(since, days.until_on), only)
        found.append(
            {
                "code": each.code, "name": each.name, "unit": each.unit, "span": each.span,
                "formula": each.formula, "target": each.target, "counted": counted,
                "basis_points": None if counted is None else shown_share(counted, each.target, WHOLE_BP),
                "document": each.document, "narrowed": name_narrowing(session, only),
            }
        )  # fmt: skip
    return found


def _count(
    session: Session, regions: Collection[str], each: Indicator, days: Period, only: Narrowing
) -> int | None:
    formula = Formula(each.formula)
    if formula is Formula.NOT_CONNECTED:
        return None
    steps = {Formula.TRAININGS: "completed", Formula.ISSUED: "issued", Formula.REDEEMED: "redeemed"}
    if formula in steps and only:
        return count_narrowed(session, regions, steps[formula], (days.from_on, days.until_on), only)
    if formula in steps:
        flow = read_flow_by_region(session, regions, days.from_on, days.until_on)
        return sum(times for (_, step), (times, _) in flow.items() if step == steps[formula])
    trade, word = only.get(Dimension.TRADE), only.get(Dimension.LEVEL)
    level = None if word is None else int(word)
    if formula in (Formula.COMPETITION_TRADES, Formula.COMPETITION_EVENTS, Formula.COMPETITION_PEOPLE):
        figures = read_competitions(
            session, regions, days.from_on, days.until_on, trade_code=trade, level=level
        )
        return int(getattr(figures, formula.removeprefix("competition_")))
    standing = read_figures(session, regions, days.until_on, trade_code=trade, level=level)
    if formula is Formula.SKILLED_PEOPLE:
        return standing.people
    if formula is Formula.MIDDLE_PEOPLE:
        return standing.middle_people
    before = read_figures(session, regions, days.from_on - timedelta(days=1), trade_code=trade, level=level)
    if formula is Formula.HIGH_PEOPLE:
        return standing.high_people - before.high_people
    return standing.people - before.people

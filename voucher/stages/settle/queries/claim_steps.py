"""By when a claim's step ends and its money arrives: one count of the days for payee, holder and office."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.states import StateEvent
from voucher.plumbing.bulk import among
from voucher.plumbing.clock import day_of
from voucher.registry import catalogue, tables
from voucher.registry.standards import get_parameters_on
from voucher.rules.calendar import CALENDAR_YEAR_MISSING, Period
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.rules.pace import (
    BEFORE_MONEY,
    CLAIM_STATIONS,
    PAID_ANEW,
    PAID_FROM,
    PAYMENT,
    arrives_by,
    counted_from,
    promised_on,
    stopped_workdays,
)
from voucher.stages.settle.models.notices import Notice
from voucher.stages.settle.queries.claim_stops import read_stops

AT_NOTICE = ("noticed", "objected")
HELD = "停住核查，不计时"
# the steps of a claim from which the days for paying are counted; the last one is asked for
CLEARING = (StateEvent.to_state == PAID_FROM) | (
    (StateEvent.from_state == PAID_ANEW[0]) & (StateEvent.to_state == PAID_ANEW[1])
)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the days of a claim's step depend on; many claims stand alike.

    `once_held_id` is the claim itself where holds may have stood on it: its own days are not counted then.
    """

    region_code: str
    batch_id: int
    state: str
    entered_at: datetime
    cleared_at: datetime | None
    is_held: bool = False
    once_held_id: int | None = None


@dataclass(frozen=True, slots=True)
class Promised:
    """A day, if one is promised, its limit and source; else the year without which it cannot be counted.

    `stopped_workdays` are those which lie in it beyond its limit, since holds stood on them.
    """

    on: date | None
    limit: str = ""
    source: str = ""
    awaits_year: int | None = None
    stopped_workdays: int = 0


@dataclass(frozen=True, slots=True)
class _NoticeEnd:
    """The last day of a batch's notice, and when it was closed; None while it stands."""

    until_on: date
    closed_at: datetime | None


class Steps:
    """The days of standings, read for all of them in a handful of statements."""

    def __init__(self, session: Session, today: date, standings: Collection[Standing]) -> None:
        self._today = today
        self._ends = _read_notice_ends(session, standings)
        self._stops = read_stops(session, [each.once_held_id for each in standings if each.once_held_id])
        wanted: dict[tuple[str, str], set[date]] = {}
        for each in standings:
            for name in BEFORE_MONEY.get(each.state, ()):
                wanted.setdefault((each.region_code, name), set()).add(today)
            named = CLAIM_STATIONS[each.state].workdays
            if named is not None:
                wanted.setdefault((each.region_code, named), set()).add(self._begun_on(each))
        self._limits = _Limits(session, wanted)

    def end(self, standing: Standing) -> Promised:
        """Return the day the present step of a standing is to end; none while a hold stops it."""
        if standing.is_held:
            return Promised(None, HELD)
        station, end = CLAIM_STATIONS[standing.state], self._ends.get(standing.batch_id)
        if standing.state == "noticed" and end is not None:
            return Promised(end.until_on, station.dated or "")
        if station.workdays is None:
            return Promised(None, station.dated or "")
        stops = self._stops.get(standing.once_held_id or 0, [])
        return self._limits.promise(standing.region_code, station.workdays, self._begun_on(standing), stops)

    def arrive(self, standing: Standing, step: Promised) -> Promised:
        """Return the day by which the money of a standing is promised, its present step ending so."""
        if step.on is None or standing.state not in BEFORE_MONEY:
            return replace(step, on=None)
        return self._limits.arrival(standing, self._today, *self._ends_on(standing, step.on))

    def _begun_on(self, standing: Standing) -> date:
        cleared_at, end = standing.cleared_at, self._ends.get(standing.batch_id)
        by_its_end = end is not None and end.closed_at is not None and end.closed_at == cleared_at
        return counted_from(
            CLAIM_STATIONS[standing.state],
            day_of(standing.entered_at),
            None if cleared_at is None else day_of(cleared_at),
            end.until_on if end is not None and by_its_end else None,
        )

    def _ends_on(self, standing: Standing, due_on: date) -> tuple[date, date]:
        """Return the day a claim's step ends, and the day it is told on, which a late step is taken to end.

        An objected line goes back to its notice and stands there till the end. A notice whose last day is
        over and which the clock closes next ended on that day.
        """
        end = self._ends.get(standing.batch_id)
        if end is None or end.closed_at is not None or standing.state not in AT_NOTICE:
            return due_on, self._today
        if standing.state == "objected":
            return max(due_on, end.until_on), self._today
        return due_on, min(self._today, end.until_on)


class _Limits:
    """Limits of working days and the calendar they run in: one statement for each limit of a region."""

    def __init__(self, session: Session, wanted: Mapping[tuple[str, str], set[date]]) -> None:
        self.calendar = tables.read_calendar(session)
        ancestry = {code: catalogue.list_ancestry(session, code) for code in {code for code, _ in wanted}}
        self._known = {
            (code, name): get_parameters_on(session, name, days, ancestry[code])
            for (code, name), days in wanted.items()
        }

    def read(self, region_code: str, name: str, on: date) -> tuple[int | None, str]:
        """Return a limit on a day and who sets it; no limit where it is empty."""
        found = self._known[region_code, name][on]
        return (int(found.value) if found.value else None), found.source

    def promise(self, region_code: str, name: str, since: date, stops: Sequence[Period]) -> Promised:
        """Return the day a limit promises, its words and source; no day where a year is unannounced."""
        workdays, source = self.read(region_code, name, since)
        if not workdays:
            return Promised(None)
        limit = f"{workdays} 个工作日"
        try:
            stopped = stopped_workdays(since, stops, self.calendar)
            due_on = promised_on(since, workdays + stopped, self.calendar)
            return Promised(due_on, limit, source, stopped_workdays=stopped)
        except Refused as refused:
            return Promised(None, limit, source, _find_year(refused))

    def arrival(self, standing: Standing, today: date, due_on: date, told_on: date) -> Promised:
        """Return the day by which the money of a claim is promised, if any is, as `arrives_by` counts it."""
        limits = [self.read(standing.region_code, name, today)[0] for name in BEFORE_MONEY[standing.state]]
        if None in limits:
            # a step without a limit promises nothing, so neither does what lies behind it
            return Promised(None)
        try:
            return Promised(arrives_by(due_on, told_on, [n for n in limits if n], self.calendar))
        except Refused as refused:
            return Promised(None, awaits_year=_find_year(refused))


def _find_year(refused: Refused) -> int:
    """Return the year whose holidays are not announced; any other refusal is raised again."""
    if refused.refusal.code != CALENDAR_YEAR_MISSING.code:
        raise refused
    return int(str(refused.refusal.facts["year"]))


def _read_notice_ends(session: Session, standings: Collection[Standing]) -> dict[int, _NoticeEnd]:
    """Return by batch when the notice of those of the standings ends or ended that have come so far."""
    pays = {state for state, each in CLAIM_STATIONS.items() if each.workdays == PAYMENT}
    batches = {each.batch_id for each in standings if each.state in pays.union(AT_NOTICE)}
    closing = (
        (StateEvent.thing == str(Thing.NOTICE))
        & (StateEvent.object_id == Notice.id)
        & (StateEvent.to_state == "closed")
    )
    rows = session.execute(
        select(Notice.batch_id, Notice.until_on, StateEvent.at)
        .outerjoin(StateEvent, closing)
        .where(among(session, Notice.batch_id, batches), Notice.state != "withdrawn")
    )
    return {batch_id: _NoticeEnd(until_on, at) for batch_id, until_on, at in rows}

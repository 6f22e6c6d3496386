"""How long each step takes: promised date and age of a voucher's steps, and of all of an office's."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from voucher.ledger.states import StateEvent
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import SHANGHAI, day_of
from voucher.registry import catalogue, tables
from voucher.registry.standards import get_parameter
from voucher.rules.bonuses import name_claim_kind
from voucher.rules.errors import Refused
from voucher.rules.lifecycle import Thing
from voucher.rules.pace import (
    CLAIM_STATIONS,
    PAID_FROM,
    PAYMENT,
    VOUCHER_STATIONS,
    Station,
    find_station,
    last_late_start,
    promised_on,
)
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.models.notices import Notice
from voucher.stages.train.queries import classes_of


@dataclass(frozen=True, slots=True)
class Pace:
    """One step a voucher stands at: what is waited for, of whom, since when, by when.

    `due_on` is None where no rule sets a limit; `limit` says what the date is, `source` who says so.
    """

    about: str
    words: str
    who: str
    since: datetime
    days: int
    due_on: date | None
    limit: str
    late: bool
    source: str = ""


@dataclass(frozen=True, slots=True)
class Age:
    """All things of an office at one step: how many, since when the oldest, how many are late."""

    thing: Thing
    state: str
    words: str
    who: str
    count: int
    oldest_at: datetime
    days: int
    limit: str
    late: int | None


def list_paces(session: Session, voucher: Voucher, today: date) -> list[Pace]:
    """Return where a voucher stands now: its own step, or one per subsidy on its way."""
    claims = session.scalars(
        select(Claim)
        .where(Claim.voucher_id == voucher.id, Claim.state.in_(CLAIM_STATIONS))
        .order_by(Claim.id)
    ).all()
    if claims:
        return [_claim_pace(session, each, today) for each in claims]
    station = find_station(VOUCHER_STATIONS, voucher.state)
    if station is None:
        return []
    since = _entered(session, Thing.VOUCHER, voucher.id, voucher.state)
    return [_pace("培训券", station, since, _voucher_date(session, voucher), station.dated or "", today)]


def list_claim_paces(session: Session, claims: Sequence[Claim], today: date) -> dict[int, Pace]:
    """Return where each of these claims that is under way stands."""
    return {each.id: _claim_pace(session, each, today) for each in claims if each.state in CLAIM_STATIONS}


def _voucher_date(session: Session, voucher: Voucher) -> date | None:
    if voucher.state in ("issued", "accepted"):
        return voucher.redeem_by
    if voucher.state in ("trained", "assessed"):
        return voucher.certify_by
    offered = classes_of(session, [voucher.id]).get(voucher.id)
    if offered is None or voucher.state not in ("enrolled", "training"):
        return None
    return offered.starts_on if voucher.state == "enrolled" else offered.ends_on


def _claim_pace(session: Session, claim: Claim, today: date) -> Pace:
    station = CLAIM_STATIONS[claim.state]
    since = _entered(session, Thing.CLAIM, claim.id, claim.state)
    due_on, limit, source = None, station.dated or "", ""
    if claim.state == "noticed":
        due_on = session.scalar(
            select(Notice.until_on).where(Notice.batch_id == claim.batch_id, Notice.state != "withdrawn")
        )
    elif station.workdays is not None:
        begun = _entered(session, Thing.CLAIM, claim.id, PAID_FROM) if station.workdays == PAYMENT else since
        due_on, limit, source = _promise(session, claim.region_code, station.workdays, day_of(begun))
    about = name_claim_kind(claim.kind)
    return replace(_pace(about, station, since, due_on, limit, today), source=source)


def _pace(
    about: str, station: Station, since: datetime, due_on: date | None, limit: str, today: date
) -> Pace:
    return Pace(
        about=about,
        words=station.words,
        who=station.who,
        since=since,
        days=(today - day_of(since)).days,
        due_on=due_on,
        limit=limit if due_on is not None else "",
        late=due_on is not None and due_on < today,
    )


def _entered(session: Session, thing: Thing, object_id: int, state: str) -> datetime:
    """Return when a thing last came into a state."""
    return session.execute(
        select(func.max(StateEvent.at)).where(
            StateEvent.thing == str(thing), StateEvent.object_id == object_id, StateEvent.to_state == state
        )
    ).scalar_one()


def _promise(session: Session, region_code: str, name: str, since: date) -> tuple[date | None, str, str]:
    """Return the day a parameter promises, the limit and its source; no day where a year is unannounced."""
    regions = catalogue.list_ancestry(session, region_code)
    workdays = tables.read_parameter_number(session, name, since, regions)
    if not workdays:
        return None, "", ""
    limit, source = f"{workdays} 个工作日", get_parameter(session, name, since, regions).source
    try:
        return promised_on(since, workdays, tables.read_calendar(session)), limit, source
    except Refused:
        return None, limit, source


def list_ages(session: Session, regions: Collection[str], today: date) -> list[Age]:
    """Return every step at which something of these regions stands, in the order of the way."""
    ours = Voucher.region_code.in_(sorted(regions))
    claimed = select(Claim.id).where(Claim.voucher_id == Voucher.id, Claim.state.in_(CLAIM_STATIONS)).exists()
    found = [
        _age(session, Thing.VOUCHER, state, station, and_(ours, ~claimed), today)
        for state, station in VOUCHER_STATIONS.items()
    ]
    found += [
        _age(session, Thing.CLAIM, state, station, Claim.region_code.in_(sorted(regions)), today)
        for state, station in CLAIM_STATIONS.items()
    ]
    return [each for each in found if each is not None]


def _age(
    session: Session, thing: Thing, state: str, station: Station, here: ColumnElement[bool], today: date
) -> Age | None:
    model = Voucher if thing is Thing.VOUCHER else Claim
    entered = (
        select(StateEvent.at)
        .where(StateEvent.thing == str(thing), StateEvent.object_id == model.id, StateEvent.seq == model.seq)
        .correlate(model)
        .scalar_subquery()
    )
    standing = select(func.count(), func.min(entered)).select_from(model).where(model.state == state, here)
    count, oldest = session.execute(standing).one()
    if not count:
        return None
    limit, late = station.dated or "", None
    if station.workdays is not None:
        limit, cut = _cut(session, station.workdays, today)
        if cut is not None:
            late = session.execute(standing.where(entered < cut)).one()[0]
    elif thing is Thing.VOUCHER and state in ("trained", "assessed"):
        late = session.execute(standing.where(Voucher.certify_by < today)).one()[0]
    return Age(
        thing=thing,
        state=state,
        words=station.words,
        who=station.who,
        count=count,
        oldest_at=oldest,
        days=(today - day_of(oldest)).days,
        limit=limit,
        late=late,
    )


def _cut(session: Session, name: str, today: date) -> tuple[str, datetime | None]:
    """Return the words of a limit, and the moment whoever has stood there since before is late."""
    workdays = tables.read_parameter_number(session, name, today, [])
    if not workdays:
        return "", None
    limit = f"{workdays} 个工作日"
    try:
        start = last_late_start(today, workdays, tables.read_calendar(session))
    except Refused:
        return limit, None
    if start is None:
        return limit, None
    return limit, datetime.combine(start + timedelta(days=1), time.min, SHANGHAI)

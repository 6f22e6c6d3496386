"""How long each step takes: promised date and age of a voucher's steps, and of all of an office's."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import ScalarSelect, case, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from voucher.ledger.holds import Hold, select_held
from voucher.ledger.states import StateEvent
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import day_of
from voucher.rules.lifecycle import Thing
from voucher.rules.pace import (
    CALLED_OFF,
    CLAIM_STATIONS,
    LEFT,
    PAYMENT,
    VOUCHER_STATIONS,
    Station,
    find_station,
)
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.queries.claim_paces import Pace, list_claim_paces, make_pace
from voucher.stages.settle.queries.claim_steps import CLEARING, HELD, Standing, Steps
from voucher.stages.settle.queries.claim_stops import select_once_held
from voucher.stages.train.queries import classes_of, select_class_day

SEATED = ("enrolled", "training")


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
        return list(list_claim_paces(session, claims, today).values())
    station = find_station(VOUCHER_STATIONS, voucher.state)
    if station is None:
        return []
    since = _entered(session, Thing.VOUCHER, voucher.id, voucher.state)
    due_on = _voucher_date(session, voucher)
    pace = make_pace("培训券", station, since, due_on, station.dated or "", today)
    held = select_held(Thing.VOUCHER).where(Hold.object_id == voucher.id)
    if due_on is not None and session.scalar(held.limit(1)) is not None:
        # the day itself stands on the voucher and stays: nobody is late with it while it is looked into
        pace = replace(pace, limit=f"{pace.limit}，{HELD}", late=False, late_days=0)
    if voucher.state in SEATED and (gone := _find_gone(session, voucher)) is not None:
        # whoever taught it is gone: nothing is waited for from there any more
        pace = replace(pace, words=gone.words, who=gone.who)
    return [pace]


def _find_gone(session: Session, voucher: Voucher) -> Station | None:
    """Return what is waited for where a class cannot go on, its institution gone or itself cancelled."""
    offered = classes_of(session, [voucher.id]).get(voucher.id)
    if offered is not None and offered.state == "cancelled":
        return CALLED_OFF
    left = select_held(Thing.VOUCHER).where(Hold.object_id == voucher.id, Hold.institution_id.is_not(None))
    return LEFT if session.scalar(left.limit(1)) is not None else None


def _voucher_date(session: Session, voucher: Voucher) -> date | None:
    if voucher.state in ("issued", "accepted"):
        return voucher.redeem_by
    if voucher.state in ("trained", "assessed"):
        return voucher.certify_by
    offered = classes_of(session, [voucher.id]).get(voucher.id)
    if offered is None or voucher.state not in ("enrolled", "training"):
        return None
    return offered.starts_on if voucher.state == "enrolled" else offered.ends_on


def _entered(session: Session, thing: Thing, object_id: int, state: str) -> datetime:
    """Return when a thing last came into a state."""
    return session.execute(
        select(func.max(StateEvent.at)).where(
            StateEvent.thing == str(thing), StateEvent.object_id == object_id, StateEvent.to_state == state
        )
    ).scalar_one()


def list_ages(session: Session, regions: Collection[str], today: date) -> list[Age]:
    """Return every step at which something of these regions stands, in the order of the way.

    What is late here is what its holder and its payee read as late: the days are counted by the same hand.
    """
    found = [_age_vouchers(session, regions, state, today) for state in VOUCHER_STATIONS]
    return [each for each in found if each is not None] + _age_claims(session, regions, today)


def _age_vouchers(session: Session, regions: Collection[str], state: str, today: date) -> Age | None:
    claimed = select(Claim.id).where(Claim.voucher_id == Voucher.id, Claim.state.in_(CLAIM_STATIONS)).exists()
    entered = _entering(Thing.VOUCHER, Voucher.id, Voucher.seq)
    standing = (
        select(func.count(), func.min(entered))
        .select_from(Voucher)
        .where(Voucher.state == state, Voucher.region_code.in_(sorted(regions)), ~claimed)
    )
    count, oldest = session.execute(standing).one()
    if not count:
        return None
    station, late = VOUCHER_STATIONS[state], None
    if (due_on := _DUE_ON.get(state)) is not None:
        goes_on = Voucher.id.not_in(select_held(Thing.VOUCHER))
        late = session.execute(standing.where(due_on < today, goes_on)).one()[0]
    return _make_age(Thing.VOUCHER, state, station, count, oldest, station.dated or "", late, today)


def _age_claims(session: Session, regions: Collection[str], today: date) -> list[Age]:
    """Return the steps claims stand at; those that stand alike are counted by the database, told once."""
    entered = _entering(Thing.CLAIM, Claim.id, Claim.seq)
    cleared = (
        select(func.max(StateEvent.at))
        .where(
            StateEvent.thing == str(Thing.CLAIM),
            StateEvent.object_id == Claim.id,
            CLEARING,
        )
        .correlate(Claim)
        .scalar_subquery()
    )
    each_of = (
        select(
            Claim.region_code,
            Claim.batch_id,
            Claim.state,
            entered.label("entered_at"),
            case((Claim.state.in_(_PAID_STATES), cleared), else_=None).label("cleared_at"),
            Claim.id.in_(select_held(Thing.CLAIM)).label("is_held"),
            case((Claim.id.in_(select_once_held()), Claim.id), else_=None).label("once_held_id"),
        )
        .where(Claim.state.in_(CLAIM_STATIONS), Claim.region_code.in_(sorted(regions)))
        .subquery()
    )
    alike = session.execute(select(each_of, func.count()).group_by(*each_of.c)).all()
    standings = {Standing(*row[:-1]): int(row[-1]) for row in alike}
    steps, found = Steps(session, today, standings), list[Age]()
    for state, station in CLAIM_STATIONS.items():
        here = {each: count for each, count in standings.items() if each.state == state}
        if not here:
            continue
        ends = {each: steps.end(each) for each in here}
        dated = [(here[each], end.on) for each, end in ends.items() if end.on is not None]
        late = sum(count for count, on in dated if on < today) if dated else None
        limit = "、".join(sorted({end.limit for end in ends.values() if end.limit}))
        oldest = min(each.entered_at for each in here)
        found.append(_make_age(Thing.CLAIM, state, station, sum(here.values()), oldest, limit, late, today))
    return found


def _make_age(
    thing: Thing,
    state: str,
    station: Station,
    count: int,
    oldest_at: datetime,
    limit: str,
    late: int | None,
    today: date,
) -> Age:
    days = (today - day_of(oldest_at)).days
    return Age(thing, state, station.words, station.who, count, oldest_at, days, limit, late)


def _entering(
    thing: Thing, object_id: InstrumentedAttribute[int], seq: InstrumentedAttribute[int]
) -> ScalarSelect[datetime]:
    """Return when each thing came to where it stands."""
    last = select(StateEvent.at).where(
        StateEvent.thing == str(thing), StateEvent.object_id == object_id, StateEvent.seq == seq
    )
    return last.correlate(object_id.class_).scalar_subquery()


# the day each step of a voucher ends with, as `_voucher_date` reads it of one
_DUE_ON = {
    "issued": Voucher.redeem_by,
    "accepted": Voucher.redeem_by,
    "enrolled": select_class_day(Voucher.id, "starts_on"),
    "training": select_class_day(Voucher.id, "ends_on"),
    "trained": Voucher.certify_by,
    "assessed": Voucher.certify_by,
}
_PAID_STATES = [state for state, each in CLAIM_STATIONS.items() if each.workdays == PAYMENT]

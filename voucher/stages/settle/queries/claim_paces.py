"""Where claims stand and by when their money is promised, for a page of them in a handful of statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from voucher.ledger.holds import select_held
from voucher.ledger.states import StateEvent
from voucher.plumbing.bulk import among
from voucher.plumbing.clock import day_of
from voucher.rules.bonuses import name_claim_kind
from voucher.rules.lifecycle import Thing
from voucher.rules.pace import BEFORE_MONEY, CLAIM_STATIONS, Station
from voucher.stages.settle.models.claims import Claim
from voucher.stages.settle.queries.claim_steps import CLEARING, Standing, Steps


@dataclass(frozen=True, slots=True)
class Pace:
    """One step a voucher stands at: what is waited for, of whom, since when, by when.

    `due_on` is None where no rule sets a limit and where a hold stops a claim; `limit` says what the date
    is, `source` who says so.
    `arrives_on` is the day by which the money is promised, each step to come in its own limit; None where it
    waits for its payee (`is_with_payee`), where a hold stops it, where a limit is empty, and where a day lies
    in a year whose holidays are not announced yet: `awaits_year`, that of `due_on` if that is None as well.
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
    late_days: int = 0
    arrives_on: date | None = None
    is_held: bool = False
    is_with_payee: bool = False
    awaits_year: int | None = None


def list_claim_paces(session: Session, claims: Sequence[Claim], today: date) -> dict[int, Pace]:
    """Return where each of these claims that is under way stands; a page of them costs what one costs."""
    waiting = [each for each in claims if each.state in CLAIM_STATIONS]
    if not waiting:
        return {}
    told = _Told(session, today, waiting)
    return {each.id: told.tell(each) for each in waiting}


def list_paces_of(session: Session, claim_ids: Collection[int], today: date) -> dict[int, Pace]:
    """Return where each of the claims of these ids that is under way stands."""
    found = session.scalars(select(Claim).where(Claim.id.in_(claim_ids), Claim.state.in_(CLAIM_STATIONS)))
    return list_claim_paces(session, found.all(), today)


def list_paces_by_voucher(
    session: Session, voucher_ids: Collection[int], today: date
) -> dict[int, list[Pace]]:
    """Return where the subsidies of each of these vouchers stand, those under way only."""
    under_way = select(Claim).where(Claim.voucher_id.in_(voucher_ids), Claim.state.in_(CLAIM_STATIONS))
    claims = session.scalars(under_way.order_by(Claim.id)).all()
    paces, found = list_claim_paces(session, claims, today), dict[int, list[Pace]]()
    for each in claims:
        found.setdefault(each.voucher_id or 0, []).append(paces[each.id])
    return found


def make_pace(
    about: str, station: Station, since: datetime, due_on: date | None, limit: str, today: date
) -> Pace:
    """Return a step as it stands on a day."""
    return Pace(
        about=about,
        words=station.words,
        who=station.who,
        since=since,
        days=(today - day_of(since)).days,
        due_on=due_on,
        limit=limit if due_on is not None else "",
        late=due_on is not None and due_on < today,
        late_days=max((today - due_on).days, 0) if due_on is not None else 0,
    )


class _Told:
    """What is said of claims under way, read for all of them at once."""

    def __init__(self, session: Session, today: date, claims: Sequence[Claim]) -> None:
        ids = [each.id for each in claims]
        self._today = today
        rows = session.execute(
            select(
                StateEvent.object_id,
                StateEvent.to_state,
                func.max(StateEvent.at),
                func.max(case((CLEARING, StateEvent.at))),
            )
            .where(StateEvent.thing == str(Thing.CLAIM), among(session, StateEvent.object_id, ids))
            .group_by(StateEvent.object_id, StateEvent.to_state)
        )
        entered, cleared = dict[tuple[int, str], datetime](), dict[int, datetime]()
        for each_id, to_state, at, cleared_at in rows:
            entered[each_id, to_state] = at
            if cleared_at is not None:
                cleared[each_id] = max(cleared_at, cleared.get(each_id, cleared_at))
        held = select_held(Thing.CLAIM).subquery().c[0]
        held_ids = frozenset(session.scalars(select(held).where(among(session, held, ids))))
        self._standing = {
            each.id: Standing(
                each.region_code,
                each.batch_id,
                each.state,
                entered[each.id, each.state],
                cleared.get(each.id),
                is_held=each.id in held_ids,
                once_held_id=each.id,
            )
            for each in claims
        }
        self._steps = Steps(session, today, self._standing.values())

    def tell(self, claim: Claim) -> Pace:
        """Return where one of the claims stands."""
        station, standing = CLAIM_STATIONS[claim.state], self._standing[claim.id]
        step = self._steps.end(standing)
        money = self._steps.arrive(standing, step)
        limit = step.limit
        if step.stopped_workdays:
            limit += f"，停住核查的 {step.stopped_workdays} 个工作日不计"
        return replace(
            make_pace(name_claim_kind(claim.kind), station, standing.entered_at, step.on, limit, self._today),
            source=step.source,
            arrives_on=money.on,
            is_held=standing.is_held,
            is_with_payee=claim.state not in BEFORE_MONEY,
            awaits_year=money.awaits_year,
        )

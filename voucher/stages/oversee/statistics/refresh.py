"""Bring the roll-ups up to the head of the sealed trail: only what happened since is counted anew.

The trail's numbers are gapless and given after the commit, so nothing that commits late is passed over; no
clock is asked. A voucher is taken out as it was counted and put in as it is, so counting twice is once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, cast

from sqlalchemy import Table, and_, delete, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from voucher.ledger.audit import AuditRow, AuditSeal
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.bulk import among, write_many
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import Region
from voucher.rules.lifecycle import Thing
from voucher.stages.certify.queries.counted import list_vouchers_of_certificates
from voucher.stages.oversee.statistics.adding import Delta
from voucher.stages.oversee.statistics.facts import Fact, Place, read_facts
from voucher.stages.oversee.statistics.models import (
    STEPS,
    StatisticCell,
    StatisticCuboid,
    StatisticCuboidLoss,
    StatisticFact,
    StatisticFlow,
    StatisticHeads,
    StatisticLoss,
    StatisticPosition,
    StatisticSlice,
)
from voucher.stages.settle.queries.counted import list_direct_claims, list_vouchers_of_claims
from voucher.stages.train.queries.counted import list_vouchers_of_classes

SEALS_AT_ONCE, VOUCHERS_AT_ONCE = 20_000, 5_000
PERSON = "person"
HEARD = (str(Thing.VOUCHER), str(Thing.CLAIM), str(Thing.CERTIFICATE), str(Thing.CLASS), PERSON)
TABLES = (
    StatisticFact, StatisticCell, StatisticSlice, StatisticCuboid, StatisticLoss, StatisticCuboidLoss,
    StatisticFlow, StatisticHeads,
)  # fmt: skip
ORDER = tuple(Place._fields)


def refresh_statistics(work: Work) -> int:
    """Count what the next rows of the trail changed, and return how many rows were read."""
    position = lock_position(work)
    head = work.session.scalar(select(func.max(AuditSeal.seq))) or 0
    before, upto = position.seal_seq, min(position.seal_seq + SEALS_AT_ONCE, head)
    if upto > before:
        vouchers, claims = _read_changed(work.session, before, upto)
        count_anew(work.session, vouchers, claims)
    position.seal_seq, position.counted_at = upto, work.at
    work.session.flush()
    return upto - before


def rebuild_statistics(work: Work) -> int:
    """Forget the roll-ups and count every voucher and claim again; return how many facts there are."""
    position = lock_position(work)
    head = work.session.scalar(select(func.max(AuditSeal.seq))) or 0
    for table in TABLES:
        work.session.execute(delete(table))
    last = work.session.scalar(select(func.max(Voucher.id))) or 0
    for start in range(0, last, VOUCHERS_AT_ONCE):
        ids = work.session.scalars(
            select(Voucher.id).where(Voucher.id > start, Voucher.id <= start + VOUCHERS_AT_ONCE)
        ).all()
        count_anew(work.session, ids, ())
    _count_direct(work.session)
    position.seal_seq, position.counted_at = head, work.at
    work.session.flush()
    return work.session.scalar(select(func.count()).select_from(StatisticFact)) or 0


def _count_direct(session: Session) -> None:
    for ids in _pieces(list_direct_claims(session)):
        count_anew(session, (), ids)


def _pieces(ids: Collection[int]) -> Iterator[list[int]]:
    ordered = sorted(ids)
    for start in range(0, len(ordered), VOUCHERS_AT_ONCE):
        yield ordered[start : start + VOUCHERS_AT_ONCE]


def lock_position(work: Work) -> StatisticPosition:
    """Return how far the trail has been counted, locked: one does it at a time."""
    build = sqlite.insert if work.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    work.session.execute(
        build(StatisticPosition).values(id=1, seal_seq=0, counted_at=work.at).on_conflict_do_nothing()
    )
    return work.session.scalars(
        select(StatisticPosition).with_for_update().execution_options(populate_existing=True)
    ).one()


def _read_changed(session: Session, after: int, upto: int) -> tuple[set[int], set[int]]:
    """Return the vouchers and the claims that rows of the trail concern."""
    rows = session.execute(
        select(AuditRow.thing, AuditRow.object_id)
        .join(AuditSeal, AuditSeal.audit_row_id == AuditRow.id)
        .where(AuditSeal.seq > after, AuditSeal.seq <= upto, AuditRow.thing.in_(HEARD))
        .distinct()
    )
    ids: dict[str, set[int]] = {each: set() for each in HEARD}
    for thing, object_id in rows:
        ids[thing].add(object_id)
    vouchers, claims = ids[str(Thing.VOUCHER)], ids[str(Thing.CLAIM)]
    vouchers.update(list_vouchers_of_claims(session, claims))
    vouchers.update(list_vouchers_of_certificates(session, ids[str(Thing.CERTIFICATE)]))
    vouchers.update(list_vouchers_of_classes(session, ids[str(Thing.CLASS)]))
    vouchers.update(
        session.scalars(select(Voucher.id).where(among(session, Voucher.holder_person_id, ids[PERSON])))
    )
    return vouchers, claims


def count_anew(session: Session, voucher_ids: Collection[int], claim_ids: Collection[int]) -> None:
    """Take these vouchers and claims out as they were counted and put them in as they are."""
    delta = Delta(read_above(session))
    for ids in _pieces(voucher_ids):
        count_facts(session, delta, read_facts(session, ids))
    for ids in _pieces(claim_ids):
        count_facts(session, delta, read_facts(session, (), ids))
    delta.write(session)


def count_facts(session: Session, delta: Delta, fresh: Sequence[Fact]) -> None:
    """Put facts in the place of what was counted of the same objects; the difference goes into delta."""
    if not fresh:
        return
    people = {each.person_id for each in fresh}
    kept = load_facts(session, people)
    after = {**kept, **{(each.thing, each.object_id): each for each in fresh}}
    for each in fresh:
        old = kept.get((each.thing, each.object_id))
        if old is not None:
            delta.count(old, -1)
        delta.count(each, +1)
    was, now = _by_person(kept.values()), _by_person(after.values())
    for person_id in people:
        delta.count_people(was.get(person_id, ()), now.get(person_id, ()))
    _store(session, fresh)


def _by_person(facts: Iterable[Fact]) -> Mapping[int, Sequence[Fact]]:
    found: dict[int, list[Fact]] = {}
    for each in facts:
        found.setdefault(each.person_id, []).append(each)
    return found


def load_facts(session: Session, people: Collection[int]) -> dict[tuple[str, int], Fact]:
    """Return everything counted of some people."""
    table = cast(Table, StatisticFact.__table__)
    rows: Any = session.execute(select(table).where(among(session, table.c.person_id, people))).mappings()
    return {(each["thing"], each["object_id"]): _fact_of(each) for each in rows}


def _fact_of(row: Mapping[str, Any]) -> Fact:
    days = {step: row[f"{step}_on"] for step in STEPS}
    return Fact(
        row["thing"],
        row["object_id"],
        row["person_id"],
        Place(*(row[name] for name in ORDER)),
        {step: day for step, day in days.items() if day is not None},
        row["came_from"],
        row["ended_as"],
        row["why"],
        row["reserved_fen"],
        row["paid_fen"],
        row["paid_on"],
    )


def _store(session: Session, facts: Sequence[Fact]) -> None:
    """Put facts in the place of what was kept of the same vouchers and claims."""
    for thing in (str(Thing.VOUCHER), str(Thing.CLAIM)):
        mine = [each for each in facts if each.thing == thing]
        ids = [each.object_id for each in mine]
        session.execute(
            delete(StatisticFact).where(
                and_(StatisticFact.thing == thing, among(session, StatisticFact.object_id, ids))
            )
        )
        columns = (
            "object_id", "person_id", *ORDER, *(f"{step}_on" for step in STEPS), "paid_on",
            "came_from", "ended_as", "why", "reserved_fen", "paid_fen",
        )  # fmt: skip
        write_many(session, StatisticFact, columns, [_row_of(each) for each in mine], {"thing": thing})


def _row_of(each: Fact) -> tuple[Any, ...]:
    days = [_stored(each.days.get(step)) for step in STEPS]
    told = (each.came_from, each.ended_as, each.why, each.reserved_fen, each.paid_fen)
    return (each.object_id, each.person_id, *each.place, *days, _stored(each.paid_on), *told)


def _stored(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def read_above(session: Session) -> Mapping[str, tuple[str, ...]]:
    """Return, per region, itself and every region above it."""
    parents: dict[str, str | None] = dict(session.execute(select(Region.code, Region.parent_code)).all())
    found: dict[str, tuple[str, ...]] = {}
    for code in parents:
        line: list[str] = []
        each: str | None = code
        while each is not None and each not in line:
            line.append(each)
            each = parents.get(each)
        found[code] = tuple(line)
    return found

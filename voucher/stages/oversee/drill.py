"""逐级穿透: 省 → 市 → 县 → 机构 → 班 → 人; every level is made of the same cells, so every level adds up.

A voucher counts once: in the region that issued it, at the institution and class it was last enrolled in.
What was paid without a voucher counts in its region at whoever was paid.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Subquery, case, func, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.secrets import Keyring
from voucher.registry import people
from voucher.rules.privacy import mask_identity, mask_name
from voucher.stages.certify.queries import select_proven_vouchers
from voucher.stages.settle.queries.totals import Direct, list_direct, select_voucher_sums
from voucher.stages.train.queries.trained import select_places, select_redeemed

NOWHERE = 0  # not enrolled in any class yet
DIRECT = -1  # paid without a voucher


@dataclass(frozen=True, slots=True)
class Measures:
    """What is counted on every level; `trainings` are times (人次), not people; amounts in fen."""

    by_state: Counter[str] = field(default_factory=Counter)
    trainings: int = 0
    certificates: int = 0
    reserved_fen: int = 0
    paid_fen: int = 0

    @property
    def vouchers(self) -> int:
        """Return how many vouchers, whatever their state."""
        return sum(self.by_state.values())

    def __add__(self, other: Measures) -> Measures:
        return Measures(
            self.by_state + other.by_state,
            self.trainings + other.trainings,
            self.certificates + other.certificates,
            self.reserved_fen + other.reserved_fen,
            self.paid_fen + other.paid_fen,
        )


@dataclass(frozen=True, slots=True)
class Cell:
    """The smallest group: one class of one institution with vouchers of one region."""

    region_code: str
    institution_id: int
    class_id: int
    measures: Measures


@dataclass(frozen=True, slots=True)
class Heads:
    """How many different people, which does not add up over levels: trained, and with a certificate."""

    holders: int
    trained: int
    certified: int


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One voucher at the lowest level, its holder masked; amounts in fen."""

    voucher_id: int
    voucher_number: str
    person_id: int
    masked_name: str
    masked_number: str
    measures: Measures


def total(parts: Iterable[Measures]) -> Measures:
    """Return the sum of measures."""
    return sum(parts, Measures())


def group(cells: Sequence[Cell], key: Callable[[Cell], object]) -> dict[Any, Measures]:
    """Return the cells added up by a key."""
    found: dict[Any, Measures] = {}
    for each in cells:
        found[key(each)] = found.get(key(each), Measures()) + each.measures
    return found


def read_cells(session: Session, regions: Collection[str], year: int | None = None) -> list[Cell]:
    """Return every cell of these regions, of the vouchers issued in a year where one is given."""
    places, sums = select_places(), select_voucher_sums()
    query = (
        select(
            Voucher.region_code,
            func.coalesce(places.c.institution_id, NOWHERE),
            func.coalesce(places.c.class_id, NOWHERE),
            Voucher.state,
            func.count(),
            *(func.sum(each) for each in counted(sums)),
        )
        .outerjoin(places, places.c.voucher_id == Voucher.id)
        .outerjoin(sums, sums.c.voucher_id == Voucher.id)
        .where(Voucher.region_code.in_(sorted(regions)), *issued_in(year))
        .group_by(Voucher.region_code, places.c.institution_id, places.c.class_id, Voucher.state)
    )
    cells = [
        Cell(
            region_code,
            institution_id,
            class_id,
            Measures(Counter({state: count}), *(int(each or 0) for each in counted)),
        )
        for region_code, institution_id, class_id, state, count, *counted in session.execute(query)
    ]
    direct = [
        Cell(
            each.region_code,
            each.institution_id,
            DIRECT,
            Measures(reserved_fen=each.reserved_fen, paid_fen=each.paid_fen),
        )
        for each in list_paid_directly(session, regions, year)
    ]
    return cells + direct


def counted(sums: Subquery) -> tuple[ColumnElement[int], ...]:
    """Return what one voucher counts for: training, certificate, kept, paid."""
    return (
        case((Voucher.id.in_(select_redeemed()), 1), else_=0),
        case((Voucher.id.in_(select_proven_vouchers()), 1), else_=0),
        Voucher.reserved_fen + func.coalesce(sums.c.reserved_fen, 0),
        func.coalesce(sums.c.paid_fen, 0),
    )


def list_paid_directly(session: Session, regions: Collection[str], year: int | None) -> list[Direct]:
    """Return what was claimed without a voucher in these regions, filed in a year where one is given."""
    if year is None:
        return list_direct(session, regions)
    return list_direct(session, regions, date(year, 1, 1), date(year, 12, 31))


def issued_in(year: int | None) -> tuple[ColumnElement[bool], ...]:
    """Return the condition that a voucher was issued in a year (Shanghai), none where none is given."""
    if year is None:
        return ()
    begins = datetime.combine(date(year, 1, 1), time(), SHANGHAI)
    ends = datetime.combine(date(year + 1, 1, 1), time(), SHANGHAI) - timedelta(microseconds=1)
    return (Voucher.issued_at >= begins, Voucher.issued_at <= ends)


def within(
    places: Subquery,
    regions: Collection[str],
    institution_id: int | None,
    class_id: int | None,
    year: int | None,
) -> list[ColumnElement[bool]]:
    """Return the conditions for the vouchers of a place, joined with `select_places`."""
    found = [Voucher.region_code.in_(sorted(regions)), *issued_in(year)]
    for column, wanted in ((places.c.institution_id, institution_id), (places.c.class_id, class_id)):
        if wanted is not None:
            found.append(func.coalesce(column, NOWHERE) == wanted)
    return found


def count_heads(
    session: Session,
    regions: Collection[str],
    institution_id: int | None = None,
    class_id: int | None = None,
    year: int | None = None,
) -> Heads:
    """Return how many different people stand behind the vouchers of a place."""
    places, who = select_places(), Voucher.holder_person_id
    trained = case((Voucher.id.in_(select_redeemed()), who))
    certified = case((Voucher.id.in_(select_proven_vouchers()), who))
    row = session.execute(
        select(
            func.count(func.distinct(who)),
            func.count(func.distinct(trained)),
            func.count(func.distinct(certified)),
        )
        .select_from(Voucher)
        .outerjoin(places, places.c.voucher_id == Voucher.id)
        .where(*within(places, regions, institution_id, class_id, year))
    ).one()
    return Heads(int(row[0]), int(row[1]), int(row[2]))


def list_people(
    session: Session,
    keyring: Keyring,
    regions: Collection[str],
    institution_id: int,
    class_id: int,
    year: int | None = None,
    *,
    after_id: int = 0,
    limit: int = 50,
) -> list[PersonRow]:
    """Return the vouchers of one class with what each counts for, in the order of their ids."""
    places, sums = select_places(), select_voucher_sums()
    rows: Sequence[Any] = session.execute(
        select(Voucher, *counted(sums))
        .outerjoin(places, places.c.voucher_id == Voucher.id)
        .outerjoin(sums, sums.c.voucher_id == Voucher.id)
        .where(Voucher.id > after_id, *within(places, regions, institution_id, class_id, year))
        .order_by(Voucher.id)
        .limit(limit)
    ).all()
    named = people.read_people(session, keyring, [row[0].holder_person_id for row in rows])
    found = []
    for voucher, *counts in rows:
        who = named.get(voucher.holder_person_id)
        found.append(
            PersonRow(
                voucher_id=voucher.id,
                voucher_number=voucher.number,
                person_id=voucher.holder_person_id,
                masked_name=mask_name(who.name) if who else "（已注销）",
                masked_number=mask_identity(who.number) if who and who.number else "",
                measures=Measures(Counter({voucher.state: 1}), *(int(each or 0) for each in counts)),
            )
        )
    return found

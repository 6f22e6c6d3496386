"""The invariants: queries that must return no row, whatever has happened.

Run after every test, on demand by `voucher check`, on a schedule, and before a payment file is released.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import bindparam, text
from sqlalchemy.orm import Session

from voucher.plumbing.types import UtcTime
from voucher.stages.oversee.invariants.judges import JUDGES
from voucher.stages.oversee.invariants.lives import KEYS, STATES
from voucher.stages.oversee.invariants.money import LEDGER, RESERVATIONS, YEARS
from voucher.stages.oversee.invariants.payments import ANSWERS, FILES, PAYMENTS
from voucher.stages.oversee.invariants.people import CORRECTED, HANDS, SAME_PERSON
from voucher.stages.oversee.invariants.sealed import TRAIL
from voucher.stages.oversee.invariants.shape import UNSEALED_AT_MOST, Invariant, Violation
from voucher.stages.oversee.invariants.vouchers import EARNED, HOLDERS, KEPT, REDEEMED

# in the order of their numbers, and within one as they stand in their rooms
INVARIANTS: tuple[Invariant, ...] = tuple(
    sorted(
        (
            *LEDGER,
            *RESERVATIONS,
            *YEARS,
            *KEPT,
            *REDEEMED,
            *SAME_PERSON,
            *CORRECTED,
            *HOLDERS,
            *EARNED,
            *HANDS,
            *JUDGES,
            *KEYS,
            *STATES,
            *PAYMENTS,
            *FILES,
            *ANSWERS,
            *TRAIL,
        ),
        key=lambda each: each.number,
    )
)


# why a number of the design has no query; every one has
NOT_APPLICABLE: dict[int, str] = {}


def find_violations(
    session: Session,
    only: Collection[int] | None = None,
    limit: int = 20,
    *,
    now: datetime | None = None,
    progress: Callable[[int, int | None], None] | None = None,
) -> list[Violation]:
    """Return what breaks an invariant, at most `limit` rows of each, in the order of their numbers.

    `only` chooses numbers. With `now` the age of unsealed rows is checked too. `progress` is told how
    many of the queries are done.
    """
    found: list[Violation] = []
    for done, each in enumerate(INVARIANTS):
        if progress is not None:
            progress(done, len(INVARIANTS))
        if only is not None and each.number not in only:
            continue
        if each.asks_time and now is None:
            continue
        query = text(each.sql)
        values: dict[str, object] = {}
        if each.asks_time and now is not None:
            query = query.bindparams(bindparam("sealed_by", type_=UtcTime()))
            values["sealed_by"] = now - UNSEALED_AT_MOST
        rows = session.execute(query, values).mappings().fetchmany(limit)
        found.extend(Violation(each.number, each.title, dict(row)) for row in rows)
    return found

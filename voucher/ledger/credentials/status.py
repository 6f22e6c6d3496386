"""Where each credential stands for those who ask without the network: a place in a list, two bits.

Places are random and never used twice, so that a list tells nobody in which order vouchers were issued.
"Used" is never written here; online decisions read the vouchers themselves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import IntEnum
from random import SystemRandom
from typing import NamedTuple

from sqlalchemy import CheckConstraint, ForeignKey, Index, func, literal_column, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work

PLACES = 1 << 20
BITS = 2
CHUNK = 1 << 15
IDS_AT_ONCE = 500
# so many refusals in a row, and a list is about half full: the next one is opened
MISSES = 16
TELLING = 64
CHANGED = "changed_at IS NOT NULL"
_RANDOM = SystemRandom()


class Status(IntEnum):
    """What two bits say (IETF Token Status List)."""

    VALID = 0
    ENDED = 1
    FROZEN = 2


FROZEN_WHERE = f"value = {int(Status.FROZEN)}"


class Place(NamedTuple):
    """A status list and an index in it."""

    sl: int
    si: int


class StatusList(Model):
    """One list of 2^20 places, and the signed token last made of it."""

    __tablename__ = "status_list"
    __table_args__ = (
        CheckConstraint("sl BETWEEN 1 AND 65535", name="number"),
        CheckConstraint("(token IS NULL) = (signed_at IS NULL)", name="signed"),
        {"sqlite_strict": True},
    )

    sl: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    opened_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    signed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    token: Mapped[str | None] = mapped_column(Text)
    kid: Mapped[str | None] = mapped_column(Text)


class StatusPlace(Model):
    """A place somebody's credential has; what has ended stays ended, by trigger."""

    __tablename__ = "status_place"
    __table_args__ = (
        CheckConstraint("si BETWEEN 0 AND 1048575", name="index"),
        CheckConstraint("value BETWEEN 0 AND 2", name="value"),
        Index("ix_status_place_changed", "sl", "changed_at",
              sqlite_where=text(CHANGED), postgresql_where=text(CHANGED)),
        # what the sweep of holds asks for every minute
        Index("ix_status_place_frozen", "sl", "si",
              sqlite_where=text(FROZEN_WHERE), postgresql_where=text(FROZEN_WHERE)),
        {"sqlite_strict": True},
    )  # fmt: skip

    sl: Mapped[int] = mapped_column(
        Int64, ForeignKey("status_list.sl"), primary_key=True, autoincrement=False
    )
    si: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    value: Mapped[int] = mapped_column(Int64, nullable=False)
    changed_at: Mapped[datetime | None] = mapped_column(UtcTime)


# a value that is bound proves nothing to a database that looks for the index
IS_FROZEN = StatusPlace.value == literal_column(str(int(Status.FROZEN)))


def take_places(work: Work, n: int) -> list[Place]:
    """Return n places nobody had before, in random order, taken in the act's own transaction.

    Nothing but the places is locked; two acts that want the same one at the same moment get different ones.
    """
    session = work.session
    sl = session.scalar(select(func.max(StatusList.sl))) or _open_list(work, 1)
    taken: list[Place] = []
    misses = 0
    while len(taken) < n:
        # in order, so that two acts which meet in a list wait for each other instead of standing still
        tried = sorted(_RANDOM.sample(range(PLACES), min(n - len(taken), CHUNK)))
        won = _insert_free(session, sl, tried)
        taken += [Place(sl, si) for si in won]
        misses = 0 if 2 * len(won) >= len(tried) else misses + 1
        if misses >= MISSES or (misses and len(tried) >= TELLING):
            sl, misses = _open_list(work, sl + 1), 0
    _RANDOM.shuffle(taken)
    return taken


def set_status(work: Work, places: Iterable[Place], value: Status) -> int:
    """Write what these places say from now on, and return how many changed; an ended one stays ended."""
    changed = 0
    for sl, indexes in sorted(_by_list(places).items()):
        for start in range(0, len(indexes), IDS_AT_ONCE):
            changed += len(
                work.session.scalars(
                    update(StatusPlace)
                    .where(
                        StatusPlace.sl == sl,
                        StatusPlace.si.in_(indexes[start : start + IDS_AT_ONCE]),
                        StatusPlace.value != int(value),
                        StatusPlace.value != int(Status.ENDED),
                    )
                    .values(value=int(value), changed_at=work.at)
                    .returning(StatusPlace.si)
                    .execution_options(synchronize_session=False)
                ).all()
            )
    return changed


def status_of(session: Session, places: Iterable[Place]) -> dict[Place, Status]:
    """Return what each of these places says; one that was never taken is not in the answer."""
    found: dict[Place, Status] = {}
    for sl, indexes in _by_list(places).items():
        for start in range(0, len(indexes), IDS_AT_ONCE):
            rows = session.execute(
                select(StatusPlace.si, StatusPlace.value).where(
                    StatusPlace.sl == sl, StatusPlace.si.in_(indexes[start : start + IDS_AT_ONCE])
                )
            )
            found.update({Place(sl, si): Status(value) for si, value in rows})
    return found


def _by_list(places: Iterable[Place]) -> dict[int, list[int]]:
    by_list: dict[int, list[int]] = {}
    for sl, si in sorted(set(places)):
        by_list.setdefault(sl, []).append(si)
    return by_list


def _insert_free(session: Session, sl: int, tried: Sequence[int]) -> list[int]:
    """Take those of the places that are free, in one statement whatever their number, and return them."""
    if session.get_bind().dialect.name == "sqlite":
        rows = "SELECT :sl, value, 0 FROM json_each(:tried) WHERE true"
        given: str | list[int] = json.dumps(list(tried))
    else:
        rows = "SELECT :sl, each, 0 FROM unnest(CAST(:tried AS bigint[])) AS each"
        given = list(tried)
    statement = f"INSERT INTO status_place (sl, si, value) {rows} ON CONFLICT DO NOTHING RETURNING si"
    return list(session.scalars(text(statement), {"sl": sl, "tried": given}))


def _open_list(work: Work, sl: int) -> int:
    """Open a list unless somebody else just has, and return its number."""
    build = sqlite.insert if work.session.get_bind().dialect.name == "sqlite" else postgresql.insert
    work.session.execute(build(StatusList).values(sl=sl, opened_at=work.at).on_conflict_do_nothing())
    return sl

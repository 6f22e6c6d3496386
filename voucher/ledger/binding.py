"""Binding rows of the house to the trail: what each row said is digested, paged, and sealed with the acts.

The sealer reads which rows were touched, digests them as the database holds them, writes one page and one
audit row with the page's hash. From then on a change past the triggers is a row that is not what was bound.
A change past the acts that leaves the triggers on is touched in a transaction without an act: it is bound as
it stands, and the page says which rows those were.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import CheckConstraint, Connection, delete, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger.audit import AuditRow, record_one
from voucher.ledger.watching import ACTED
from voucher.plumbing.bulk import among
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, Json, Text, UtcTime, canonical_json
from voucher.plumbing.unit_of_work import Work

THING, ACT = "row_page", "bind"
GONE = "-"  # what is bound of a row that an act has taken away
ROWS_PER_PAGE = 5000
KEYS_AT_ONCE = 400
DIGEST_CHARS = 32  # 128 bits: found again by nobody


class RowTouch(Model):
    """A row that an act has written or taken away and that is not bound yet; the sealer clears it."""

    __tablename__ = "row_touch"
    __table_args__ = ({"sqlite_strict": True},)

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    table_name: Mapped[str] = mapped_column(Text, nullable=False)
    key_columns: Mapped[str] = mapped_column(Text, nullable=False)
    row_key: Mapped[str] = mapped_column(Text, nullable=False)
    # none where an upgrade has touched everything as it stands
    transaction_id: Mapped[int | None] = mapped_column(Int64, server_default=text("(current_act())"))


class RowPage(Model):
    """What rows said when they were bound: per table a digest per row; append-only by trigger."""

    __tablename__ = "row_page"
    __table_args__ = (CheckConstraint("length(sha256) = 64", name="sha256"), {"sqlite_strict": True})

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    bound_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    body: Mapped[Any] = mapped_column(Json, nullable=False)
    sha256: Mapped[str] = mapped_column(Text, nullable=False)


def digest_row(table: str, row: Mapping[str, Any]) -> str:
    """Return the digest of a row as the database holds it."""
    told = canonical_json([table, {name: plain(value) for name, value in row.items()}])
    return hashlib.sha256(told.encode()).hexdigest()[:DIGEST_CHARS]


def plain(value: Any) -> int | str | None:
    """Return the one form of a stored value that is digested."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | memoryview):
        return f"x'{bytes(value).hex()}'"
    told: int | str | None = value  # STRICT tables and PostgreSQL: a whole number, text or nothing
    return told


def hash_page(body: object) -> str:
    """Return the SHA-256 of a page."""
    return hashlib.sha256(canonical_json(body).encode()).hexdigest()


def key_of(row: Mapping[str, Any], keys: Sequence[str]) -> str:
    """Return the key of a row as the triggers write it."""
    return "/".join(str(plain(row[each])) for each in keys)


def bind_rows(work: Work, limit: int = ROWS_PER_PAGE) -> int:
    """Bind the next touched rows and return how many lines of the queue that were; one caller at a time."""
    session = work.session
    touched = session.execute(
        select(
            RowTouch.id, RowTouch.table_name, RowTouch.key_columns, RowTouch.row_key, RowTouch.transaction_id
        )
        .order_by(RowTouch.id)
        .limit(limit)
    ).all()
    if not touched:
        return 0
    wanted: dict[tuple[str, str], set[str]] = {}
    unacted: dict[str, set[str]] = {}
    acts = _find_acts(session, {each.transaction_id for each in touched if each.transaction_id is not None})
    for _, table, keys, key, act in touched:
        wanted.setdefault((table, keys), set()).add(key)
        if table in ACTED and act is not None and act not in acts:
            unacted.setdefault(table, set()).add(key)
    connection = session.connection()
    body = {
        table: _bind_table(connection, table, keys.split(","), sorted(found))
        for (table, keys), found in sorted(wanted.items())
    }
    for table, found in unacted.items():
        body[table]["unacted"] = sorted(found)
    page = RowPage(bound_at=work.at, body=body, sha256=hash_page(body))
    session.add(page)
    session.flush()
    record_one(work, THING, page.id, ACT, sha256=page.sha256, rows=sum(map(len, wanted.values())))
    session.execute(delete(RowTouch).where(among(session, RowTouch.id, [each.id for each in touched])))
    return len(touched)


def _find_acts(session: Session, touching: set[int]) -> set[int]:
    """Return those of some transactions in which an act was written down.

    An act commits with what it touches, so whoever sees the touch sees the act.
    """
    if not touching:
        return set()
    column = AuditRow.transaction_id
    # transactions count up on PostgreSQL, so a stretch of them is short; on SQLite an act's number is random
    # and the stretch would be the whole trail
    is_counted = session.connection().dialect.name == "postgresql"
    wanted = column.between(min(touching), max(touching)) if is_counted else among(session, column, touching)
    return touching.intersection(session.scalars(select(column).where(wanted).distinct()))


def _bind_table(
    connection: Connection, table: str, keys: Sequence[str], wanted: Sequence[str]
) -> dict[str, object]:
    columns: list[str] = []
    digests = dict.fromkeys(wanted, GONE)
    for row in read_rows(connection, table, keys, wanted):
        columns = columns or list(row)
        digests[key_of(row, keys)] = digest_row(table, row)
    return {"columns": columns, "keys": list(keys), "rows": digests}


def read_rows(
    connection: Connection, table: str, keys: Sequence[str], wanted: Sequence[str]
) -> Iterable[Mapping[str, Any]]:
    """Yield rows of a table by their keys, as the database holds them."""
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    one = "(" + " AND ".join(f"{each} = {mark}" for each in keys) + ")"
    for first in range(0, len(wanted), KEYS_AT_ONCE):
        piece = wanted[first : first + KEYS_AT_ONCE]
        # text of no type: the database compares it as what the column is
        values = tuple(part for key in piece for part in key.split("/", len(keys) - 1))
        where = (
            f"{keys[0]} IN ({', '.join([mark] * len(piece))})"
            if len(keys) == 1
            else " OR ".join([one] * len(piece))
        )
        found = connection.exec_driver_sql(
            f"SELECT * FROM {table} WHERE {where}",  # noqa: S608 — names of our own schema
            values,
        )
        yield from map(dict, found.mappings())

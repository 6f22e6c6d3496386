"""Rows of the house held against the pages they were bound by: changed, taken away, put in past the acts.

A page counts only where the sealed trail carries its hash. What has been touched and not bound yet says
nothing, and is counted.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import inspect, text
from sqlalchemy.orm import Session

from voucher.ledger.binding import ACT, GONE, THING, digest_row, hash_page, key_of, read_rows
from voucher.ledger.watching import find_unwatched, list_watched
from voucher.stages.oversee.faults import Fault, Faults

CHUNK = 2000
PAGES = """
    SELECT p.id, p.body, p.sha256, r.content, r.id AS audit_row_id, s.seq
    FROM row_page p
    LEFT JOIN audit_row r ON r.thing = :thing AND r.object_id = p.id AND r.act = :act
    LEFT JOIN audit_seal s ON s.audit_row_id = r.id
    WHERE p.id > :after ORDER BY p.id LIMIT :chunk
"""
PAGES_AT_ONCE = 20
LOST_PAGES = """
    SELECT r.object_id, r.id AS audit_row_id, s.seq FROM audit_row r
    LEFT JOIN row_page p ON p.id = r.object_id LEFT JOIN audit_seal s ON s.audit_row_id = r.id
    WHERE r.thing = :thing AND p.id IS NULL ORDER BY r.id
"""
LAST_ACT = """
    SELECT act, at, actor_user_id FROM audit_row
    WHERE thing = :thing AND object_id = :object_id ORDER BY id DESC LIMIT 1
"""
# what is known of every bound row; kept on disk where it outgrows memory
BOUND = """
    CREATE TABLE bound (table_name TEXT, row_key TEXT, digest TEXT, page INTEGER,
                        PRIMARY KEY (table_name, row_key)) WITHOUT ROWID
"""


@dataclass(frozen=True, slots=True)
class RowsReport:
    """How many rows of how many tables were compared, how many wait to be bound, and what is wrong."""

    tables: int
    rows: int
    pages: int
    pending: int
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Page:
    columns: Mapping[str, Sequence[str]]
    seq: int | None


class _Bound:
    """The last digest of every bound row, in a private database that is gone with this object."""

    def __init__(self) -> None:
        self._kept = sqlite3.connect("")
        self._kept.execute(BOUND)
        self.pages: dict[int, _Page] = {}
        self.keys: dict[str, list[str]] = {}

    def learn(self, page_id: int, seq: int | None, body: Mapping[str, Any]) -> None:
        """Remember a page; what it says of a row goes before what earlier pages said."""
        self.pages[page_id] = _Page({table: part["columns"] for table, part in body.items()}, seq)
        for table, part in body.items():
            self.keys[table] = part["keys"]
            self._kept.executemany(
                "INSERT OR REPLACE INTO bound VALUES (?, ?, ?, ?)",
                ((table, key, digest, page_id) for key, digest in part["rows"].items()),
            )

    def take(self, table: str) -> dict[str, tuple[str, int]]:
        """Return what is known of a table's rows: digest and page by key."""
        rows = self._kept.execute("SELECT row_key, digest, page FROM bound WHERE table_name = ?", (table,))
        return {key: (digest, page) for key, digest, page in rows}


def verify_rows(session: Session, progress: Callable[[int, int | None], None] | None = None) -> RowsReport:
    """Hold every row of every watched table against what was bound of it; `progress` hears of each table."""
    faults = Faults()
    bound = _read_pages(session, faults)
    pending = {
        (table, key) for table, key in session.execute(text("SELECT table_name, row_key FROM row_touch"))
    }
    connection = session.connection()
    tables = list_watched(inspect(connection))
    for table in find_unwatched(connection):
        faults.add("watch_missing", None, table=table)
    rows = 0
    for number, table in enumerate(tables, start=1):
        rows += _compare(session, table, bound, pending, faults)
        if progress is not None:
            progress(number, len(tables))
    return RowsReport(len(tables), rows, len(bound.pages), len(pending), faults.found)


def _read_pages(session: Session, faults: Faults) -> _Bound:
    bound = _Bound()
    after = 0
    while True:
        told = {"thing": THING, "act": ACT, "after": after, "chunk": PAGES_AT_ONCE}
        rows = session.execute(text(PAGES), told).mappings().all()
        for row in rows:
            after = row["id"]
            body = _body_of(dict(row))
            if body is None:
                faults.add("page_changed", row["seq"], row["audit_row_id"], page=row["id"])
            else:
                bound.learn(row["id"], row["seq"], body)
                _name_unacted(session, body, row["seq"], faults)
        if len(rows) < PAGES_AT_ONCE:
            break
    for row in session.execute(text(LOST_PAGES), {"thing": THING}).mappings():
        faults.add("page_missing", row["seq"], row["audit_row_id"], page=row["object_id"])
    return bound


def _name_unacted(session: Session, body: Mapping[str, Any], seq: int | None, faults: Faults) -> None:
    """Name the rows of a page that were touched in a transaction without an act."""
    for table, part in body.items():
        for key in part.get("unacted", ()):
            row = next(iter(read_rows(session.connection(), table, part["keys"], [key])), {})
            faults.add("row_unacted", seq, table=table, key=key, act=_last_act(session, table, row))


def _body_of(row: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what a page says, None where it is not what the trail carries the hash of."""
    try:
        body = json.loads(row["body"])
        said = json.loads(row["content"] or "{}").get("sha256")
    except (ValueError, AttributeError):
        return None
    whole = isinstance(body, dict) and hash_page(body) == row["sha256"] == said
    return body if whole else None


def _compare(
    session: Session, table: str, bound: _Bound, pending: set[tuple[str, str]], faults: Faults
) -> int:
    known = bound.take(table)
    keys = bound.keys.get(table)
    if keys is None:
        keys = list(inspect(session.connection()).get_pk_constraint(table)["constrained_columns"])
    count = 0
    for row in _stream(session, table):
        count += 1
        key = key_of(row, keys)
        digest, page_id = known.pop(key, (None, None))
        if (table, key) in pending:
            continue
        if digest is None or page_id is None:
            faults.add("row_inserted", None, table=table, key=key, act=_last_act(session, table, row))
            continue
        page = bound.pages[page_id]
        said = {name: row.get(name) for name in page.columns[table]}
        if digest_row(table, said) != digest:
            faults.add("row_changed", page.seq, table=table, key=key, act=_last_act(session, table, row))
    for key, (digest, page_id) in known.items():
        if digest != GONE and (table, key) not in pending:
            faults.add("row_deleted", bound.pages[page_id].seq, table=table, key=key)
    return count


def _stream(session: Session, table: str) -> Iterator[Mapping[str, Any]]:
    """Yield every row of a table as the database holds it."""
    chunks = {"yield_per": CHUNK}
    found = session.connection().exec_driver_sql(
        f"SELECT * FROM {table}",  # noqa: S608 — the database's own names
        execution_options=chunks,
    )
    yield from map(dict, found.mappings())


def _last_act(session: Session, table: str, row: Mapping[str, Any]) -> str:
    """Return what the trail says was last done to the row's object, by whom and when.

    A row that names no thing is one of its table's; one beside another thing says which object it is about.
    """
    thing = row.get("thing")
    about = row.get("object_id", row.get("id")) if isinstance(thing, str) else row.get("id")
    if not isinstance(about, int):
        return "无对应办理记录"
    told = {"thing": thing if isinstance(thing, str) else table, "object_id": about}
    last = session.execute(text(LAST_ACT), told).mappings().first()
    if last is None:
        return "无对应办理记录"
    return f"最后一次办理为 {last['act']}（{last['at']}，用户 {last['actor_user_id']}）"

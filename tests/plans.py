"""How a database finds rows: the questions an act asks, and the index each is answered with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from voucher.plumbing.db import Database


def plans_of(database: Database, word: str, act: Callable[[], object]) -> list[str]:
    """Return the plans of the selects with this word in them which an act asks, indexes being preferred."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, given: object, *_: object) -> None:
        if statement.startswith("SELECT") and word in statement:
            asked.append((statement, given))

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    is_sqlite = database.engine.dialect.name == "sqlite"
    found = []
    with database.engine.connect() as connection:
        if not is_sqlite:
            # a table of a few rows is faster read from end to end
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, given in asked:
            words = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
            found.append(str(connection.exec_driver_sql(f"{words} {statement}", given).all()))
    return found

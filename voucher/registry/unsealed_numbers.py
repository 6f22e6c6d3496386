"""Numbers an earlier version wrote down whole, rewritten as they are kept now; part of every upgrade.

A migration has no keys, so `voucher init` does it right after the migrations. It is no act of anybody: the
rows are bound to the trail again as they stand, as whatever an upgrade changes. What stands is looked for
without holding anybody up; only where something is found are the rows locked and rewritten.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, bindparam, func, insert, inspect, or_, select, update
from sqlalchemy.orm import InstrumentedAttribute

from voucher.ledger.binding import RowTouch
from voucher.ledger.watching import leave_as_it_stands, list_triggers
from voucher.plumbing.db import Database, Model
from voucher.plumbing.rebuilding import without_trigger
from voucher.rules.card_numbers import LENGTH

Change = dict[str, object]


@dataclass(frozen=True, slots=True)
class Rewriting:
    """One column: which of its rows may tell a number whole, how one is kept, what refuses the change.

    `guards` are named as on either database; those that do not stand there are passed over.
    """

    model: type[Model]
    column: InstrumentedAttribute[str] | InstrumentedAttribute[str | None]
    write: Callable[[str], str]
    guards: Sequence[str] = ()
    where: Callable[[str], ColumnElement[bool]] | None = None


def rewrite(database: Database, rewritings: Sequence[Rewriting]) -> int:
    """Rewrite what stands whole in these columns, all of it or none; return how many values."""
    with database.engine.connect() as connection:
        if not any(_list_changes(connection, each) for each in rewritings):
            return 0
    with database.engine.execution_options(writes=True).connect() as connection, connection.begin():
        count = sum(_rewrite(connection, each) for each in rewritings)
        leave_as_it_stands(connection)
    return count


def may_carry(column: ColumnElement[str] | InstrumentedAttribute[str], dialect: str) -> ColumnElement[bool]:
    """Return which rows of a column of canonical numbers may carry an identity number that stands whole.

    Nearly all numbers are a letter and 21 digits, or two and 20: among nineteen digits running there is none,
    and a number has to be twice as long to carry one beside them.
    """
    running = "[0-9]" * (LENGTH + 1)
    runs = column.bool_op("GLOB")(f"*{running}*") if dialect == "sqlite" else column.regexp_match(running)
    length = func.length(column)
    return (length >= LENGTH) & ~column.contains("~") & or_(length > 2 * LENGTH, ~runs)


def _list_changes(connection: Connection, told: Rewriting) -> list[Change]:
    key = inspect(told.model).primary_key[0]
    asked = select(key, told.column).where(told.column.is_not(None))
    if told.where is not None:
        asked = asked.where(told.where(connection.dialect.name))
    kept = [(row, number, told.write(number)) for row, number in connection.execute(asked)]
    return [{"row": row, "to": now} for row, number, now in kept if now != number]


def _rewrite(connection: Connection, told: Rewriting) -> int:
    changed = _list_changes(connection, told)
    if not changed:
        return 0
    table, key = told.model.__tablename__, inspect(told.model).primary_key[0]
    standing = list_triggers(connection)
    with ExitStack() as held:
        for guard in told.guards:
            if guard in standing:
                held.enter_context(without_trigger(connection, table, guard))
        to = bindparam("to", type_=told.column.type)
        written = update(told.model).where(key == bindparam("row")).values({told.column.key: to})
        connection.execute(written, changed)
    if f"{table}_touch_update" not in standing:
        # nobody watches a change of what never changes
        touches = [
            {"table_name": table, "key_columns": key.name, "row_key": str(each["row"])} for each in changed
        ]
        connection.execute(insert(RowTouch), touches)
    return len(changed)

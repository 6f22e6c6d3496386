"""Every guard of the money tables stands for itself: without it, a row goes in that nothing else refuses.

The guards are read from the schema, so a new one is asked here without anybody listing it. A row is sought
that one CHECK alone refuses, a second row that one unique index alone refuses, a row that one foreign key
alone refuses; the tables are made bare, in memory.
"""

from __future__ import annotations

import random
import re
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from importlib import import_module
from pkgutil import iter_modules

import pytest
from sqlalchemy import (
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    Table,
    UniqueConstraint,
)
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from voucher.plumbing.db import Model
from voucher.stages.settle import models

DIALECT = sqlite.dialect()
Value = int | str | bytes | None
Row = Mapping[str, Value]
TRIES, ANEW_AFTER = 60_000, 3_000


def _list_tables() -> list[Table]:
    """Return the tables of settlement and whatever other table a sin against the money is told of."""
    # every table a foreign key may name
    import_module("voucher.app")
    names = set()
    for room in iter_modules(models.__path__):
        for each in vars(import_module(f"{models.__name__}.{room.name}")).values():
            if isinstance(each, type) and issubclass(each, Model) and hasattr(each, "__tablename__"):
                names.add(each.__tablename__)
    names.update(sin.table for sin in import_module("tests.stages.oversee.mutants").SINS)
    return [Model.metadata.tables[name] for name in sorted(names)]


TABLES = _list_tables()


def _text(expression: ColumnElement[bool]) -> str:
    return str(expression.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True}))


def _checks(table: Table) -> dict[str, str]:
    found = {
        str(each.name): _text(each.sqltext)
        for each in table.constraints
        if isinstance(each, CheckConstraint) and each.name
    }
    # a set has no order of its own, and what is sought must be found in every run
    return dict(sorted(found.items()))


def _uniques(table: Table) -> Iterator[tuple[str, list[str], str]]:
    """Yield name, columns and condition of every unique constraint and index."""
    for each in table.constraints:
        if isinstance(each, UniqueConstraint):
            yield str(each.name), [column.name for column in each.columns], "1"
    for index in table.indexes:
        if index.unique:
            where = index.dialect_options["sqlite"]["where"]
            yield (
                str(index.name),
                [column.name for column in index.columns],
                "1" if where is None else _text(where),
            )


def _is_text(column: Column[object]) -> bool:
    return str(column.type.compile(DIALECT)).startswith(("TEXT", "VARCHAR", "CHAR"))


def _is_bytes(column: Column[object]) -> bool:
    return "BLOB" in str(column.type.compile(DIALECT))


def _choices(table: Table, column: Column[object], told: str) -> list[Value]:
    """Return what a column may be given: the words and numbers its table speaks of, and their neighbours."""
    found: list[Value] = [] if column.nullable is False or column.primary_key else [None]
    if _is_bytes(column):
        return [*found, b"1", b""]
    if _is_text(column):
        words = re.findall(r"'([^']*)'", told)
        return [*found, "another", "", "2024-01-01", "2023-01-01", "a" * 64, "a" * 2_000, *words]
    numbers = [int(each) for each in re.findall(r"(?<![\w'])-?\d+", told)]
    return [
        *found,
        1,
        2,
        3,
        0,
        -1,
        *numbers,
        *(each + 1 for each in numbers),
        *(each - 1 for each in numbers),
    ]


def find_row(table: Table, wanted: Mapping[str, str], broken: str | None) -> dict[str, Value] | None:
    """Return a row that meets every condition but the broken one; None where none turns up."""
    chance, told = random.Random(7), " ".join(wanted.values())
    choices = {each.name: _choices(table, each, told) for each in table.columns}
    columns = ", ".join(f':{name} AS "{name}"' for name in choices)
    # what a condition leaves open, by a NULL, it does not refuse
    asked = ", ".join(f"COALESCE(({each}), 1)" for each in wanted.values())
    query = f"SELECT {asked} FROM (SELECT {columns})"
    with closing(sqlite3.connect(":memory:")) as memory:

        def faults(row: Row) -> int:
            met = memory.execute(query, dict(row)).fetchone()
            return sum(bool(each) == (name == broken) for name, each in zip(wanted, met, strict=True))

        start = row = {name: values[0] for name, values in choices.items()}
        spoken_of = sorted(name for name in row if re.search(rf"\b{name}\b", told))
        best = faults(row)
        for tried in range(TRIES):
            if best == 0:
                return row
            if tried % ANEW_AFTER == ANEW_AFTER - 1:
                row = start | {name: chance.choice(choices[name]) for name in spoken_of}
                best = faults(row)
            picked = chance.sample(spoken_of, k=min(len(spoken_of), chance.choice((1, 1, 2, 3))))
            other = row | {name: chance.choice(choices[name]) for name in picked}
            count = faults(other)
            if count <= best:
                row, best = other, count
    return None


def _make(table: Table, *, without: str = "", keys: Sequence[ForeignKeyConstraint] = ()) -> list[str]:
    """Return what makes a table without one guard, with these foreign keys alone."""
    made = str(CreateTable(table, include_foreign_key_constraints=keys).compile(dialect=DIALECT))
    lines = [each for each in made.splitlines() if not each.strip().startswith(f"CONSTRAINT {without} ")]
    made = re.sub(r",\s*\)", "\n)", "\n".join(lines))
    return [made, *(_index(each) for each in table.indexes if each.unique and each.name != without)]


def _index(index: Index) -> str:
    return str(CreateIndex(index).compile(dialect=DIALECT))


def meet(made: Sequence[str], table: Table, rows: Sequence[Row], *, foreign: bool = False) -> str:
    """Return what refuses the last of these rows in a table made so; nothing where all go in."""
    with closing(sqlite3.connect(":memory:")) as memory:
        memory.execute(f"PRAGMA foreign_keys = {int(foreign)}")
        for statement in made:
            memory.execute(statement)
        for place, row in enumerate(rows, start=1):
            names, marks = ", ".join(f'"{each}"' for each in row), ", ".join(f":{each}" for each in row)
            try:
                memory.execute(f"INSERT INTO {table.name} ({names}) VALUES ({marks})", dict(row))
                memory.commit()  # some are asked only then
            except sqlite3.IntegrityError as refused:
                return str(refused) if place == len(rows) else f"the row before: {refused}"
    return ""


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_each_check_refuses_a_row_that_nothing_else_refuses(table: Table) -> None:
    checks = _checks(table)
    for name in sorted(checks):
        row = find_row(table, checks, name)
        assert row is not None, f"{name}: no row that it alone refuses"
        assert meet(_make(table), table, [row]).endswith(name), row
        assert meet(_make(table, without=name), table, [row]) == "", (
            f"{name} away, and {row} is still refused"
        )


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_each_unique_index_refuses_a_row_that_nothing_else_refuses(table: Table) -> None:
    checks, own = _checks(table), {each.name for each in table.primary_key.columns}
    whole = {name: set(columns) for name, columns, where in _uniques(table) if where == "1"}
    for name, columns, where in _uniques(table):
        if any(key <= set(columns) for key in (own, *(whole[each] for each in whole if each != name))):
            continue  # it refuses nothing the smaller key lets in: a foreign key names its columns by it
        first = find_row(table, {name: f"COALESCE(({where}), 0)"}, None)
        assert first is not None, name
        first |= {each: first[each] if first[each] is not None else 1 for each in columns}
        kept = {*columns, *(each for each in first if re.search(rf"\b{each}\b", where))}
        second = {
            each: value if each in kept else _another(table.columns[each], value)
            for each, value in first.items()
        }
        bare = [each for each in _make(table) if "CREATE TABLE" not in each]
        strip = dict.fromkeys(checks, "")
        made = [_bare(table, strip), *bare]
        assert "UNIQUE" in meet(made, table, [first, second]), name
        without = [
            _bare(table, {**strip, name: ""}),
            *(each for each in bare if f"INDEX {name} " not in each),
        ]
        assert meet(without, table, [first, second]) == "", name


def _bare(table: Table, without: Mapping[str, str]) -> str:
    made = _make(table)[0]
    lines = [
        each
        for each in made.splitlines()
        if not any(each.strip().startswith(f"CONSTRAINT {name} ") for name in without)
    ]
    return re.sub(r",\s*\)", "\n)", "\n".join(lines))


def _another(column: Column[object], value: Value) -> Value:
    if _is_bytes(column):
        return b"2"
    if isinstance(value, int):
        return value + 1_000
    return "another2" if _is_text(column) else 1_001


@pytest.mark.parametrize("table", TABLES, ids=str)
def test_each_foreign_key_refuses_a_row_that_names_nothing(table: Table) -> None:
    filled: dict[str, Value] = {
        each.name: b"1" if _is_bytes(each) else "1" if _is_text(each) else 1 for each in table.columns
    }
    checks = dict.fromkeys(_checks(table), "")
    for key in sorted(table.foreign_key_constraints, key=lambda each: str(each.name)):
        there = key.referred_table
        if there is table:
            continue  # a row may name itself
        with_it = str(CreateTable(table, include_foreign_key_constraints=[key]).compile(dialect=DIALECT))
        lines = [
            each
            for each in with_it.splitlines()
            if not any(each.strip().startswith(f"CONSTRAINT {name} ") for name in checks)
        ]
        made = [*_make(there), re.sub(r",\s*\)", "\n)", "\n".join(lines))]
        assert "FOREIGN KEY" in meet(made, table, [filled], foreign=True), key.name
        assert meet([*_make(there), _bare(table, checks)], table, [filled], foreign=True) == "", key.name

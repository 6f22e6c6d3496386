"""PostgreSQL databases kept between tests: set back to how they were copied, not made again.

What a fresh copy costs is not the copying but everything its connections learn of it: three hundred
milliseconds of processor time a test, for the plans and the descriptions of some two hundred tables. A kept
database keeps its connections. Afterwards every row written since is found by its transaction's number and
taken out, what is missing is written again, and counters go back. Whoever changes the schema, its statistics
or more rows than are worth taking out loses the database: the next borrower gets a new copy.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from functools import cache
from typing import LiteralString
from uuid import uuid4

import psycopg
from psycopg import sql

# one more or one less of any of these, or one written since, and the database is no copy any more
CATALOGUES = (
    "pg_class",
    "pg_attribute",
    "pg_attrdef",
    "pg_constraint",
    "pg_index",
    "pg_trigger",
    "pg_proc",
    "pg_rewrite",
    "pg_namespace",
    "pg_extension",
    "pg_statistic",
    "pg_type",
    "pg_enum",
    "pg_policy",
    "pg_sequence",
)
# by which a test that counts connections tells its own from the keeper's
KEEPER = "keeper"
# rows taken out leave their place behind: beyond this many a new copy is cheaper than carrying them along
ROWS_TAKEN_OUT_MOST = 5_000
TABLES = """
SELECT c.relname, (SELECT array_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')
FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1"""
COUNTERS = "SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = 'public'"
NOW = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> ALL(%s)"
END_OTHERS, COUNT_OTHERS = f"SELECT pg_terminate_backend(pid, 5000) {OTHERS}", f"SELECT count(*) {OTHERS}"
SET_COUNTER = "SELECT setval(%s::regclass, %s, %s)"
BUSY = "SELECT count(*) FROM pg_stat_activity WHERE pid = ANY(%s) AND state <> 'idle'"


def postgres_url(name: str) -> str:
    """Return the address of a database on this run's server."""
    return f"postgresql:///{name}?host={os.environ['VOUCHER_TEST_POSTGRES']}&user=voucher"


@cache
def housekeeper() -> psycopg.Connection:
    """Return this process's connection that makes and drops databases; it ends with the server."""
    return psycopg.connect(postgres_url("postgres"), autocommit=True)


def copy_of(template: str) -> str:
    """Make a copy of a database nobody is in, and return its name."""
    name = f"test_{uuid4().hex}"
    words = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    housekeeper().execute(words.format(sql.Identifier(name), sql.Identifier(template)))
    return name


def drop(name: str) -> None:
    """Drop a database, whoever is in it."""
    housekeeper().execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


class Kept:
    """A copy of a template, with a connection of its own that sets it back."""

    def __init__(self, template: str) -> None:
        self.template, self.name = template, copy_of(template)
        self._own = psycopg.connect(postgres_url(self.name), autocommit=True, application_name=KEEPER)
        # neither triggers nor foreign keys have a say in what is taken out and written again
        self._own.execute("SET session_replication_role = replica")
        self._own.execute("SET plan_cache_mode = force_generic_plan")
        self._columns: dict[str, list[str]] = dict(self._own.execute(TABLES).fetchall())
        self._counters: dict[str, int | None] = dict(self._own.execute(COUNTERS).fetchall())
        self._counts = {each: self._count(each) for each in (*self._columns, *CATALOGUES)}
        self._rows = {each: self._read(each) for each in self._columns if self._counts[each]}
        self._asked = sql.SQL(" UNION ALL ").join(map(self._ask, self._counts))
        self._taken_out = 0
        self._began = self._one(NOW)

    def set_back(self, living: Collection[int]) -> bool:
        """Take out whatever was written since; say whether the database is a copy of its template again.

        Whoever is in it and is not among the processes named is thrown out.
        """
        try:
            return self._set_back(living)
        except psycopg.Error:
            # a test ended every connection there was, and this one with them; or a table is gone
            return False

    def _set_back(self, living: Collection[int]) -> bool:
        mine = [*living, self._own.info.backend_pid]
        self._own.execute(END_OTHERS, (mine,))
        if self._one(COUNT_OTHERS, mine):
            return False
        if self._one(BUSY, list(living)):
            return False
        changed = {row[0] for row in self._own.execute(self._asked, {"began": self._began}, prepare=True)}
        if changed & set(CATALOGUES):
            return False
        with self._own.transaction():
            for each in sorted(changed):
                self._restore(each)
            now: dict[str, int | None] = dict(self._own.execute(COUNTERS).fetchall())
            for name, value in self._counters.items():
                if now[name] != value:
                    self._own.execute(SET_COUNTER, (f'"{name}"', value or 1, value is not None))
        self._began = self._one(NOW)
        return self._taken_out <= ROWS_TAKEN_OUT_MOST

    def close(self) -> None:
        """Drop the database."""
        self._own.close()
        drop(self.name)

    def _ask(self, table: str) -> sql.Composed:
        """Return what names a table if it is not as it was."""
        name, count = sql.Literal(table), sql.Literal(self._counts[table])
        if not self._counts[table]:
            return sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(name, sql.Identifier(table))
        return sql.SQL(
            "SELECT {} WHERE (SELECT count(*) <> {} OR count(*) FILTER"
            " (WHERE xmin::text::bigint >= %(began)s) > 0 FROM {})"
        ).format(name, count, sql.Identifier(table))

    def _restore(self, table: str) -> None:
        named = sql.Identifier(table)
        if table in self._rows:
            newer = sql.SQL("DELETE FROM {} WHERE xmin::text::bigint >= %s").format(named)
            self._taken_out += self._own.execute(newer, (self._began,)).rowcount
            if self._count(table) == self._counts[table]:
                return
        self._taken_out += self._own.execute(sql.SQL("DELETE FROM {}").format(named)).rowcount
        if table in self._rows:
            with self._own.cursor().copy(self._copy(table, "FROM STDIN")) as rows:
                rows.write(self._rows[table])

    def _read(self, table: str) -> bytes:
        with self._own.cursor().copy(self._copy(table, "TO STDOUT")) as rows:
            return b"".join(bytes(each) for each in rows)

    def _copy(self, table: str, way: LiteralString) -> sql.Composed:
        columns = sql.SQL(", ").join(map(sql.Identifier, self._columns[table]))
        words = sql.SQL("COPY {} ({}) {} (FORMAT binary)")
        return words.format(sql.Identifier(table), columns, sql.SQL(way))

    def _count(self, table: str) -> int:
        return self._one(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))

    def _one(self, words: LiteralString | sql.Composed, *values: object) -> int:
        found = self._own.execute(words, values or None).fetchone()
        assert found is not None
        return int(found[0])

"""A kept database is a copy of its template again, or nobody borrows it again."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from tests.lending import Lent
from tests.warm import Kept, postgres_url

LEFT_BEHIND = (
    pytest.param(
        "INSERT INTO region (code, name, rank, source) VALUES ('990000', '一县', 'county', '测试')",
        id="row",
    ),
    pytest.param(
        "UPDATE parameter SET value = value || '9' WHERE name = (SELECT min(name) FROM parameter)",
        id="change",
    ),
    pytest.param("DELETE FROM parameter WHERE name = (SELECT min(name) FROM parameter)", id="loss"),
    pytest.param("SELECT nextval(pg_get_serial_sequence('person', 'id'))", id="counter"),
)
CHANGES_THE_SCHEMA = (
    pytest.param("ALTER TABLE person DISABLE TRIGGER USER", id="trigger"),
    pytest.param("ALTER TABLE person DROP CONSTRAINT pk_person CASCADE", id="constraint"),
    pytest.param("CREATE INDEX ix_planted ON person (id)", id="index"),
    pytest.param("CREATE TABLE planted (id integer)", id="table"),
    pytest.param("DROP TABLE person CASCADE", id="loss"),
    pytest.param("ALTER TABLE person RENAME TO somebody", id="name"),
    pytest.param("CREATE TYPE planted AS ENUM ('a')", id="type"),
    pytest.param("ANALYZE parameter", id="statistics"),
)
TABLES = (
    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY 1"
)
ROWS = sql.SQL("SELECT * FROM {}")
COUNTERS = "SELECT sequencename, last_value FROM pg_sequences ORDER BY 1"


@pytest.fixture
def kept(templates: dict[str, str]) -> Iterator[Kept]:
    made = Kept(templates["postgres"])
    yield made
    made.close()


def _photograph(kept: Kept) -> tuple[object, object]:
    with psycopg.connect(postgres_url(kept.name)) as line:
        names = [sql.Identifier(row[0]) for row in line.execute(TABLES).fetchall()]
        rows = [sorted(map(repr, line.execute(ROWS.format(each)).fetchall())) for each in names]
        return rows, line.execute(COUNTERS).fetchall()


def _act(kept: Kept, words: str) -> None:
    with psycopg.connect(postgres_url(kept.name)) as line:
        line.execute("SET session_replication_role = replica")
        line.execute(words.encode())


@pytest.mark.parametrize("words", LEFT_BEHIND)
def test_whatever_was_written_is_taken_out_again(kept: Kept, words: str) -> None:
    before = _photograph(kept)
    _act(kept, words)
    assert _photograph(kept) != before
    for _ in range(2):
        assert kept.set_back([])
        assert _photograph(kept) == before


@pytest.mark.parametrize("words", CHANGES_THE_SCHEMA)
def test_whoever_changes_the_schema_loses_the_database(kept: Kept, words: str) -> None:
    assert kept.set_back([])
    _act(kept, words)
    assert not kept.set_back([])


def test_whoever_is_still_inside_is_thrown_out_or_the_database_goes(kept: Kept) -> None:
    with (
        psycopg.connect(postgres_url(kept.name)) as stranger,
        psycopg.connect(postgres_url(kept.name)) as own,
    ):
        own.execute("DELETE FROM parameter")
        assert not kept.set_back([own.info.backend_pid]), "it is in the middle of something"
        own.rollback()
        assert kept.set_back([own.info.backend_pid])
        with pytest.raises(psycopg.OperationalError):
            stranger.execute("SELECT 1")
        assert own.execute("SELECT 1").fetchone() == (1,)


def test_whoever_ends_every_connection_loses_the_database(kept: Kept) -> None:
    with psycopg.connect(postgres_url(kept.name), autocommit=True) as line:
        everybody = (
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = %s AND pid <> %s"
        )
        line.execute(everybody, (kept.name, line.info.backend_pid))
    assert not kept.set_back([])


def test_a_connection_is_lent_again_as_new_or_closed(kept: Kept) -> None:
    # a copy: whoever is let go of half-way may stay inside a while, and a template is copied
    lent = Lent(postgres_url(kept.name))
    left_behind = "SET lock_timeout = 1; CREATE TEMP TABLE planted (id integer); SELECT pg_advisory_lock(7)"
    asked = (
        "SELECT current_setting('lock_timeout'), to_regclass('planted')::text,"
        " (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()),"
        " pg_backend_pid()"
    )
    try:
        with lent.engine.connect() as line:
            line.exec_driver_sql(left_behind)
            line.commit()
        (first,) = lent.rest()
        with lent.engine.connect() as line:
            assert line.exec_driver_sql(asked).one() == ("30s", None, 0, first)
        held = lent.engine.connect()
        held.exec_driver_sql("SELECT 1")
        assert lent.rest() == [], "whoever is still in the middle of something keeps nothing"
        held.close()
    finally:
        lent.dispose()

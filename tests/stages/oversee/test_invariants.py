"""Every invariant holds in a town where everything has happened, and sees the sin planted against it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.conftest import BACKENDS, FOUNDED_AT, fresh_database
from tests.stages.oversee.plants import PLANTS, Plant
from tests.stages.oversee.town import build_town
from voucher.plumbing.db import Database, Model
from voucher.plumbing.secrets import Keyring
from voucher.stages.oversee.invariants import INVARIANTS, NOT_APPLICABLE, find_violations

OF_THE_DESIGN = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 18, 22, 24}
LATER = datetime(2024, 7, 1, tzinfo=UTC)


@pytest.fixture(scope="module", params=BACKENDS)
def town(
    request: pytest.FixtureRequest,
    templates: dict[str, str],
    keyring: Keyring,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Database]:
    """Yield one town of each kind; the tests roll back whatever they write into it."""
    folder: Path = tmp_path_factory.mktemp("town")
    with fresh_database(str(request.param), templates, folder) as made:
        build_town(made, keyring, folder, FOUNDED_AT)
        yield made


@contextmanager
def rolled_back(database: Database, bare: tuple[str, ...] | None) -> Iterator[Connection]:
    """Yield a connection whose work is undone; with `bare`, without foreign keys and those tables' guards."""
    connection = database.engine.connect()
    try:
        if bare is not None:
            if database.is_sqlite:
                connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            else:
                connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
            for table in bare:
                strip(connection, table, sqlite=database.is_sqlite)
        yield connection
    finally:
        connection.rollback()
        connection.close()


def strip(connection: Connection, table: str, *, sqlite: bool) -> None:
    """Take every constraint, index and trigger from a table."""
    if sqlite:
        connection.exec_driver_sql(f"CREATE TABLE stripped AS SELECT * FROM {table}")
        connection.exec_driver_sql(f"DROP TABLE {table}")
        connection.exec_driver_sql(f"ALTER TABLE stripped RENAME TO {table}")
        return
    constraints = connection.exec_driver_sql(
        "SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('c', 'u', 'p')",
        (table,),
    ).scalars()
    for name in constraints.all():
        connection.exec_driver_sql(f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{name}" CASCADE')
    indexes = connection.exec_driver_sql(
        "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass AND indisunique",
        (table,),
    ).scalars()
    for name in indexes.all():
        connection.exec_driver_sql(f"DROP INDEX {name}")


def is_refused(database: Database, plant: Plant) -> bool:
    """Return whether the database, with all its guards, refuses a sin at once or at the commit."""
    with rolled_back(database, bare=None) as connection:
        try:
            for statement in plant.statements:
                connection.execute(text(statement))
            if database.is_sqlite:
                return bool(connection.exec_driver_sql("PRAGMA foreign_key_check").all())
            connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
        except DBAPIError:
            return True
        return False


def name_of(plant: Plant) -> str:
    return f"{plant.number}-{plant.title}"


def test_nothing_is_violated_where_everything_went_its_way(town: Database) -> None:
    with town.read() as session:
        assert find_violations(session, now=LATER) == []


@pytest.mark.parametrize("plant", PLANTS, ids=name_of)
def test_a_planted_row_is_found(town: Database, plant: Plant) -> None:
    with rolled_back(town, plant.bare) as connection:
        for statement in plant.statements:
            assert connection.execute(text(statement)).rowcount > 0, "the sin was not committed at all"
        with Session(connection) as session:
            found = find_violations(session, [plant.number], now=LATER)
    assert plant.title in {each.title for each in found}


@pytest.mark.parametrize("plant", PLANTS, ids=name_of)
def test_what_the_database_refuses_by_itself_is_refused(town: Database, plant: Plant) -> None:
    assert is_refused(town, plant) is plant.refused


def test_every_invariant_has_a_sin_planted_against_it() -> None:
    planted = {(each.number, each.title) for each in PLANTS}
    assert {(each.number, each.title) for each in INVARIANTS} == planted


def test_every_number_of_the_design_is_asked_or_said_not_to_apply() -> None:
    assert {each.number for each in INVARIANTS} | set(NOT_APPLICABLE) == OF_THE_DESIGN


def test_what_does_not_apply_yet_waits_for_a_table_that_is_not_there() -> None:
    assert not {name for name in Model.metadata.tables if "redemption" in name or "attendance" in name}


def test_only_the_numbers_asked_for_are_answered(town: Database) -> None:
    with rolled_back(town, bare=()) as connection, Session(connection) as session:
        connection.exec_driver_sql(
            "UPDATE account SET balance_fen = balance_fen + 1 WHERE role = 'available'"
        )
        assert {each.number for each in find_violations(session, [24])} == set()
        assert {each.number for each in find_violations(session)} == {1, 2}
        assert len(find_violations(session, [1], limit=1)) == 2


def test_the_age_of_unsealed_rows_is_only_judged_when_the_moment_is_told(town: Database) -> None:
    plant = next(each for each in PLANTS if each.title == "留痕在十秒内封存")
    with rolled_back(town, bare=()) as connection, Session(connection) as session:
        connection.execute(text(plant.statements[0]))
        assert find_violations(session, [16]) == []
        assert len(find_violations(session, [16], now=LATER)) == 1
        assert find_violations(session, [16], now=datetime(2024, 6, 1, 0, 0, 9, tzinfo=UTC)) == []

"""The migrations and the models say the same, to the last constraint."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from tests.conftest import fresh_database
from voucher.plumbing.db import Database, Model

# SQLite writes a column that was added behind the last one, on the same line, and its check behind the column
ADDED = re.compile(r", (?=\w+ (?:TEXT|INTEGER|BLOB)\b)| (?=CONSTRAINT ck_)")


def statements(database: Database) -> dict[str, frozenset[str]]:
    """Return what each table and index was created with, line by line, in no order.

    A table that was put in another's place has its name in quotes, and is the same table.
    """
    with database.read() as session:
        rows = session.execute(
            text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type IN ('table','index')")
        ).all()
    return {
        name: frozenset(
            line.strip().rstrip(",").strip()
            for line in ADDED.sub("\n", str(sql).replace(f'"{name}"', name)).splitlines()
            if line.strip()
        )
        for name, sql in rows
        if name != "alembic_version"
    }


@pytest.fixture
def migrated(templates: dict[str, str], tmp_path: Path) -> Iterator[Database]:
    """Yield a copy of the database that this run's founding migrated from nothing."""
    with fresh_database("sqlite", templates, tmp_path) as made:
        yield made


def test_the_migrated_schema_is_the_models_schema(migrated: Database, tmp_path: Path) -> None:
    declared = Database(f"sqlite:///{tmp_path / 'declared.db'}")
    Model.metadata.create_all(declared.engine)
    assert statements(migrated) == statements(declared)


@pytest.mark.parametrize(
    "sin", ["DROP INDEX uq_entitlement_live_key", "ALTER TABLE hold ADD COLUMN whispered TEXT"]
)
def test_what_only_one_side_has_is_seen(migrated: Database, sin: str) -> None:
    before = statements(migrated)
    with migrated.engine.begin() as connection:
        connection.execute(text(sin))
    assert statements(migrated) != before


def test_alembic_finds_nothing_left_to_do(database: Database) -> None:
    with database.engine.connect() as connection:
        found = compare_metadata(MigrationContext.configure(connection), Model.metadata)
    assert found == []


# a flag is 1 or 0: SQLite takes IS 1, PostgreSQL does not
FLAG_ASKED_WITH_IS = re.compile(r"\.is(?:_not)?_?\((?:True|False)\)")
VOUCHER = Path(__file__).parents[2] / "voucher"


def test_no_flag_is_asked_in_words_only_one_database_understands() -> None:
    asking = [
        str(each) for each in VOUCHER.rglob("*.py") if FLAG_ASKED_WITH_IS.search(each.read_text("utf-8"))
    ]
    assert asking == [], "write column.in_((True,))"


@pytest.mark.parametrize("sin", ["Move.agreed.is_(True)", "Move.agreed.is_not(False)"])
def test_a_flag_asked_with_is_is_seen(sin: str) -> None:
    assert FLAG_ASKED_WITH_IS.search(sin)

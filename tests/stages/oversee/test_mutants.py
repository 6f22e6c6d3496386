"""Every guard of the money is needed: without it, what it refuses goes in, or meets the next one by name."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from tests.stages.oversee.mutants import NEXT, SINS
from tests.stages.oversee.sins import GOES_IN, Sin
from tests.stages.oversee.stripping import rolled_back
from tests.stages.oversee.town import Town

ENOUGH = 40


def commit(connection: Connection, sin: Sin, *, sqlite: bool) -> str:
    """Return the guard a sin meets, or that it goes in; what was written is undone."""
    place = connection.begin_nested()
    try:
        for statement in sin.statements:
            assert connection.execute(text(statement)).rowcount > 0, f"{sin.guard}: nothing was written"
        if sqlite:
            found = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            return GOES_IN if found is None else f"a reference of {found[0]}"
        connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
    except DBAPIError as refused:
        told = getattr(refused.orig, "diag", None)
        return str(refused.orig) if told is None else (told.constraint_name or told.message_primary)
    else:
        return GOES_IN
    finally:
        place.rollback()


def take_away(connection: Connection, sin: Sin) -> None:
    """Drop the one guard of a sin: a constraint, an index or a trigger."""
    known = connection.exec_driver_sql(
        "SELECT contype FROM pg_constraint WHERE conrelid = %s::regclass AND conname = %s",
        (sin.table, sin.guard),
    ).first()
    if known is not None:
        connection.exec_driver_sql(f'ALTER TABLE {sin.table} DROP CONSTRAINT "{sin.guard}" CASCADE')
        return
    trigger = connection.exec_driver_sql(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal"
        " AND position(%s in pg_get_triggerdef(oid)) > 0",
        (sin.table, sin.guard),
    ).scalars()
    names = trigger.all()
    if not names:
        connection.exec_driver_sql(f'DROP INDEX "{sin.guard}"')
    for name in names:
        connection.exec_driver_sql(f'DROP TRIGGER "{name}" ON {sin.table}')


@pytest.mark.long
def test_no_sin_gets_past_its_guard(town: Town) -> None:
    with rolled_back(town.database, bare=None) as connection:
        met = {sin.guard: commit(connection, sin, sqlite=town.database.is_sqlite) for sin in SINS}
    assert [guard for guard, found in met.items() if found == GOES_IN] == []
    if not town.database.is_sqlite:
        assert {guard: found for guard, found in met.items() if found != guard} == {}


@pytest.mark.long
def test_without_its_guard_a_sin_goes_in_or_meets_the_next_one(town: Town) -> None:
    if town.database.is_sqlite:
        pytest.skip("the schema is the same; only one of the two drops a single constraint")
    met: dict[str, str] = {}
    with rolled_back(town.database, bare=None) as connection:
        for sin in SINS:
            mutant = connection.begin_nested()
            take_away(connection, sin)
            met[sin.guard] = commit(connection, sin, sqlite=False)
            mutant.rollback()
    assert met == {sin.guard: NEXT.get(sin.guard, GOES_IN) for sin in SINS}
    assert len(met) >= ENOUGH
    assert Counter(each == GOES_IN for each in met.values())[True] >= ENOUGH


def test_no_guard_has_two_sins() -> None:
    assert [guard for guard, count in Counter(sin.guard for sin in SINS).items() if count > 1] == []

"""Every guard of the money is needed: without it, what it refuses goes in, or meets the next one by name."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from tests.stages.oversee.mutants import NEXT, SINS, move
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


OWN_HAND = (
    "INSERT INTO claim_hand (claim_id, person_id, step) SELECT id, (SELECT MAX(id) FROM person),"
    " 'first_review' FROM claim WHERE state = 'approved'"
)
GRANT = (
    "INSERT INTO role_grant (id, user_id, role, region_code, since, until)"
    " SELECT {0}, 1, '{1}', (SELECT MIN(code) FROM region), '{2}', {3} FROM user_account WHERE id = 1"
)
OFFICE_NOW = GRANT.format(900001, "officer_county", "2000-01-01", "NULL")


@pytest.mark.parametrize(
    ("grants", "met"),
    [
        ((OFFICE_NOW,), GOES_IN),
        ((), "who filed or paid a claim does not deny it"),
        (
            (GRANT.format(900001, "officer_county", "2000-01-01", "'2000-12-31'"),),
            "who filed or paid a claim does not deny it",
        ),
        (
            (GRANT.format(900001, "officer_county", "2100-01-01", "NULL"),),
            "who filed or paid a claim does not deny it",
        ),
        (
            (OFFICE_NOW, GRANT.format(900002, "finance_approver", "2000-01-01", "NULL")),
            "who filed or paid a claim does not deny it",
        ),
    ],
    ids=["officer", "nobody", "officer once", "officer to be", "approver as well"],
)
def test_an_own_line_is_denied_by_an_officer_of_that_day_alone(
    town: Town, grants: tuple[str, ...], met: str
) -> None:
    deny = Sin(met, "state_event", (OWN_HAND, *grants, move("approved", "reject", "rejected")))
    with rolled_back(town.database, bare=None) as connection:
        assert commit(connection, deny, sqlite=town.database.is_sqlite) == met


def test_no_guard_has_two_sins() -> None:
    assert [guard for guard, count in Counter(sin.guard for sin in SINS).items() if count > 1] == []

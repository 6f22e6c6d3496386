"""Every invariant holds in a town where everything has happened, and sees the sin planted against it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from tests.broken import is_broken, list_asked
from tests.scene import Scene
from tests.stages.oversee.plants import PLANTS, Plant
from tests.stages.oversee.stripping import rolled_back
from tests.stages.oversee.town import Town
from voucher.plumbing.db import Database, Model
from voucher.stages.oversee.invariants import INVARIANTS, NOT_APPLICABLE, find_violations
from voucher.stages.oversee.invariants.vouchers import NAMES_PERSON

OF_THE_DESIGN = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 16, 18, 22, 24}
LATER = datetime(2024, 7, 1, tzinfo=UTC)


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


def test_nothing_is_violated_where_everything_went_its_way(town: Town) -> None:
    with town.database.read() as session:
        assert find_violations(session, now=LATER) == []


@pytest.mark.parametrize("plant", PLANTS, ids=name_of)
def test_a_planted_row_is_found(town: Town, plant: Plant) -> None:
    with rolled_back(town.database, plant.bare) as connection:
        for statement in plant.statements:
            assert connection.execute(text(statement)).rowcount > 0, "the sin was not committed at all"
        with Session(connection) as session:
            found = find_violations(session, [plant.number], now=LATER)
            asked = list_asked(session)
    assert plant.title in {each.title for each in found}
    # and the one statement after every test would have said so
    assert all(each.sql in asked or each.asks_time for each in INVARIANTS if each.title == plant.title)


@pytest.mark.parametrize("plant", PLANTS, ids=name_of)
def test_what_the_database_refuses_by_itself_is_refused(town: Town, plant: Plant) -> None:
    assert is_refused(town.database, plant) is plant.refused


@pytest.mark.plants_violation
def test_of_a_house_nobody_has_used_few_are_asked_and_the_first_row_has_more_asked(scene: Scene) -> None:
    with scene.database.read() as session:
        few = list_asked(session)
        # whoever is not asked must hold there: that is all the leaving out rests on
        assert (0 < len(few) < len(INVARIANTS) // 3, find_violations(session)) == (True, [])
    scene.open_budget(1)
    with scene.database.read() as session:
        assert set(list_asked(session)) > set(few)
        assert not is_broken(session)
    scene.plant("UPDATE account SET balance_fen = balance_fen + 1 WHERE role = 'available'")
    with scene.database.read() as session:
        assert is_broken(session)


def test_every_invariant_has_a_sin_planted_against_it() -> None:
    planted = {(each.number, each.title) for each in PLANTS}
    assert {(each.number, each.title) for each in INVARIANTS} == planted


def test_every_number_of_the_design_is_asked_or_said_not_to_apply() -> None:
    assert {each.number for each in INVARIANTS} | set(NOT_APPLICABLE) == OF_THE_DESIGN


def test_nothing_of_the_design_is_left_out_any_more() -> None:
    assert NOT_APPLICABLE == {}


def test_every_row_that_names_a_voucher_and_a_person_is_asked_for_the_holder() -> None:
    named = {
        name
        for name, table in Model.metadata.tables.items()
        if {"voucher_id", "person_id"} <= set(table.columns.keys())
    }
    assert {table for table, _ in NAMES_PERSON} == named


def test_only_the_numbers_asked_for_are_answered(town: Town) -> None:
    with rolled_back(town.database, bare=()) as connection, Session(connection) as session:
        connection.exec_driver_sql(
            "UPDATE account SET balance_fen = balance_fen + 1 WHERE role = 'available'"
        )
        assert {each.number for each in find_violations(session, [24])} == set()
        assert {each.number for each in find_violations(session)} == {1, 2}
        assert len(find_violations(session, [1], limit=1)) == 2


def test_the_age_of_unsealed_rows_is_only_judged_when_the_moment_is_told(town: Town) -> None:
    plant = next(each for each in PLANTS if each.title == "留痕在十秒内封存")
    with rolled_back(town.database, bare=()) as connection, Session(connection) as session:
        connection.execute(text(plant.statements[0]))
        assert find_violations(session, [16]) == []
        assert len(find_violations(session, [16], now=LATER)) == 1
        assert find_violations(session, [16], now=datetime(2024, 6, 1, 0, 0, 9, tzinfo=UTC)) == []

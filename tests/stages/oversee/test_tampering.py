"""三百次随机篡改：由数据库所有者绕过程序所做，逐一查出，并指出是哪张表的哪一行。"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, inspect, text
from sqlalchemy.orm import Session

from tests.scene import Scene
from tests.stages.oversee import test_trail
from tests.stages.oversee.stripping import rolled_back
from tests.stages.oversee.tampering import (
    Targets,
    fill,
    list_untouched,
    put_something,
    rows_of,
    tamper,
    targets_of,
)
from tests.stages.oversee.town import Town
from tests.stages.oversee.trail_tampering import TRAIL_WAYS
from voucher.ledger.audit import record_one
from voucher.ledger.binding import bind_rows, hash_page
from voucher.ledger.sealing import seal_all
from voucher.ledger.watching import ACTED, UNWATCHED, find_unwatched, list_watched, watch_tables
from voucher.plumbing.db import Database, Model, load_models
from voucher.plumbing.schema import upgrading
from voucher.plumbing.types import canonical_json
from voucher.plumbing.unit_of_work import Work
from voucher.registry.founding import found as found_again
from voucher.registry.people import Person
from voucher.registry.users import load_actor
from voucher.stages.oversee.rows import RowsReport, verify_rows
from voucher.stages.oversee.trail import verify_trail

OF_THE_HOUSE = 210
OF_THE_TRAIL = 90
AT_ONCE = 30
BARE = (*test_trail.TABLES, "row_page")


def look(connection: Connection) -> RowsReport:
    with Session(connection) as session:
        return verify_rows(session)


def miss(connection: Connection, targets: Targets, drawn: Mapping[int, str]) -> list[str]:
    """Return what of tamperings of tables by seed, done together, a verification does not name."""
    connection.exec_driver_sql("SAVEPOINT before")
    done = {seed: tamper(connection, table, targets[table], seed) for seed, table in drawn.items()}
    faults = look(connection).faults
    connection.exec_driver_sql("ROLLBACK TO SAVEPOINT before")
    return [f"{seed}: {each.told}" for seed, each in done.items() if not each.is_named(faults)]


def draw_tables(targets: Targets) -> list[str]:
    """Return a table per tampering: every table once, in an order of chance, then some twice."""
    tables = sorted(targets)
    random.Random(OF_THE_HOUSE).shuffle(tables)
    return (tables * OF_THE_HOUSE)[: max(OF_THE_HOUSE, len(tables))]


def test_an_untouched_house_is_what_was_bound(town: Town) -> None:
    with town.database.read() as session:
        report = verify_rows(session)
    assert report.faults == []
    assert report.pending == 0
    assert report.rows > 1500
    assert report.tables == len(set(Model.metadata.tables) - UNWATCHED.keys())


def test_two_changes_of_one_row_are_one_finding_that_says_who_acted_last(town: Town) -> None:
    with rolled_back(town.database, ("claim",)) as connection:
        connection.execute(text("UPDATE claim SET amount_fen = amount_fen + 1, seq = seq + 1 WHERE id = 1"))
        (fault,) = [each for each in look(connection).faults if each.kind == "row_changed"]
    assert fault.sentence.startswith("表 claim 主键 1 的行与封存序号 ")
    assert "最后一次办理为 repay" in fault.sentence


def test_a_row_without_a_life_of_its_own_says_too_who_acted_on_it_last(town: Town) -> None:
    """Tables that keep no state are named in the trail by their own name, holds by what they hold."""
    with rolled_back(town.database, ("budget",)) as connection:
        connection.execute(text("UPDATE budget SET document = 'x'"))
        told = [each.sentence for each in look(connection).faults if each.kind == "row_changed"]
    assert told
    assert all("最后一次办理为" in each for each in told), told


def test_a_page_rewritten_with_its_hash_is_not_what_the_trail_says(town: Town) -> None:
    with rolled_back(town.database, ("row_page",)) as connection:
        body = {"claim": {"columns": [], "keys": ["id"], "rows": {}}}
        connection.execute(
            text("UPDATE row_page SET body = :b, sha256 = :h WHERE id = 2"),
            {"b": canonical_json(body), "h": hash_page(body)},
        )
        connection.execute(text("DELETE FROM row_page WHERE id = 3"))
        kinds = {each.kind for each in look(connection).faults}
    assert {"page_changed", "page_missing"} <= kinds


def test_a_row_written_while_the_triggers_are_away_is_found_and_so_are_the_triggers(scene: Scene) -> None:
    seal_all(scene.database, scene.keyring, scene.actor("clock"), scene.at, scene.folder / "a.jsonl")
    on = "" if scene.database.is_sqlite else " ON project"
    with scene.database.engine.execution_options(writes=True).connect() as connection, connection.begin():
        connection.exec_driver_sql(f"DROP TRIGGER project_touch_insert{on}")
        connection.exec_driver_sql(
            "INSERT INTO project (id, code, name, kind, document) SELECT 77, 'X', name, kind, document"
            " FROM project LIMIT 1"
        )
    with scene.database.read() as session:
        told = [each.sentence for each in verify_rows(session).faults]
    assert told == [
        "表 project 的登记触发器不在或已停用，此后的改动无法登记",
        "表 project 主键 77 的行从未登记，被绕过程序写入；无对应办理记录",
    ]
    assert watch_tables(scene.database) == ["project"]


def test_a_row_changed_past_the_acts_with_the_triggers_on_is_named_for_ever(scene: Scene) -> None:
    """AC-K5: changed or put in by plain words of SQL, either is found, as docs/trail.md says."""
    anchors, clock = scene.folder / "a.jsonl", scene.actor("clock")
    scene.hire_everybody()
    seal_all(scene.database, scene.keyring, clock, scene.at, anchors)
    add = "INSERT INTO project (id, code, name, kind, document) SELECT 77, 'X', name, kind, document"
    deeds = ("UPDATE person SET region_code = '419001' WHERE id = 1", f"{add} FROM project LIMIT 1")
    with scene.database.engine.execution_options(writes=True).connect() as connection, connection.begin():
        for deed in deeds:
            connection.exec_driver_sql(deed)
    with scene.database.read() as session:
        assert verify_rows(session).faults == []
    seal_all(scene.database, scene.keyring, clock, scene.at, anchors)
    # an act on the same row afterwards does not wash it
    scene.do("operator", lambda work: _touch_person(work, 1))
    seal_all(scene.database, scene.keyring, clock, scene.at, anchors)
    with scene.database.read() as session:
        found = verify_rows(session).faults
        assert verify_trail(session, scene.keyring, anchors).faults == []
    assert {each.kind for each in found} == {"row_unacted"}
    told = [each.sentence for each in found]
    assert any(each.startswith("表 person 主键 1 的行被绕过程序写过：封存序号 ") for each in told)
    assert any(each.startswith("表 project 主键 77 的行") for each in told)
    stated = (Path(__file__).parents[3] / "docs/trail.md").read_text("utf-8")
    assert "触发器开着时的直接改动" in stated.split("## 查不出的")[0]
    assert "触发器开着时的直接改动" not in stated.split("## 查不出的")[1]


def _touch_person(work: Work, person_id: int) -> None:
    """Write a person anew, with the act that goes with it."""
    work.session.get_one(Person, person_id).region_code = "410700"
    record_one(work, "person", person_id, "move")


def test_what_an_upgrade_touches_is_bound_as_it_stands(scene: Scene) -> None:
    """A migration that changes data is no act of anybody, and is not taken for a trespass."""
    anchors, clock = scene.folder / "a.jsonl", scene.actor("clock")
    with upgrading(scene.database) as connection:
        connection.exec_driver_sql("UPDATE project SET document = document || '（更名）'")
    found_again(scene.database, scene.keyring, scene.at)
    seal_all(scene.database, scene.keyring, clock, scene.at, anchors)
    with scene.database.read() as session:
        assert verify_rows(session).faults == []


def test_what_an_act_writes_is_bound_with_the_next_sealing(scene: Scene) -> None:
    anchors, clock = scene.folder / "a.jsonl", scene.actor("clock")
    seal_all(scene.database, scene.keyring, clock, scene.at, anchors)
    scene.hire_everybody()
    with scene.database.read() as session:
        waiting = verify_rows(session)
    assert waiting.faults == []
    assert waiting.pending > 10
    seal_all(scene.database, scene.keyring, clock, scene.at, anchors)
    with scene.database.read() as session:
        bound = verify_rows(session)
        assert verify_trail(session, scene.keyring, anchors).faults == []
    assert (bound.faults, bound.pending) == ([], 0)


def test_every_table_is_watched_or_says_why_not(database: Database) -> None:
    load_models()
    with database.engine.connect() as connection:
        assert find_unwatched(connection) == []
        watched = list_watched(inspect(connection))
    assert set(watched) | UNWATCHED.keys() == set(Model.metadata.tables) | {"alembic_version"}
    assert all(UNWATCHED.values())
    assert set(watched) >= ACTED


def test_what_its_owner_puts_where_nothing_stood_is_found(town: Town) -> None:
    """The likeliest deed of an insider: a moment, a hand or a number put where there was none."""
    with rolled_back(town.database, ("user_account",)) as connection:
        (row, *_) = [each for each in rows_of(connection, "user_account") if each["disabled_at"] is None]
        done = put_something(connection, "user_account", ("id",), row, "disabled_at", random.Random(1))
        assert done.is_named(look(connection).faults)


def test_a_table_nothing_watches_is_told(town: Town) -> None:
    """The triggers themselves notice a row: where one is gone, the table is named."""
    with rolled_back(town.database, ()) as connection:
        targets = targets_of(connection)
        table = next(each for each in sorted(targets) if not rows_of(connection, each))
        on = "" if town.database.is_sqlite else f" ON {table}"
        deaf = f"CREATE TRIGGER {table}_touch_insert AFTER INSERT ON {table} BEGIN SELECT 1; END"
        connection.exec_driver_sql(f"DROP TRIGGER {table}_touch_insert{on}")
        if not town.database.is_sqlite:
            deaf = (
                f"CREATE TRIGGER {table}_touch_insert AFTER DELETE ON {table} "
                f"FOR EACH ROW EXECUTE FUNCTION refuse_change('deaf')"
            )
        connection.exec_driver_sql(deaf)
        assert find_unwatched(connection) == [], "its name says that it watches"
        assert list_untouched(connection, {table: targets[table]}) == [table]


@pytest.mark.long
def test_every_table_tampered_with_by_its_owner_is_found_and_the_row_named(town: Town) -> None:
    """At least 210 deeds, one or more of every table the schema has: none is left out by a list."""
    missed: list[str] = []
    with town.database.engine.connect() as looking:
        targets = targets_of(looking)
    drawn = dict(enumerate(draw_tables(targets), start=1000))
    assert set(drawn.values()) == set(targets)
    # the driver forgets what was prepared on a connection whose tables are altered, so it is a new one
    town.database.engine.dispose()
    with rolled_back(town.database, ()) as connection:
        assert list_untouched(connection, targets) == [], "what has rows was bound: the first test says so"
    town.database.engine.dispose()
    with rolled_back(town.database, tuple(targets)) as connection:
        fill(connection, targets)
        bind_all(connection, town)
        assert {each.kind for each in look(connection).faults} <= {"watch_missing"}
        for first in range(1000, 1000 + len(drawn), AT_ONCE):
            piece = {seed: drawn[seed] for seed in range(first, first + AT_ONCE) if seed in drawn}
            missed += miss(connection, targets, piece)
    assert missed == []


def bind_all(connection: Connection, town: Town) -> None:
    """Bind what was touched, as the sealer does."""
    with Session(connection, join_transaction_mode="create_savepoint") as session:
        clock = load_actor(session, "clock", date(2024, 7, 1))
        while bind_rows(Work(session, clock, datetime(2024, 7, 1, tzinfo=UTC), town.keyring)):
            pass
        session.commit()


@pytest.mark.long
def test_each_of_ninety_tamperings_of_the_trail_is_found_and_named(town: Town) -> None:
    missed: list[str] = []
    with rolled_back(town.database, BARE) as connection:
        for seed in range(OF_THE_TRAIL):
            connection.exec_driver_sql("SAVEPOINT before")
            dice = random.Random(seed)
            done = dice.choice(TRAIL_WAYS)(connection, dice, 0)
            with Session(connection) as session:
                faults = verify_trail(session, town.keyring, town.anchors).faults
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT before")
            if not done.is_named(faults):
                missed.append(f"{seed}: {done.told}: {faults[:3]}")
    assert missed == []


@pytest.mark.long
def test_of_what_is_sealed_and_not_anchored_yet_only_a_chain_computed_anew_is_missed(
    town: Town, tmp_path: Path
) -> None:
    """Between two checkpoints the chain finds every edit but the one of somebody who computes it anew."""
    anchors, lines = tmp_path / "anchors.jsonl", town.anchors.read_text("utf-8").splitlines(keepends=True)
    anchors.write_text("".join(lines[:-1]), encoding="utf-8")
    last = int(json.loads(lines[-2])["seq"])
    found: Counter[str] = Counter()
    drawn: Counter[str] = Counter()
    with rolled_back(town.database, BARE) as connection:
        connection.execute(text("DELETE FROM audit_checkpoint WHERE seq > :s"), {"s": last})
        for seed in range(OF_THE_TRAIL):
            connection.exec_driver_sql("SAVEPOINT before")
            dice = random.Random(seed)
            way = dice.choice(TRAIL_WAYS)
            done = way(connection, dice, last)
            with Session(connection) as session:
                faults = verify_trail(session, town.keyring, anchors).faults
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT before")
            drawn[way.__name__] += 1
            found[way.__name__] += done.is_named(faults)
    # the share that is stated in docs/trail.md
    assert {each for each in drawn if found[each] != drawn[each]} == {"rehash"}
    assert found["rehash"] == 0
    assert (found.total(), drawn.total()) == (81, 90)

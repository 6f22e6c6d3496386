"""备份和恢复：库、密钥、锚点恢复到另一处，逐行核验无改动；恢复的是旧备份，缺了什么说得出来。"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from psycopg import sql
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError

from tests.conftest import housekeeper, postgres_url
from tests.scene import EV1, NURSE, ZHANG_SAN, Scene, on
from voucher.ledger.audit import record_one
from voucher.ledger.sealing import seal_all
from voucher.plumbing.db import Database, Model
from voucher.plumbing.schema import check_current
from voucher.plumbing.secrets import Keyring
from voucher.registry import people
from voucher.rules.errors import Refused
from voucher.stages.oversee.invariants import find_violations
from voucher.stages.oversee.rows import verify_rows
from voucher.stages.oversee.trail import verify_trail


def back_up(database: Database, copy: Path) -> None:
    """Copy a database that is in use, as the runbook says."""
    if database.engine.dialect.name == "sqlite":
        # on a line of the house's own: a lent file stands elsewhere than where it was made
        with closing(database.engine.raw_connection()) as connection:
            connection.cursor().execute("VACUUM INTO ?", [str(copy)])
        return
    _postgres("pg_dump", "--format=custom", f"--file={copy}", postgres_url(str(database.engine.url.database)))


@contextmanager
def restored(database: Database, copy: Path, folder: Path) -> Iterator[Database]:
    """Yield a database of its own, made of a copy, on another place than the first."""
    if database.engine.dialect.name == "sqlite":
        made = Database(f"sqlite:///{shutil.copyfile(copy, folder / 'restored.db')}")
        yield made
        made.dispose()
        return
    name = f"restored_{uuid4().hex}"
    housekeeper().execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    _postgres("pg_restore", "--exit-on-error", "--no-owner", f"--dbname={postgres_url(name)}", str(copy))
    made = Database(postgres_url(name))
    yield made
    made.dispose()
    housekeeper().execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _postgres(program: str, *arguments: str) -> None:
    binaries = Path(os.environ["VOUCHER_TEST_POSTGRES"]).parent / "package" / "install" / "bin"
    subprocess.run([str(binaries / program), *arguments], check=True)


def count_rows(database: Database) -> dict[str, int]:
    """Return how many rows every table has."""
    with database.read() as session:
        return {
            name: session.scalar(select(func.count()).select_from(table)) or 0
            for name, table in Model.metadata.tables.items()
        }


@pytest.mark.long
def test_a_backup_restored_elsewhere_is_whole_and_an_older_one_says_what_is_missing(scene: Scene) -> None:
    anchors, copy = scene.folder / "anchors.jsonl", scene.folder / "backup"

    def seal(it: Scene, kept: Path) -> None:
        seal_all(it.database, it.keyring, it.actor("clock"), it.at, kept)

    scene.hire_everybody()
    scene.file_evaluator(EV1)
    scene.at = on("2024-01-10")
    budget = scene.open_budget(1000)
    scene.certify(scene.certificate(ZHANG_SAN, NURSE))
    scene.pay(scene.settle(budget), budget)
    seal(scene, anchors)

    back_up(scene.database, copy)
    elsewhere = scene.folder / "elsewhere"
    elsewhere.mkdir()
    keys = Path(shutil.copy2(scene.keyring._path, elsewhere / "keys.json"))
    kept = Path(shutil.copy2(anchors, elsewhere / "anchors.jsonl"))
    counted = count_rows(scene.database)
    with restored(scene.database, copy, elsewhere) as again:
        keyring = Keyring.open(keys, create=False)
        check_current(again)
        assert count_rows(again) == counted
        index = people.index_of(keyring, ZHANG_SAN[1])
        with again.read() as session:
            assert verify_trail(session, keyring, kept).faults == []
            assert verify_rows(session).faults == []
            assert find_violations(session) == []
            person = people.find_by_indexes(session, [index])[index]
            named = people.read_people(session, keyring, [person.id])
            assert named[person.id].name == ZHANG_SAN[0]
        # what the database refused before it refuses after
        for sin in ("DELETE FROM audit_row", "DELETE FROM state_event"):
            with pytest.raises(DBAPIError), again.engine.begin() as connection:
                connection.execute(text(sin))
        # the keys of somebody else open nothing
        stranger = Keyring.open(elsewhere / "other.json", create=True)
        with again.read() as session, pytest.raises(Refused, match="secret_unreadable"):
            people.read_people(session, stranger, [person.id])

        # an act of after the backup is gone; whoever kept the anchors sees that, and since which one
        scene.do("operator", lambda work: record_one(work, "person", person.id, "move"))
        seal(scene, anchors)
        with again.read() as session:
            missing = verify_trail(session, keyring, anchors).faults
        assert {each.kind for each in missing} == {"checkpoint_missing", "chain_differs_from_anchor"}
        assert len({each.seq for each in missing}) == 1, "and since which seal"
        # work goes on there, and its trail with it
        there = Scene(again, keyring, elsewhere, scene.at)
        there.do("operator", lambda work: record_one(work, "person", person.id, "move"))
        seal(there, kept)
        with again.read() as session:
            assert verify_trail(session, keyring, kept).faults == []
            assert verify_rows(session).faults == []

"""The sealed trail: whole as it was written, and every edit of it found, also a clever one."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from tests.stages.oversee.stripping import rolled_back
from tests.stages.oversee.town import Town
from voucher.ledger import sealing
from voucher.ledger.audit import hash_row
from voucher.ledger.sealing import chain
from voucher.stages.oversee import trail
from voucher.stages.oversee.trail import verify_trail

TABLES = ("audit_row", "audit_seal", "audit_checkpoint")
KEYS = {"audit_row": "id", "audit_seal": "seq", "audit_checkpoint": "seq"}
# a checkpoint's own id says nothing and is signed by nobody
COLUMNS = {
    "audit_row": (
        "id", "at", "actor_user_id", "actor_person_id", "act", "thing", "object_id", "content",
        "previous_hash", "content_hash",
    ),
    "audit_seal": ("seq", "audit_row_id", "chain_hash", "sealed_at"),
    "audit_checkpoint": ("seq", "chain_hash", "signed_at", "key_id", "signature", "first_seq", "merkle_root"),
}  # fmt: skip
EDITS = 100


def changed(value: Any, dice: random.Random) -> Any:
    """Return something else that could stand in the same column."""
    if value is None:
        return "a" * 64
    if isinstance(value, int):
        return value + dice.choice((1, 7, 1_000_000))
    if isinstance(value, datetime):
        return value + timedelta(microseconds=1)
    place = dice.randrange(len(value))
    other = dice.choice([each for each in "0123456789abcdef 县" if each != value[place]])
    return value[:place] + other + value[place + 1 :]


def edit_column(connection: Connection, dice: random.Random) -> str:
    table = dice.choice(TABLES)
    column = dice.choice(COLUMNS[table])
    key = dice.choice(keys_of(connection, table))
    where = f"{KEYS[table]} = :key"
    before = connection.execute(
        text(f"SELECT {column} FROM {table} WHERE {where}"), {"key": key}
    ).scalar_one()
    after = changed(before, dice)
    connection.execute(
        text(f"UPDATE {table} SET {column} = :after WHERE {where}"), {"after": after, "key": key}
    )
    return f"{table}.{column} of {key}: {before!r} -> {after!r}"


def delete_row(connection: Connection, dice: random.Random) -> str:
    table = dice.choice(TABLES)
    key = dice.choice(keys_of(connection, table))
    connection.execute(text(f"DELETE FROM {table} WHERE {KEYS[table]} = :key"), {"key": key})
    return f"{table} without {key}"


def delete_row_and_seal(connection: Connection, dice: random.Random) -> str:
    seq = dice.choice(keys_of(connection, "audit_seal"))
    row = connection.execute(
        text("SELECT audit_row_id FROM audit_seal WHERE seq = :s"), {"s": seq}
    ).scalar_one()
    connection.execute(text("DELETE FROM audit_seal WHERE seq = :s"), {"s": seq})
    connection.execute(text("DELETE FROM audit_row WHERE id = :r"), {"r": row})
    return f"nothing left of {seq}"


def swap_rows(connection: Connection, dice: random.Random) -> str:
    one, other = dice.sample(keys_of(connection, "audit_row"), 2)
    swap(connection, "audit_row", "id", one, other)
    return f"rows {one} and {other} swapped"


def swap_seals(connection: Connection, dice: random.Random) -> str:
    one, other = dice.sample(keys_of(connection, "audit_seal"), 2)
    swap(connection, "audit_seal", "seq", one, other)
    return f"seals {one} and {other} swapped"


def swap(connection: Connection, table: str, key: str, one: int, other: int) -> None:
    for before, after in ((one, -1), (other, one), (-1, other)):
        connection.execute(
            text(f"UPDATE {table} SET {key} = :after WHERE {key} = :before"),
            {"after": after, "before": before},
        )


def keys_of(connection: Connection, table: str) -> list[int]:
    key = KEYS[table]
    return list(connection.execute(text(f"SELECT {key} FROM {table} ORDER BY {key}")).scalars())


WAYS: tuple[Callable[[Connection, random.Random], str], ...] = (
    edit_column, edit_column, edit_column, edit_column,
    delete_row, delete_row_and_seal, swap_rows, swap_seals,
)  # fmt: skip


def faults_of(connection: Connection, town: Town, anchors: Path | None = None) -> list[str]:
    with Session(connection) as session:
        return [each.kind for each in verify_trail(session, town.keyring, anchors or town.anchors).faults]


def test_an_untouched_trail_is_whole(town: Town) -> None:
    with town.database.read() as session:
        report = verify_trail(session, town.keyring, town.anchors)
    assert report.faults == []
    assert report.rows == report.sealed > 200
    assert report.unsealed == 0
    assert report.checkpoints == 4


def test_chunks_make_no_difference(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trail, "CHUNK", 7)
    with town.database.read() as session:
        report = verify_trail(session, town.keyring, town.anchors)
    assert report.faults == []
    assert report.sealed == report.rows


@pytest.mark.long
def test_each_of_a_hundred_random_edits_is_found(town: Town) -> None:
    missed = []
    with rolled_back(town.database, TABLES) as connection:
        for seed in range(EDITS):
            dice = random.Random(seed)
            connection.exec_driver_sql("SAVEPOINT before")
            told = dice.choice(WAYS)(connection, dice)
            if not faults_of(connection, town):
                missed.append(told)
            connection.exec_driver_sql("ROLLBACK TO SAVEPOINT before")
        assert faults_of(connection, town) == []
    assert missed == []


@pytest.mark.parametrize(("table", "column"), [(t, c) for t in TABLES for c in COLUMNS[t]])
def test_no_column_can_be_edited_unseen(town: Town, table: str, column: str) -> None:
    with rolled_back(town.database, TABLES) as connection:
        key = keys_of(connection, table)[1]
        where = f"{KEYS[table]} = :key"
        before = connection.execute(
            text(f"SELECT {column} FROM {table} WHERE {where}"), {"key": key}
        ).scalar_one()
        connection.execute(
            text(f"UPDATE {table} SET {column} = :after WHERE {where}"),
            {"after": changed(before, random.Random(7)), "key": key},
        )
        assert faults_of(connection, town) != []


def test_a_changed_content_is_named_with_its_row(town: Town) -> None:
    with rolled_back(town.database, TABLES) as connection, Session(connection) as session:
        connection.execute(text("UPDATE audit_row SET content = content || ' ' WHERE id = 9"))
        faults = verify_trail(session, town.keyring, town.anchors).faults
        assert [(each.kind, each.audit_row_id) for each in faults] == [("content_changed", 9)]
        assert faults[0].sentence == "留痕 9 的内容与写入时不一致"


@pytest.mark.parametrize("nonsense", ["{", "NaN", '{"a":1,"a":1}', ""])
def test_content_that_is_no_json_is_a_finding_and_no_crash(town: Town, nonsense: str) -> None:
    with rolled_back(town.database, TABLES) as connection:
        connection.execute(text("UPDATE audit_row SET content = :c WHERE id = 9"), {"c": nonsense})
        assert faults_of(connection, town) == ["content_changed"]


def test_one_edit_of_the_chain_is_one_finding(town: Town) -> None:
    with rolled_back(town.database, TABLES) as connection:
        connection.execute(text(f"UPDATE audit_seal SET chain_hash = '{'f' * 64}' WHERE seq = 9"))
        assert faults_of(connection, town) == ["chain_broken"]


def test_somebody_who_rewrites_every_hash_is_caught_by_the_signatures(town: Town) -> None:
    with rolled_back(town.database, TABLES) as connection:
        rechain(connection, from_seq=9)
        anew = {"chain_differs_from_anchor", "merkle_differs"}
        assert set(faults_of(connection, town)) == {"checkpoint_differs"} | anew
        connection.execute(
            text(
                "UPDATE audit_checkpoint SET chain_hash ="
                " (SELECT chain_hash FROM audit_seal s WHERE s.seq = audit_checkpoint.seq)"
            )
        )
        assert set(faults_of(connection, town)) == {"signature_invalid", "anchor_differs"} | anew


def test_somebody_who_also_removes_the_checkpoints_is_caught_by_the_anchors(town: Town) -> None:
    with rolled_back(town.database, TABLES) as connection:
        rechain(connection, from_seq=9)
        connection.execute(text("DELETE FROM audit_checkpoint"))
        assert set(faults_of(connection, town)) == {"checkpoint_missing", "chain_differs_from_anchor"}


def test_the_end_cut_off_is_caught_by_the_anchors(town: Town) -> None:
    with rolled_back(town.database, TABLES) as connection:
        last = keys_of(connection, "audit_seal")[-1]
        connection.execute(
            text("DELETE FROM audit_row WHERE id = (SELECT audit_row_id FROM audit_seal WHERE seq = :s)"),
            {"s": last},
        )
        connection.execute(text("DELETE FROM audit_seal WHERE seq = :s"), {"s": last})
        connection.execute(text("DELETE FROM audit_checkpoint WHERE seq = :s"), {"s": last})
        assert faults_of(connection, town) == ["checkpoint_missing", "chain_differs_from_anchor"]


def rechain(connection: Connection, from_seq: int) -> int:
    """Change the first row that no later row of its object refers to, and every hash that follows from it."""
    rows = connection.execute(
        text(
            "SELECT s.seq, s.sealed_at, s.chain_hash, r.* FROM audit_seal s"
            " JOIN audit_row r ON r.id = s.audit_row_id ORDER BY s.seq"
        )
    ).mappings()
    head = sealing.GENESIS
    done = 0
    for row in rows.all():
        content_hash = row["content_hash"]
        if not done and row["seq"] >= from_seq and is_last_of_its_object(connection, row):
            done = int(row["seq"])
            content = {**json.loads(row["content"]), "amount_fen": 1}
            told = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
            content_hash = hash_row(
                at=moment(row["at"]), actor_user_id=row["actor_user_id"],
                actor_person_id=row["actor_person_id"], act=row["act"], thing=row["thing"],
                object_id=row["object_id"], content=content, previous_hash=row["previous_hash"],
            )  # fmt: skip
            connection.execute(
                text("UPDATE audit_row SET content = :c, content_hash = :h WHERE id = :i"),
                {"c": told, "h": content_hash, "i": row["id"]},
            )
        head = chain(head, row["seq"], content_hash, moment(row["sealed_at"]))
        connection.execute(
            text("UPDATE audit_seal SET chain_hash = :h WHERE seq = :s"), {"h": head, "s": row["seq"]}
        )
    assert done
    return done


def is_last_of_its_object(connection: Connection, row: Any) -> bool:
    later = text("SELECT COUNT(*) FROM audit_row WHERE thing = :t AND object_id = :o AND id > :i")
    told = {"t": row["thing"], "o": row["object_id"], "i": row["id"]}
    return int(connection.execute(later, told).scalar_one()) == 0


def moment(stored: Any) -> datetime:
    return stored if isinstance(stored, datetime) else datetime.fromisoformat(stored)

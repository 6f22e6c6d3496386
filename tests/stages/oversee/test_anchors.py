"""The file kept outside the database: what stands in it counts, and a crash does not lose a line."""

from __future__ import annotations

import shutil
from pathlib import Path

from sqlalchemy import text

from tests.scene import Scene, on
from tests.stages.oversee.stripping import rolled_back
from tests.stages.oversee.test_trail import TABLES, faults_of
from tests.stages.oversee.town import Town
from voucher.ledger.audit import record_one
from voucher.ledger.sealing import mend_anchors, seal_all
from voucher.stages.oversee.trail import verify_trail


def test_a_changed_anchor_file_is_found(town: Town, tmp_path: Path) -> None:
    anchors = tmp_path / "anchors.jsonl"
    lines = town.anchors.read_text(encoding="utf-8").splitlines(keepends=True)
    with town.database.engine.connect() as connection:
        assert faults_of(connection, town, tmp_path / "gone.jsonl") == ["anchor_missing"] * 4
        anchors.write_text("".join(lines[:-1]), encoding="utf-8")
        assert faults_of(connection, town, anchors) == ["anchor_missing"]
        anchors.write_text("".join(lines).replace("signed_at", "signed"), encoding="utf-8")
        assert faults_of(connection, town, anchors) == ["anchor_differs"] * 4
        anchors.write_text("".join(lines) + "junk\n", encoding="utf-8")
        assert faults_of(connection, town, anchors) == ["anchor_unreadable"]
        anchors.write_text("".join(lines) + lines[0], encoding="utf-8")
        assert faults_of(connection, town, anchors) == []


def test_an_anchor_lost_in_a_crash_is_mended_by_the_next_sealing(scene: Scene) -> None:
    anchors = scene.folder / "anchors.jsonl"
    clock = scene.actor("clock")
    seal_all(scene.database, scene.keyring, clock, scene.at, anchors)
    first = scene.folder / "first.jsonl"
    shutil.copyfile(anchors, first)
    scene.at = on("2024-01-10")
    scene.do("operator", lambda work: record_one(work, "budget", 1, "look"))
    seal_all(scene.database, scene.keyring, clock, scene.at, anchors)
    shutil.copyfile(first, anchors)
    with scene.database.read() as session:
        assert [each.kind for each in verify_trail(session, scene.keyring, anchors).faults] == [
            "anchor_missing"
        ]
    assert mend_anchors(scene.database, anchors) == 1
    assert mend_anchors(scene.database, anchors) == 0
    with scene.database.read() as session:
        assert verify_trail(session, scene.keyring, anchors).faults == []


def test_unsealed_rows_are_counted_and_read_as_well(scene: Scene) -> None:
    anchors = scene.folder / "anchors.jsonl"
    seal_all(scene.database, scene.keyring, scene.actor("clock"), scene.at, anchors)
    scene.do("operator", lambda work: record_one(work, "budget", 1, "look", amount_fen=5))
    with scene.database.read() as session:
        report = verify_trail(session, scene.keyring, anchors)
    assert (report.unsealed, report.faults) == (1, [])
    town = Town(scene.database, scene.keyring, anchors)
    with rolled_back(scene.database, TABLES) as connection:
        connection.execute(text("UPDATE audit_row SET act = 'take' WHERE act = 'look'"))
        assert faults_of(connection, town) == ["content_changed"]

"""The benchmarks run and say what they measured; nothing here looks at how long anything took."""

from __future__ import annotations

import argparse
import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC
from pathlib import Path

import psycopg
import pytest

from benchmarks import accept, codes, issue, ledger_pages, reading, sealing, settle
from benchmarks.bare import copy_rows, open_bare
from benchmarks.installation import build, copy_database, scale
from benchmarks.measuring import Measurement, parse_size, percentile, tell
from tests.doors.world import World
from tests.house.source import PROJECT
from tests.loop.telling import ready, settle_for
from tests.scene import ZHANG_SAN, Scene
from voucher.plumbing.db import Database
from voucher.plumbing.schema import upgrade
from voucher.registry import founding

SIZE = 8
ORPHAN = (
    "INSERT INTO settlement_line (id, batch_id, position, certificate_id, person_id, outcome, amount_fen, "
    "explanation, findings, claim_id) VALUES (1, 1, 1, 1, 1, 'payable', 0, '', '[]', 1)"
)


@pytest.fixture(autouse=True, scope="module")
def migrated_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let each installation begin with a copy of the schema that the first of them migrated from nothing."""
    kept = tmp_path_factory.mktemp("migrated") / "schema.db"

    def bring(database: Database) -> None:
        if not database.is_sqlite:
            upgrade(database)  # the template of every test may be founded meanwhile
            return
        path = Path(str(database.url.database))
        if kept.exists():
            copy_database(kept, path)
            return
        upgrade(database)
        database.dispose()
        copy_database(path, kept)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(founding, "upgrade", bring)
        yield


@pytest.mark.long
@pytest.mark.parametrize(
    "measure", [settle.measure, sealing.measure, reading.measure, codes.measure, accept.measure]
)
def test_a_benchmark_tells_each_measurement_in_one_line_with_its_machine(
    measure: Callable[[int, int], Sequence[Measurement]], capsys: pytest.CaptureFixture[str]
) -> None:
    measured = measure(SIZE, 2)
    tell(measured)
    out, err = capsys.readouterr()
    lines = [json.loads(line) for line in out.splitlines()]
    assert len(lines) == len(measured)
    for line in lines:
        assert line["n"] == line["limit_n"] == 2
        assert line["rows"] >= SIZE
        assert line["ratio"] > 0
        assert line["median_ms"] <= line["p99_ms"]
        assert set(line["machine"]) == {"cpu", "cores", "python", "sqlite", "postgres"}
    assert "ratio" in err


def test_a_roster_is_measured_with_its_limit_and_its_memory(tmp_path: Path) -> None:
    told = issue.measure_sqlite(tmp_path, SIZE).as_json()
    assert (told["database"], told["size"]) == ("sqlite", SIZE)
    # a line, a voucher, its event, its money and its row in the trail; the issue itself beside them
    assert int(str(told["rows"])) >= 5 * SIZE
    assert float(str(told["rate_per_s"])) > 0
    assert float(str(told["ratio"])) > 0
    # this process has run other tests before: the bound is for a run of its own, by `make bench NAME=issue`
    assert int(str(told["peak_rss_mb"])) > 0


@pytest.mark.plants_violation
@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_every_page_of_a_long_ledger_is_measured_with_its_limit_and_the_export_with_its_memory(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_pages, "TIMES", 1)
    ready(scene)
    settle_for(scene, [ZHANG_SAN], scene.open_budget())
    world = World(scene.database, scene.keyring, scene.folder, at=scene.at.astimezone(UTC))
    world.enable("制单员")
    client = world.sign_in("制单员").http
    plain = scene.database.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        first = ledger_pages.lay_lines(connection, SIZE * 6, scene.at)
        pages = list(ledger_pages.time_pages(client, connection, first, SIZE * 6, scene.at))
    assert [name for name, _, _ in pages] == ["first", "middle", "last", "act", "month", "rare"]
    assert all(len(times) == len(limits) == 1 for _, times, limits in pages)
    rows, seconds, _ = ledger_pages.time_export(client)
    assert (rows, seconds > 0) == (2 + SIZE * 6, True), "granted, reserved, and what was laid"


def test_a_limit_cannot_write_what_the_constraints_forbid(tmp_path: Path) -> None:
    founded = build(tmp_path, SIZE)
    for name in ("source.db", "target.db"):
        copy_database(founded.path, tmp_path / name)
    with closing(open_bare(tmp_path / "source.db")) as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute(ORPHAN)
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        copy_rows(tmp_path / "source.db", tmp_path / "target.db")


def test_a_limit_that_writes_too_little_is_caught(tmp_path: Path) -> None:
    founded = build(tmp_path, SIZE)
    for name in ("source.db", "target.db"):
        copy_database(founded.path, tmp_path / name)
    with closing(open_bare(tmp_path / "source.db")) as connection:
        connection.execute("DELETE FROM calendar_day")
    with pytest.raises(AssertionError, match="calendar_day"):
        copy_rows(tmp_path / "source.db", tmp_path / "target.db")


@pytest.mark.parametrize("size", [1, 7, 500, 9637, 12_345])
def test_a_scaled_quarter_has_exactly_as_many_certificates_as_asked_for(size: int) -> None:
    scaled = scale(size)
    assert sum(scaled.by_level.values()) == size
    assert all(count <= scaled.by_level[level] for level, count in scaled.direct.items())


def test_the_ninety_ninth_of_few_is_the_slowest_and_of_many_is_not() -> None:
    assert percentile([3.0, 1.0, 2.0], 99) == 3.0
    assert percentile([float(each) for each in range(1, 201)], 99) == 198.0


@pytest.mark.parametrize(("word", "size"), [("small", 500), ("medium", 5000), ("37", 37)])
def test_a_size_is_a_word_or_a_number(word: str, size: int) -> None:
    assert parse_size(word) == size


@pytest.mark.parametrize("word", ["large", "0", "-5", "1.5", ""])
def test_another_size_is_refused(word: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        parse_size(word)


def test_make_check_looks_at_the_benchmarks_too() -> None:
    assert "mypy --strict voucher tests benchmarks" in (PROJECT / "Makefile").read_text(encoding="utf-8")

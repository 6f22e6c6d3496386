"""The ledger at the size of a province: its pages and its export, whole requests in process.

The lines are laid by COPY, past the triggers: what is measured is reading. The limit of a page is its fifty
lines by one SELECT on a connection that is kept.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

import psycopg
from flask.testing import FlaskClient
from sqlalchemy import func, select

from benchmarks.copying import DURABLE, Started
from benchmarks.installation import found_house, import_quarter, settle_quarter, verify_quarter
from benchmarks.machine import describe_machine
from benchmarks.measuring import percentile, read_size
from benchmarks.settle import read_peak_bytes
from tests.doors.world import World
from voucher.ledger.postings import Transfer
from voucher.plumbing.db import Database
from voucher.rules.actor import Role

TIMES, CLAIMS = 20, 50
FIFTY = "SELECT * FROM transfer WHERE id < %s ORDER BY id DESC LIMIT 50"
COPY = (
    "COPY transfer (id, from_account_id, to_account_id, amount_fen, act, claim_id, project_id,"
    " institution_id, actor_person_id, at) FROM STDIN"
)
ACTS = (("reserve", "available", "reserved"), ("release", "reserved", "available"),
        ("spend", "reserved", "spent"))  # fmt: skip


def lay_lines(connection: psycopg.Connection, size: int, at: datetime) -> int:
    """Write so many lines, of the claims there are, over the two years before, and return the first id."""
    accounts: dict[str, int] = dict(connection.execute("SELECT role, id FROM account ORDER BY id").fetchall())
    claims = connection.execute("SELECT id, project_id, institution_id FROM claim ORDER BY id").fetchall()
    newest = connection.execute("SELECT coalesce(max(id), 0) FROM transfer").fetchone()
    assert newest is not None
    first, begun = int(newest[0]) + 1, at - timedelta(days=730)
    step = timedelta(days=730) / size
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        with cursor.copy(COPY) as copy:
            for place in range(size):
                act, source, target = ACTS[place % len(ACTS)]
                moment = (begun + place * step).isoformat()
                copy.write_row(
                    (first + place, accounts[source], accounts[target], 200_00, act,
                     *claims[place % len(claims)], 1, moment)
                )  # fmt: skip
    connection.execute("VACUUM ANALYZE transfer")
    return first


def time_pages(
    client: FlaskClient, connection: psycopg.Connection, first: int, size: int, at: datetime
) -> Iterator[tuple[str, list[float], list[float]]]:
    """Yield each page with its times and those of its limit, after two requests that warm it up."""
    half, last = first + size // 2, first + min(60, size)
    month = (at - timedelta(days=365)).strftime("%Y-%m")
    pages: Mapping[str, tuple[str, int]] = {
        "first": ("/ledger", first + size),
        "middle": (f"/ledger?before={half}", half),
        "last": (f"/ledger?before={last}", last),
        "act": ("/ledger?act=spend", first + size),
        "month": (f"/ledger?month={month}", half),
        "rare": ("/ledger?act=take_back", first + size),
    }
    for name, (path, before) in pages.items():
        times, limits = [], []
        for turn in range(TIMES + 2):
            begun = perf_counter()
            answer = client.get(path)
            seconds = perf_counter() - begun
            assert answer.status_code == 200, f"{path}: {answer.status_code}"
            begun = perf_counter()
            connection.execute(FIFTY, (before,)).fetchall()
            if turn >= 2:
                times.append(seconds)
                limits.append(perf_counter() - begun)
        yield name, times, limits


def time_export(client: FlaskClient) -> tuple[int, float, int]:
    """Read the whole export as it comes and return its lines, its seconds, and the growth of memory in bytes.

    The growth is counted from the first lines on, so that what grows with the lines is seen.
    """
    begun, lines, before = perf_counter(), 0, 0
    answer = client.get("/ledger.csv", buffered=False)
    for piece in answer.response:
        lines += (piece if isinstance(piece, bytes) else piece.encode()).count(b"\n")
        if not before and lines > 5_000:
            before = read_peak_bytes()
    answer.close()
    return lines - 1, perf_counter() - begun, read_peak_bytes() - (before or read_peak_bytes())


def measure(size: int) -> dict[str, object]:
    """Found a house on a PostgreSQL of its own, lay the lines, and return what its pages take."""
    with tempfile.TemporaryDirectory() as name, closing(Started(**DURABLE)) as server:
        server.create("ledger")
        database, folder = Database(server.plain_url("ledger")), Path(name)
        house, files, wish = found_house(database, folder, CLAIMS)
        import_quarter(house, files)
        verify_quarter(house, wish)
        settle_quarter(house, wish)
        told: dict[str, object] = {"benchmark": "ledger_pages", "database": "postgresql", "size": size}
        with psycopg.connect(server.plain_url("ledger"), autocommit=True) as connection:
            begun = perf_counter()
            first = lay_lines(connection, size, house.at)
            told["laid_s"] = round(perf_counter() - begun, 1)
            world = World(database, house.keyring, folder, at=house.at.astimezone(UTC) + timedelta(days=1))
            world.staff("制单员", Role.FINANCE_MAKER)
            client = world.sign_in("制单员").http
            with database.read() as session:
                told["lines"] = session.scalar(select(func.count()).select_from(Transfer))
            for page, times, limits in time_pages(client, connection, first, size, house.at):
                told[f"{page}_ms"] = round(median(times) * 1000, 1)
                told[f"{page}_p99_ms"] = round(percentile(times, 99) * 1000, 1)
                told[f"{page}_ratio"] = round(median(times) / median(limits), 1)
            rows, seconds, grown = time_export(client)
            told |= {"csv_lines": rows, "csv_s": round(seconds, 1), "csv_grown_mb": round(grown / 1e6, 1)}
            told["peak_mb"] = round(read_peak_bytes() / 1e6)
        database.dispose()
    return told


def main() -> None:
    """Measure and print one line of JSON."""
    told = measure(read_size("pages and export of a ledger of so many lines"))
    print(json.dumps({**told, "machine": asdict(describe_machine())}, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()

"""A voucher redeemed over HTTP, against an endpoint that does one update, one insert and a commit.

Eight counters, each a system of its institution with a bearer token and its own classes, scan people whose
phones sign as they are scanned. Served by gunicorn as in production, on a durable PostgreSQL; the bare
endpoint is served the same way, on the same database, before and after.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from sqlalchemy import func, select

from benchmarks.copying import DURABLE, Started
from benchmarks.limit import bare_use, bare_voucher, tables
from benchmarks.loading import Load, drive, write_request
from benchmarks.machine import describe_machine
from benchmarks.measuring import read_size
from tests.scene import Scene
from tests.storms.served import THREADS, WORKERS, environment_of, serving
from tests.town_counters import Beacons, Counters, Seat, open_counters
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.registry.founding import found
from voucher.stages.oversee.invariants import find_violations
from voucher.stages.train.models.places import Redemption

FOUNDED_AT = datetime(2023, 9, 1, 1, 0, tzinfo=UTC)
CLIENTS, PATH = 8, "/api/v1/redemptions"
# what runs beside a load, and whether the load shall go on
Beside = Callable[[], AbstractContextManager[Callable[[], bool]]]
# every process has compiled its statements and prepared them on every connection before the clock starts
WARMING = 1600


@dataclass(frozen=True)
class Ground:
    """A durable PostgreSQL with counters about to open, and the keys and files of the house on it."""

    server: Started
    database: Database
    keyring: Keyring
    folder: Path
    counters: Counters

    @property
    def url(self) -> str:
        """Return the address of its database."""
        return self.server.plain_url("redeem")

    def settle_down(self) -> None:
        """Leave nothing to do that would be done while the clock runs."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")


@contextmanager
def opened(people: int) -> Iterator[Ground]:
    """Yield a founded house on a PostgreSQL of its own with so many people about to come in."""
    with tempfile.TemporaryDirectory() as name, closing(Started(**DURABLE)) as server:
        server.create("redeem")
        folder = Path(name)
        database = Database(server.plain_url("redeem"))
        keyring = Keyring.open(folder / "keys.json", create=True)
        found(database, keyring, FOUNDED_AT)
        scene = Scene(database, keyring, folder, FOUNDED_AT)
        counters = open_counters(scene, people, CLIENTS)
        yield Ground(server, database, keyring, folder, counters)
        database.dispose()


def measure_limit(ground: Ground, size: int) -> Load:
    """Return what the bare endpoint does with so many rows."""
    with ground.database.engine.begin() as connection:
        tables.drop_all(connection)
        tables.create_all(connection)
        rows = [{"id": place, "state": "open"} for place in range(size + WARMING)]
        connection.execute(bare_voucher.insert(), rows)
    ground.settle_down()
    environment = environment_of(ground.database, ground.keyring, ground.folder)
    with serving("benchmarks.limit:create_app()", environment, ground.folder, "--preload") as house:
        drive(house.port, [_uses(range(n, WARMING, CLIENTS)) for n in range(CLIENTS)])
        load = drive(house.port, [_uses(range(WARMING + n, WARMING + size, CLIENTS)) for n in range(CLIENTS)])
    with ground.database.engine.connect() as connection:
        used = connection.scalar(select(func.count()).select_from(bare_use))
    assert (used, set(load.statuses)) == (size + WARMING, {201}), (used, load.statuses)
    return load


def _uses(places: range) -> Iterator[bytes]:
    for place in places:
        body = json.dumps({"id": place, "nonce": uuid4().hex}).encode()
        yield write_request("/uses", {"Idempotency-Key": str(uuid4())}, body)


@contextmanager
def nothing_beside() -> Iterator[Callable[[], bool]]:
    """Yield that it goes on until nobody is left."""
    yield lambda: True


def measure_redeem(ground: Ground, beside: Beside = nothing_beside) -> Load:
    """Return what the house does with everybody who is about to come in, those who warm it up apart.

    What is `beside` begins with the clock, and may end it.
    """
    counters, scene = ground.counters, ground.counters.scene
    headers, stored = counters.sign_in(), count_redemptions(ground)
    ground.settle_down()
    behind = timedelta(seconds=int((datetime.now(UTC) - scene.at).total_seconds()))
    environment = environment_of(ground.database, ground.keyring, ground.folder)
    environment["STORM_BEHIND_SECONDS"] = str(int(behind.total_seconds()))
    beacons = Beacons(ground.keyring)
    queues = [counters.of_counter(n) for n in range(CLIENTS)]
    warming = WARMING // CLIENTS

    def scans(counter: int, seats: Sequence[Seat]) -> Iterator[bytes]:
        for seat in seats:
            yield write_scan(seat, headers[counter], datetime.now(UTC) - behind, beacons, counter)

    with serving("tests.storms.moved:app", environment, ground.folder, "--preload") as house:
        warm = drive(house.port, [scans(n, queue[:warming]) for n, queue in enumerate(queues)])
        # plans prepared on tables that were empty a moment ago read them whole until autovacuum, once a
        # minute, has looked at them: a house in use has long left that behind
        ground.settle_down()
        with beside() as going_on:
            load = drive(house.port, [scans(n, queue[warming:]) for n, queue in enumerate(queues)], going_on)
    assert set(warm.statuses + load.statuses) == {201}, (load.statuses, warm.refused or load.refused)
    kept, answered = count_redemptions(ground) - stored, len(warm.times) + len(load.times)
    assert kept == answered, f"{kept} redemptions stored of {answered} answered"
    return load


def count_redemptions(ground: Ground) -> int:
    """Return how many redemptions are stored."""
    with ground.database.read() as session:
        return session.scalar(select(func.count()).select_from(Redemption)) or 0


def write_scan(seat: Seat, headers: dict[str, str], at: datetime, beacons: Beacons, counter: int) -> bytes:
    """Return the request of one scan, its code signed by the phone now."""
    nonce = uuid4().hex
    asked = {
        "digits": seat.show(at, beacons.at(at)),
        "class_id": seat.class_id,
        "last4": seat.last4,
        "device": f"前台{counter}号机",
        "nonce": nonce,
    }
    return write_request(PATH, {**headers, "Idempotency-Key": nonce}, json.dumps(asked).encode())


def told(name: str, size: int, load: Load, limit: Load, **more: Any) -> dict[str, Any]:
    """Return what is printed of a measurement."""
    return {
        "benchmark": name,
        "size": size,
        "n": len(load.times),
        "rate_per_s": round(load.rate, 1),
        "p50_ms": load.milliseconds(50),
        "p99_ms": load.milliseconds(99),
        "limit_n": len(limit.times),
        "limit_per_s": round(limit.rate, 1),
        "limit_p50_ms": limit.milliseconds(50),
        "limit_p99_ms": limit.milliseconds(99),
        "ratio": round(load.rate / limit.rate, 3),
        "p99_ratio": round(load.milliseconds(99) / limit.milliseconds(99), 2),
        "clients": CLIENTS,
        "workers": WORKERS,
        "threads": THREADS,
        "fsync": DURABLE["fsync"],
        **more,
        "machine": asdict(describe_machine()),
    }


def main() -> None:
    """Measure once and print one line of JSON."""
    size = read_size("vouchers redeemed over HTTP against a bare endpoint")
    with opened(size + WARMING) as ground:
        before = measure_limit(ground, size // 2)
        load = measure_redeem(ground)
        limit = before.join(measure_limit(ground, size - size // 2))
        with ground.database.read() as session:
            broken = find_violations(session)
        assert all(each.number == 16 for each in broken), broken
    print(json.dumps(told("redeem", size, load, limit), ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()

"""What redeeming costs while a roster of 200,000 people is issued to beside it, on the same database.

The issue runs in a process of its own, as the background work does; what is measured ends when the issue
does, or when nobody is left to scan. `BENCH_ROSTER` says another number than 200,000.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

from sqlalchemy import func, select

from benchmarks.issue import AT, CENTS_EACH, House, register_everybody
from benchmarks.measuring import read_size
from benchmarks.redeem import WARMING, Ground, measure_limit, measure_redeem, opened, told
from tests import town_issue
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.db import Database
from voucher.plumbing.files import FileStore
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.spreadsheets import Limits
from voucher.stages.issue.running import Desk

ROSTER = 200_000


def main() -> None:
    """Measure once and print one line of JSON."""
    size = read_size("vouchers redeemed while a roster is issued to")
    people = int(os.environ.get("BENCH_ROSTER", ROSTER))
    with opened(size + WARMING) as ground:
        scene, later = ground.counters.scene, ground.counters.scene.at
        scene.at = AT
        programme_id = town_issue.programme(scene, scene.open_budget(people * CENTS_EACH), quantity=people)
        scene.at = later
        roster = ground.folder / "roster.csv"
        register_everybody(ground.database, ground.keyring, roster, people)
        before = measure_limit(ground, size // 2)
        issued: dict[str, float] = {}

        @contextmanager
        def beside() -> Iterator[Callable[[], bool]]:
            done = count(ground, programme_id)
            arguments = (ground.url, str(ground.folder), programme_id, str(roster))
            process = get_context("spawn").Process(target=issue, args=arguments)
            begun = perf_counter()
            process.start()
            try:
                yield process.is_alive
                issued["beside"] = count(ground, programme_id) - done
                issued["beside_per_s"] = round(issued["beside"] / (perf_counter() - begun), 1)
            finally:
                process.terminate()
                process.join()

        load = measure_redeem(ground, beside)
        limit = before.join(measure_limit(ground, size - size // 2))
    more = {"roster": people, **{f"issued_{name}": value for name, value in issued.items()}}
    print(json.dumps(told("redeem_beside_issue", size, load, limit, **more), ensure_ascii=False), flush=True)


def issue(url: str, folder: str, programme_id: int, roster: str) -> None:
    """Issue to a roster, in a process of its own."""
    keyring = Keyring.open(Path(folder) / "keys.json", create=False)
    desk = Desk(Database(url), keyring, lambda: AT, FileStore(Path(folder) / "files"), Limits())
    House(desk, programme_id, Path(roster)).begin_and_carry_on()


def count(ground: Ground, programme_id: int) -> int:
    """Return how many vouchers of a programme there are."""
    with ground.database.read() as session:
        wanted = select(func.count()).select_from(Voucher).where(Voucher.programme_id == programme_id)
        return session.scalar(wanted) or 0


if __name__ == "__main__":
    main()

"""A page of a batch's lines as an officer reads them, against a bare SELECT of the same rows.

What is measured opens a session of its own, as a request does, finds certificates, people, occupations
and evaluators, decrypts and masks. The limit keeps one connection open and fetches the lines only.
"""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from random import Random
from time import perf_counter

from benchmarks.bare import open_bare
from benchmarks.installation import Installation, build_settled
from benchmarks.measuring import Measurement, read_size, tell
from voucher.stages.settle import queries

READS = 200
WARM_UP_READS = 5
PAGE_LINES = 50
PAGE = "SELECT * FROM settlement_line WHERE batch_id = ? AND position > ? ORDER BY position LIMIT ?"


def read_by_program(installation: Installation, batch_id: int, after: int) -> tuple[int, float]:
    """Return how many lines a page has and how long the program needs for it."""
    house = installation.house
    begun = perf_counter()
    with house.database.read() as session:
        lines = queries.list_lines(session, house.keyring, batch_id, after=after, limit=PAGE_LINES)
    return len(lines), perf_counter() - begun


def read_bare(connection: sqlite3.Connection, batch_id: int, after: int) -> tuple[int, float]:
    """Return how many lines a page has and how long a bare SELECT needs for it."""
    begun = perf_counter()
    lines = connection.execute(PAGE, (batch_id, after, PAGE_LINES)).fetchall()
    return len(lines), perf_counter() - begun


def measure(size: int, reads: int = READS) -> list[Measurement]:
    """Return the measurement of reading pages anywhere in a batch of `size` lines."""
    random = Random(size)
    pages = [random.randrange(max(1, size - PAGE_LINES + 1)) for _ in range(WARM_UP_READS + reads)]
    program, bare = [], []
    with tempfile.TemporaryDirectory() as name:
        installation, settled = build_settled(Path(name), size)
        with closing(open_bare(installation.path)) as connection:
            for after in pages:
                lines, seconds = read_by_program(installation, settled.batch_id, after)
                same, limit_seconds = read_bare(connection, settled.batch_id, after)
                assert lines == same == min(size, PAGE_LINES), f"{lines} and {same} lines"
                program.append(seconds)
                bare.append(limit_seconds)
        installation.house.database.dispose()
    program, bare = program[WARM_UP_READS:], bare[WARM_UP_READS:]
    return [
        Measurement(
            benchmark="reading",
            name=f"a page of {PAGE_LINES} lines, masked and explained",
            limit="SELECT of the same lines, connection open",
            size=size,
            rows=min(size, PAGE_LINES),
            seconds=program,
            limit_seconds=bare,
        )
    ]


if __name__ == "__main__":
    tell(measure(read_size("a page of lines against a bare SELECT of the same lines")))

"""A quarter claimed in one batch, and what goes before: import and verification, each against its own limit.

The figure is the last line: on PostgreSQL, durable as a real one, a batch of already verified certificates
built, checked, priced and posted, against one INSERT ... SELECT per table of the same rows. Up to 10,000
certificates the same is measured on SQLite beside it. The limit knows every row beforehand: it neither reads
files, nor judges, nor encrypts, nor hashes, nor updates. Peak memory is the process's, with everything it did
before.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from types import MappingProxyType

from benchmarks.bare import Copied, copy_rows
from benchmarks.batch_pages import PAGES
from benchmarks.installation import Installation, build, check_settled, copy_database
from benchmarks.measuring import Measurement, read_size, tell
from benchmarks.settle_postgres import play_postgres

ROUNDS, ROUNDS_ABOVE = 5, 3
WARM_UP_SIZE = 20
SQLITE_UP_TO = 10_000
IMPORTED, VERIFIED, SETTLED = "imported", "verified", "settled"
LIMIT = "INSERT…SELECT of every row it wrote"
PAGE_LIMIT = "SELECT of fifty lines and their claims"
TOLD = {
    IMPORTED: "import of three files",
    VERIFIED: "verify against the register",
    SETTLED: "build, check, price and post the batch",
}


@dataclass(slots=True)
class Times:
    """The times of every round, and of the limits measured between the rounds."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    limits: dict[str, list[Copied]] = field(default_factory=lambda: defaultdict(list))


def play_round(founded: Installation, folder: Path, size: int, times: Times) -> None:
    """Play the quarter in a copy of the founded installation, and take the limit of each step."""
    played = founded.copy_to(folder / "played.db")
    before = founded.path
    steps: dict[str, Callable[[], object]] = {
        IMPORTED: played.import_quarter,
        VERIFIED: played.verify_quarter,
        SETTLED: lambda: check_settled(played.settle_quarter(), size),
    }
    for name, step in steps.items():
        begun = perf_counter()
        step()
        times.seconds[name].append(perf_counter() - begun)
        after, target = folder / f"{name}.db", folder / "bare.db"
        copy_database(played.path, after)
        copy_database(before, target)
        times.limits[name].append(copy_rows(after, target))
        target.unlink()
        if before != founded.path:
            before.unlink()
        before = after
    before.unlink()
    played.remove()


def play(folder: Path, size: int, rounds: int) -> Times:
    """Play as many rounds as asked for, each from the same founded installation."""
    folder.mkdir()
    founded = build(folder, size)
    times = Times()
    for _ in range(rounds):
        play_round(founded, folder, size, times)
    return times


def read_peak_bytes() -> int:
    """Return the most memory this process has had resident."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def measure(size: int, rounds: int = ROUNDS) -> list[Measurement]:
    """Return what the steps of `size` certificates take on SQLite, after a small round that warms up."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        play(folder / "warm", min(size, WARM_UP_SIZE), 1)
        times = play(folder / "measured", size, rounds)
    return _tell_steps("sqlite", size, times)


def measure_postgres(size: int, rounds: int = ROUNDS) -> list[Measurement]:
    """Return what the steps of `size` certificates take on PostgreSQL; the batch, n times, comes last."""
    times = Times()
    with tempfile.TemporaryDirectory() as name:
        for step, seconds, limit in play_postgres(Path(name), size, rounds):
            times.seconds[step].append(seconds)
            times.limits[step].append(limit)
    return _tell_steps("postgresql", size, times, PAGES)


def _tell_steps(
    database: str, size: int, times: Times, pages: Mapping[str, str] = MappingProxyType({})
) -> list[Measurement]:
    """Return the measurements; the batch itself comes last."""
    limits = dict.fromkeys(TOLD, LIMIT) | dict.fromkeys(pages, PAGE_LIMIT)
    told = {IMPORTED: TOLD[IMPORTED], VERIFIED: TOLD[VERIFIED], **pages, SETTLED: TOLD[SETTLED]}
    return [
        Measurement(
            benchmark="settle",
            name=measured,
            limit=limits[key],
            size=size,
            rows=times.limits[key][0].rows,
            seconds=times.seconds[key],
            limit_seconds=[each.seconds for each in times.limits[key]],
            peak_memory_bytes=read_peak_bytes(),
            database=database,
        )
        for key, measured in told.items()
    ]


def main() -> None:
    """Measure and print a line of JSON for each step, the batch on PostgreSQL last."""
    size = read_size("claims of a verified quarter against INSERT ... SELECT of the same rows")
    measured = measure(size) if size <= SQLITE_UP_TO else []
    tell([*measured, *measure_postgres(size, ROUNDS if size <= SQLITE_UP_TO else ROUNDS_ABOVE)])


if __name__ == "__main__":
    main()

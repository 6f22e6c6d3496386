"""Import, verification and settlement of a quarter, against putting the same rows into the same tables.

The limit knows every row beforehand: it neither reads files, nor judges, nor encrypts, nor hashes. Peak
memory is the process's, with everything it did before.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

from benchmarks.bare import Copied, copy_rows
from benchmarks.installation import Installation, build, check_settled, copy_database
from benchmarks.measuring import Measurement, read_size, tell

ROUNDS = 5
WARM_UP_SIZE = 20
DECIDED = frozenset(
    {"claim", "state_event", "audit_row", "entitlement", "settlement_line", "transfer", "verification"}
)
IMPORTED, SETTLED, WHOLE, WHOLE_DECIDED = "imported", "settled", "whole", "whole_decided"
DECIDED_WORDS = "INSERT…SELECT of claim, event, trail, key, line, transfer, verification"
TOLD = {
    IMPORTED: ("import of three files", "INSERT…SELECT of every row it wrote"),
    SETTLED: ("verify and settle", DECIDED_WORDS),
    WHOLE_DECIDED: ("import, verify, settle", DECIDED_WORDS),
    WHOLE: ("import, verify, settle", "INSERT…SELECT of every row it wrote"),
}


@dataclass(slots=True)
class Times:
    """The times of every round, and of the limits measured between the rounds."""

    import_seconds: list[float] = field(default_factory=list)
    settle_seconds: list[float] = field(default_factory=list)
    limits: dict[str, list[Copied]] = field(default_factory=lambda: {name: [] for name in TOLD})

    def seconds(self, name: str) -> list[float]:
        """Return the measured times that stand against a limit."""
        if name == IMPORTED:
            return self.import_seconds
        if name == SETTLED:
            return self.settle_seconds
        return [sum(pair) for pair in zip(self.import_seconds, self.settle_seconds, strict=True)]


def play_round(founded: Installation, folder: Path, size: int, times: Times) -> None:
    """Play the quarter in a copy of the founded installation, then take the limits of what it wrote."""
    played = founded.copy_to(folder / "played.db")
    begun = perf_counter()
    played.import_quarter()
    times.import_seconds.append(perf_counter() - begun)
    imported = folder / "imported.db"
    copy_database(played.path, imported)
    begun = perf_counter()
    settled = played.settle_quarter()
    times.settle_seconds.append(perf_counter() - begun)
    check_settled(settled, size)
    _take(times, IMPORTED, imported, founded.path, folder)
    _take(times, SETTLED, played.path, imported, folder)
    _take(times, WHOLE_DECIDED, played.path, founded.path, folder)
    _take(times, WHOLE, played.path, founded.path, folder)
    imported.unlink()
    played.remove()


def _take(times: Times, name: str, source: Path, start: Path, folder: Path) -> None:
    target = folder / "bare.db"
    copy_database(start, target)
    tables = DECIDED if name in {SETTLED, WHOLE_DECIDED} else None
    times.limits[name].append(copy_rows(source, target, tables))
    target.unlink()


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
    """Return the measurements of settling `size` certificates, after a small round that warms up."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        play(folder / "warm", min(size, WARM_UP_SIZE), 1)
        times = play(folder / "measured", size, rounds)
    peak = read_peak_bytes()
    return [
        Measurement(
            benchmark="settle",
            name=measured,
            limit=limit,
            size=size,
            rows=times.limits[key][0].rows,
            seconds=times.seconds(key),
            limit_seconds=[each.seconds for each in times.limits[key]],
            peak_memory_bytes=peak,
        )
        for key, (measured, limit) in TOLD.items()
    ]


if __name__ == "__main__":
    tell(measure(read_size("import, verify and settle against INSERT ... SELECT of the same rows")))

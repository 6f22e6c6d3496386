"""Taking times and telling them: a JSON line per measurement on stdout, a table for people on stderr."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.machine import describe_machine

SIZES = {"small": 500, "medium": 5000}
WIDTH = 150  # a table is not folded where stderr is a file


@dataclass(frozen=True, slots=True)
class Measurement:
    """Times in seconds of what was measured and of its bare limit, round by round in the same run."""

    benchmark: str
    name: str
    limit: str
    size: int
    rows: int
    seconds: Sequence[float]
    limit_seconds: Sequence[float]
    peak_memory_bytes: int | None = None
    database: str = "sqlite"

    @property
    def ratio(self) -> float:
        """Return how many times the bare limit's median the measured median is."""
        return median(self.seconds) / median(self.limit_seconds)

    def as_json(self) -> dict[str, object]:
        """Return the measurement for machines; times in milliseconds."""
        return {
            "benchmark": self.benchmark,
            "database": self.database,
            "name": self.name,
            "limit": self.limit,
            "size": self.size,
            "rows": self.rows,
            "n": len(self.seconds),
            "median_ms": _milliseconds(median(self.seconds)),
            "p99_ms": _milliseconds(percentile(self.seconds, 99)),
            "limit_n": len(self.limit_seconds),
            "limit_median_ms": _milliseconds(median(self.limit_seconds)),
            "limit_p99_ms": _milliseconds(percentile(self.limit_seconds, 99)),
            "ratio": round(self.ratio, 2),
            "peak_memory_bytes": self.peak_memory_bytes,
        }


def percentile(times: Sequence[float], percent: int) -> float:
    """Return the nearest-rank percentile; of fewer than a hundred times the 99th is the slowest."""
    ordered = sorted(times)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)


def read_size(title: str) -> int:
    """Return the number of claims asked for on the command line, as a word or a number."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument(
        "--size", default="small", type=parse_size, help="small, medium or a number of claims"
    )
    size: int = parser.parse_args().size
    return size


def parse_size(word: str) -> int:
    """Return how many claims a word stands for."""
    size = SIZES.get(word) or (int(word) if word.isdecimal() else 0)
    if size < 1:
        raise argparse.ArgumentTypeError(f"{word!r} is neither small nor medium nor a number above 0")
    return size


def tell(measurements: Sequence[Measurement]) -> None:
    """Print a JSON line for each measurement, and the table."""
    machine = describe_machine()
    table = Table(
        title=f"{machine.cpu}, {machine.cores} cores, Python {machine.python}, SQLite {machine.sqlite},"
        f" PostgreSQL {machine.postgres or '-'}",
        title_justify="left",
    )
    for heading in ("measured", "bare limit", "on"):
        table.add_column(heading, overflow="fold")
    for heading in ("size", "rows", "n", "median ms", "p99 ms", "limit ms", "limit p99", "ratio", "peak MB"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in measurements:
        told = each.as_json()
        print(json.dumps({**told, "machine": asdict(machine)}, ensure_ascii=False), flush=True)
        peak = "-" if each.peak_memory_bytes is None else str(each.peak_memory_bytes // 1_000_000)
        table.add_row(
            f"{each.benchmark}: {each.name}",
            each.limit,
            each.database,
            f"{each.size:,}",
            f"{each.rows:,}",
            str(told["n"]),
            *(f"{told[key]:,.2f}" for key in ("median_ms", "p99_ms", "limit_median_ms", "limit_p99_ms")),
            f"{each.ratio:,.1f}x",
            peak,
        )
    Console(file=sys.stderr, width=WIDTH).print(table)

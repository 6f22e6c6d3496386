"""One installation in a folder of its own, used through its command only."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

HERE = Path(__file__).resolve().parents[2]


@cache
def _warm() -> subprocess.Popen[str]:
    # it ends with its standard input, which is ours
    return subprocess.Popen(
        [sys.executable, "-m", "tests.cli.warm"],
        env=_bare(),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=HERE,
    )


def _bare() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "SYSTEMROOT") if name in os.environ}
    return {**kept, "HOME": "", "LC_ALL": "C.UTF-8"}


class Desk:
    """A folder with the data of an installation, and an officer who types commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment: Mapping[str, str] = {**_bare(), "VOUCHER_DATA_DIR": str(folder / "data")}

    def start(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command as a shell does: with a Python that has read nothing yet."""
        return subprocess.run(
            [sys.executable, "-c", "from voucher.cli import main; main()", *words],
            env={**self.environment, **more},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=HERE,
        )

    def run(self, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a process split off from one that has read the house already."""
        self.folder.mkdir(parents=True, exist_ok=True)
        out, err = (self.folder / f".{uuid4().hex}.{kind}" for kind in ("out", "err"))
        told = {"words": words, "environment": {**self.environment, **more}, "out": str(out), "err": str(err)}
        warm = _warm()
        assert warm.stdin is not None
        assert warm.stdout is not None
        warm.stdin.write(json.dumps(told) + "\n")
        warm.stdin.flush()
        code = int(warm.stdout.readline())
        said = subprocess.CompletedProcess(list(words), code, out.read_text("utf-8"), err.read_text("utf-8"))
        out.unlink()
        err.unlink()
        return said

    def told(self, *words: str, code: int = 0, **more: str) -> dict[str, Any]:
        """Return the one object a command printed, and nothing beside it."""
        done = self.run(*words, "--json", **more)
        assert done.returncode == code, done.stderr
        found = json.loads(done.stdout)
        assert isinstance(found, dict)
        return found

    def write(self, name: str, header: tuple[str, ...], *rows: tuple[object, ...]) -> str:
        """Write a CSV file into the folder and return where it lies."""
        path = self.folder / name
        with path.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([header, *rows])
        return str(path)

"""Sealing the trail a settlement leaves, against hashing the same rows and inserting them at once.

What is measured is a whole run of the sealer: rows numbered and chained, a checkpoint signed, its anchor
on disk. The limit holds the rows in memory when its clock starts.
"""

from __future__ import annotations

import hashlib
import tempfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from benchmarks.bare import open_bare
from benchmarks.installation import Installation, build_settled, copy_database
from benchmarks.measuring import Measurement, read_size, tell
from voucher.ledger.sealing import GENESIS, bind_touched, stamp
from voucher.registry.users import CLOCK_LOGIN

ROUNDS = 20
WAITING = "SELECT id, content_hash FROM audit_row ORDER BY id"
INSERT = "INSERT INTO audit_seal (seq, audit_row_id, chain_hash, sealed_at) VALUES (?, ?, ?, ?)"
HEAD = "SELECT seq, chain_hash FROM audit_seal ORDER BY seq DESC LIMIT 1"


@dataclass(frozen=True, slots=True)
class Sealed:
    """How many rows were sealed, the chain up to the last of them, and in how many seconds."""

    rows: int
    chain_hash: str
    seconds: float


def bind_everything(settled: Installation) -> None:
    """Bind every row there is before the clock starts: what is measured is the sealing of the trail alone."""
    while settled.house.act(CLOCK_LOGIN, bind_touched):
        pass
    settled.close()


def seal_by_program(settled: Installation, path: Path) -> Sealed:
    """Time the sealer on a copy of the settled installation."""
    copied = settled.copy_to(path)
    begun = perf_counter()
    copied.house.seal()
    seconds = perf_counter() - begun
    sealed = Sealed(*_read_head(path), seconds)
    copied.remove()
    copied.house.anchor_file.unlink()
    return sealed


def seal_bare(settled: Installation, path: Path) -> Sealed:
    """Time the hashes and one executemany on another copy."""
    copy_database(settled.path, path)
    sealed_at = stamp(settled.house.at)
    with closing(open_bare(path)) as connection:
        waiting = connection.execute(WAITING).fetchall()
        begun = perf_counter()
        previous = GENESIS
        rows = []
        for seq, (row_id, content_hash) in enumerate(waiting, start=1):
            previous = hashlib.sha256(f"{previous}:{seq}:{content_hash}:{sealed_at}".encode()).hexdigest()
            rows.append((seq, row_id, previous, sealed_at))
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(INSERT, rows)
        connection.execute("COMMIT")
        seconds = perf_counter() - begun
    sealed = Sealed(*_read_head(path), seconds)
    path.unlink()
    return sealed


def _read_head(path: Path) -> tuple[int, str]:
    """Return the last number, which without a gap is how many there are, and the chain up to it."""
    with closing(open_bare(path)) as connection:
        seq, chain_hash = connection.execute(HEAD).fetchone()
    return int(seq), str(chain_hash)


def measure(size: int, rounds: int = ROUNDS) -> list[Measurement]:
    """Return the measurement of sealing what the settlement of `size` certificates left in the trail."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        settled, _ = build_settled(folder, size)
        bind_everything(settled)
        seal_by_program(settled, folder / "warm.db")
        program, bare = [], []
        for _ in range(rounds):
            program.append(seal_by_program(settled, folder / "sealed.db"))
            bare.append(seal_bare(settled, folder / "bare.db"))
        settled.house.database.dispose()
    heads = {(each.rows, each.chain_hash) for each in (*program, *bare)}
    assert len(heads) == 1, "program and limit did not come to the same chain"
    return [
        Measurement(
            benchmark="sealing",
            name="sealing the trail of a settlement",
            limit="SHA-256 of the same rows, one executemany",
            size=size,
            rows=program[0].rows,
            seconds=[each.seconds for each in program],
            limit_seconds=[each.seconds for each in bare],
        )
    ]


if __name__ == "__main__":
    tell(measure(read_size("sealing the trail against bare hashes and one executemany")))

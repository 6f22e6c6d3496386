"""The whole trail read again: every hash recomputed, every signature verified, every anchor compared.

Rows are read in chunks in the order of their seals, as the database holds them and before any type
makes sense of them, so that an edit that cannot even be parsed is a finding and not a crash.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from voucher.ledger.audit import hash_row
from voucher.ledger.sealing import GENESIS, chain
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.types import canonical_json
from voucher.stages.oversee.anchors import verify_checkpoints
from voucher.stages.oversee.faults import Fault, Faults, moment_of

CHUNK = 2000
BEFORE_EVERYTHING = -(2**62)

SEALED = """
    SELECT s.seq, s.audit_row_id, s.chain_hash, s.sealed_at, r.id, r.at, r.actor_user_id, r.actor_person_id,
           r.act, r.thing, r.object_id, r.content, r.previous_hash, r.content_hash
    FROM audit_seal s LEFT JOIN audit_row r ON r.id = s.audit_row_id
    WHERE s.seq > :after ORDER BY s.seq LIMIT :chunk
"""
UNSEALED = """
    SELECT r.id, r.at, r.actor_user_id, r.actor_person_id, r.act, r.thing, r.object_id, r.content,
           r.previous_hash, r.content_hash
    FROM audit_row r LEFT JOIN audit_seal s ON s.audit_row_id = r.id
    WHERE s.seq IS NULL AND r.id > :after ORDER BY r.id LIMIT :chunk
"""
UNCHAINED = """
    SELECT t.id, s.seq
    FROM (SELECT id, previous_hash,
                 LAG(content_hash) OVER (PARTITION BY thing, object_id ORDER BY id) AS expected
          FROM audit_row) t
    LEFT JOIN audit_seal s ON s.audit_row_id = t.id
    WHERE COALESCE(t.previous_hash, '') <> COALESCE(t.expected, '') ORDER BY t.id LIMIT :chunk
"""


@dataclass(frozen=True, slots=True)
class TrailReport:
    """How much was read and what is wrong with it, the first thousand faults at most."""

    rows: int
    sealed: int
    unsealed: int
    checkpoints: int
    faults: list[Fault] = field(default_factory=list)


def verify_trail(
    session: Session,
    keyring: Keyring,
    anchor_file: Path,
    progress: Callable[[int, int | None], None] | None = None,
) -> TrailReport:
    """Recompute the sealed trail from its first row and hold it against the anchors kept elsewhere.

    What was deleted from the end since the last anchor cannot be seen by anybody. `progress` is told
    how many rows have been read.
    """
    faults = Faults()
    rows = session.scalar(text("SELECT COUNT(*) FROM audit_row")) or 0
    sealed = _verify_seals(session, faults, rows, progress)
    unsealed = 0
    for row in _stream(session, UNSEALED, "id"):
        unsealed += 1
        _check_content(row, None, faults)
    for row in session.execute(text(UNCHAINED), {"chunk": CHUNK}).mappings():
        faults.add("object_chain_broken", row["seq"], row["id"])
    checkpoints = verify_checkpoints(session, keyring, anchor_file, faults)
    return TrailReport(rows, sealed, unsealed, checkpoints, faults.found)


def _stream(session: Session, sql: str, key: str) -> Iterator[Any]:
    """Yield rows in chunks, each query starting behind the last row of the one before."""
    after = BEFORE_EVERYTHING
    while True:
        rows = session.execute(text(sql), {"after": after, "chunk": CHUNK}).mappings().all()
        yield from rows
        if len(rows) < CHUNK:
            return
        after = rows[-1][key]


def _verify_seals(
    session: Session, faults: Faults, rows: int, progress: Callable[[int, int | None], None] | None
) -> int:
    """Check numbers, rows and chain of every seal; return how many there are."""
    count = 0
    expected_seq = 1
    # after a fault both what is stored and what should be are accepted, so that one edit is one finding
    heads = {GENESIS}
    for row in _stream(session, SEALED, "seq"):
        count += 1
        if progress is not None and count % CHUNK == 0:
            progress(count, rows)
        seq = row["seq"]
        if seq != expected_seq:
            faults.add("seq_gap", seq, row["audit_row_id"], expected=expected_seq)
            heads = set()
        expected_seq = seq + 1
        if row["id"] is None:
            faults.add("row_missing", seq, row["audit_row_id"])
            heads = {row["chain_hash"]}
            continue
        _check_content(row, seq, faults)
        sealed_at = moment_of(row["sealed_at"])
        right = set()
        if sealed_at is not None:
            right = {chain(head, seq, row["content_hash"], sealed_at) for head in heads}
        if heads and row["chain_hash"] not in right:
            faults.add("chain_broken", seq, row["audit_row_id"])
        heads = {*right, row["chain_hash"]} if row["chain_hash"] not in right else {row["chain_hash"]}
    return count


def _check_content(row: Any, seq: int | None, faults: Faults) -> None:
    """Check that a row still says what it was hashed over, byte for byte."""
    at = moment_of(row["at"])
    if at is None or _hash_of(row, at) != row["content_hash"]:
        faults.add("content_changed", seq, row["id"])


def _hash_of(row: Any, at: datetime) -> str | None:
    """Return the hash of what a row says now, None where its content is no canonical text."""
    try:
        content = json.loads(row["content"])
        if canonical_json(content) != row["content"]:
            return None
    except ValueError:
        return None
    return hash_row(
        at=at.astimezone(UTC),
        actor_user_id=row["actor_user_id"],
        actor_person_id=row["actor_person_id"],
        act=row["act"],
        thing=row["thing"],
        object_id=row["object_id"],
        content=content,
        previous_hash=row["previous_hash"],
    )

"""The sealer: one at a time, it numbers the unsealed rows without a gap and chains them.

An anchor (seq, chain hash, signature) is appended to a file outside the database, so that somebody
who can rewrite every table still cannot rewrite the past unnoticed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from voucher.ledger.audit import AuditCheckpoint, AuditRow, AuditSeal
from voucher.plumbing.bulk import write_many
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.signing import CheckpointSigner
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.actor import Actor

GENESIS = "0" * 64
ROWS_PER_RUN = 5000
SEALER_LOCK = 0x7631_7365  # a PostgreSQL advisory lock: one sealer at a time
TAIL_BYTES = 4096  # more than one anchor is long
CHECKPOINT_EVERY = timedelta(minutes=15)


def chain(previous: str, seq: int, content_hash: str, sealed_at: datetime) -> str:
    """Return the chain hash that binds a row to its number, its sealing and everything before it."""
    return hashlib.sha256(f"{previous}:{seq}:{content_hash}:{stamp(sealed_at)}".encode()).hexdigest()


def checkpoint_message(seq: int, chain_hash: str, signed_at: datetime) -> bytes:
    """Return the bytes a checkpoint signs."""
    return f"voucher-audit-checkpoint:{seq}:{chain_hash}:{stamp(signed_at)}".encode()


def stamp(moment: datetime) -> str:
    """Return the one text of a moment, whatever zone it was given in."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def anchor_line(made: AuditCheckpoint) -> dict[str, object]:
    """Return what is kept elsewhere of a checkpoint."""
    return {
        "seq": made.seq,
        "chain_hash": made.chain_hash,
        "signed_at": stamp(made.signed_at),
        "key_id": made.key_id,
        "signature": made.signature,
    }


def seal_rows(work: Work, limit: int = ROWS_PER_RUN) -> int:
    """Seal up to `limit` rows in the order of their ids and return how many were sealed."""
    session = work.session
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SEALER_LOCK})
    head = session.execute(
        select(AuditSeal.seq, AuditSeal.chain_hash).order_by(AuditSeal.seq.desc()).limit(1)
    ).first()
    seq, previous = (head.seq, head.chain_hash) if head else (0, GENESIS)
    waiting = _list_waiting(session, limit)
    rows: list[tuple[int, int, str]] = []
    for row in waiting:
        seq += 1
        previous = chain(previous, seq, row.content_hash, work.at)
        rows.append((seq, row.id, previous))
    write_many(session, AuditSeal, ("seq", "audit_row_id", "chain_hash"), rows, {"sealed_at": work.at})
    return len(rows)


def _list_waiting(session: Session, limit: int) -> Sequence[Row[int, str]]:
    """Return the next rows to seal: those behind the last sealed one, and then any committed late.

    Ids are given out before the commit, so a row may appear below one that is sealed already; looking
    for such rows reads the whole trail, and happens only where the counts say that there are some.
    """
    last = session.scalar(select(func.max(AuditSeal.audit_row_id))) or 0
    fresh = select(AuditRow.id, AuditRow.content_hash).order_by(AuditRow.id).limit(limit)
    following = session.execute(fresh.where(AuditRow.id > last)).all()
    if following:
        return following
    rows = session.scalar(select(func.count()).select_from(AuditRow)) or 0
    if rows == (session.scalar(select(func.count()).select_from(AuditSeal)) or 0):
        return []
    sealed = select(AuditSeal.audit_row_id)
    return session.execute(fresh.where(AuditRow.id.not_in(sealed))).all()


def sign_checkpoint(work: Work, anchor_file: Path) -> AuditCheckpoint | None:
    """Sign the chain's head and remember to append it to the anchor file; None where nothing is new."""
    session = work.session
    head = session.scalars(select(AuditSeal).order_by(AuditSeal.seq.desc()).limit(1)).first()
    last = session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.seq.desc()).limit(1)).first()
    if head is None or (last is not None and last.seq == head.seq):
        return None
    signer = CheckpointSigner(work.keyring)
    made = AuditCheckpoint(
        seq=head.seq,
        chain_hash=head.chain_hash,
        signed_at=work.at,
        key_id=signer.key_id,
        signature=signer.sign(checkpoint_message(head.seq, head.chain_hash, work.at)).hex(),
    )
    session.add(made)
    session.flush()
    line = anchor_line(made)
    work.after_commit(lambda: append_anchor(anchor_file, line))
    return made


def append_anchor(anchor_file: Path, line: dict[str, object]) -> None:
    """Append one anchor to the file kept outside the database, durably."""
    anchor_file.parent.mkdir(parents=True, exist_ok=True)
    with anchor_file.open("a", encoding="utf-8") as out:
        out.write(json.dumps(line, ensure_ascii=False) + "\n")
        out.flush()
        os.fsync(out.fileno())


def mend_anchors(database: Database, anchor_file: Path) -> int:
    """Append the checkpoints that a crash between commit and append kept from the file; return how many."""
    last_seq = _last_anchored(anchor_file)
    with database.read() as session:
        missing = session.scalars(
            select(AuditCheckpoint).where(AuditCheckpoint.seq > last_seq).order_by(AuditCheckpoint.seq)
        ).all()
    for each in missing:
        append_anchor(anchor_file, anchor_line(each))
    return len(missing)


def _last_anchored(anchor_file: Path) -> int:
    """Return the number in the last line of the anchor file, without reading the years before it."""
    if not anchor_file.exists():
        return 0
    with anchor_file.open("rb") as lines:
        lines.seek(max(0, anchor_file.stat().st_size - TAIL_BYTES))
        tail = lines.read().splitlines()
    return int(json.loads(tail[-1])["seq"]) if tail else 0


def seal_all(database: Database, keyring: Keyring, actor: Actor, at: datetime, anchor_file: Path) -> int:
    """Seal everything that waits, sign a checkpoint, and return how many rows were sealed."""
    total = 0
    while sealed := perform(database, keyring, actor, at, seal_rows):
        total += sealed
    mend_anchors(database, anchor_file)
    perform(database, keyring, actor, at, lambda work: sign_checkpoint(work, anchor_file))
    return total

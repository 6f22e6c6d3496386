"""The sealer: one at a time, it numbers the unsealed rows without a gap and chains them.

An anchor (seq, chain hash, signature) is appended to a file outside the database, so that somebody
who can rewrite every table still cannot rewrite the past unnoticed.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Row, func, select, text
from sqlalchemy.orm import Session

from voucher.ledger.audit import AuditCheckpoint, AuditRow, AuditSeal
from voucher.ledger.binding import bind_rows
from voucher.plumbing.bulk import write_many
from voucher.plumbing.db import Database
from voucher.plumbing.merkle import hash_leaf, root_of
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.signing import CheckpointSigner
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.actor import Actor

Post = Callable[[Mapping[str, object]], None]
GENESIS = "0" * 64
ROWS_PER_RUN = 5000
SEALER_LOCK = 0x7631_7365  # a PostgreSQL advisory lock: one sealer at a time
TAIL_BYTES = 4096  # more than one anchor is long
CHECKPOINT_EVERY = timedelta(minutes=15)  # at most an hour apart is promised
AT_ONCE = timedelta(0)


def chain(previous: str, seq: int, content_hash: str, sealed_at: datetime) -> str:
    """Return the chain hash that binds a row to its number, its sealing and everything before it."""
    return hashlib.sha256(f"{previous}:{seq}:{content_hash}:{stamp(sealed_at)}".encode()).hexdigest()


def checkpoint_message(
    seq: int,
    chain_hash: str,
    signed_at: datetime,
    first_seq: int | None = None,
    merkle_root: str | None = None,
) -> bytes:
    """Return the bytes a checkpoint signs; earlier releases signed no root."""
    if first_seq is None and merkle_root is None:
        return f"voucher-audit-checkpoint:{seq}:{chain_hash}:{stamp(signed_at)}".encode()
    said = f"{first_seq}:{seq}:{chain_hash}:{merkle_root}:{stamp(signed_at)}"
    return f"voucher-audit-checkpoint-2:{said}".encode()


def leaf_of(seq: int, content_hash: str) -> bytes:
    """Return the leaf a sealed row is in the tree of its checkpoint."""
    return hash_leaf(f"{seq}:{content_hash}".encode())


def list_leaves(session: Session, first_seq: int, last_seq: int) -> list[bytes]:
    """Return the leaves of a checkpoint in the order of their numbers."""
    rows = session.execute(
        select(AuditSeal.seq, AuditRow.content_hash)
        .join(AuditRow, AuditRow.id == AuditSeal.audit_row_id)
        .where(AuditSeal.seq >= first_seq, AuditSeal.seq <= last_seq)
        .order_by(AuditSeal.seq)
    )
    return [leaf_of(seq, content_hash) for seq, content_hash in rows]


def stamp(moment: datetime) -> str:
    """Return the one text of a moment, whatever zone it was given in."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def anchor_line(made: AuditCheckpoint) -> dict[str, object]:
    """Return what is kept elsewhere of a checkpoint."""
    line: dict[str, object] = {
        "seq": made.seq,
        "chain_hash": made.chain_hash,
        "signed_at": stamp(made.signed_at),
        "key_id": made.key_id,
        "signature": made.signature,
    }
    if made.merkle_root is not None:
        line |= {"first_seq": made.first_seq, "merkle_root": made.merkle_root}
    return line


def seal_rows(work: Work, limit: int = ROWS_PER_RUN) -> int:
    """Seal up to `limit` rows in the order of their ids and return how many were sealed."""
    session = work.session
    _alone(session)
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


def _alone(session: Session) -> None:
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SEALER_LOCK})


def bind_touched(work: Work) -> int:
    """Bind the next touched rows, so that their page is sealed with what is sealed next."""
    _alone(work.session)
    return bind_rows(work)


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


def sign_checkpoint(
    work: Work, anchor_file: Path, every: timedelta = AT_ONCE, post: Post | None = None
) -> AuditCheckpoint | None:
    """Sign the chain's head and remember to append it to the anchor file; None where nothing is due.

    `post` is what else the line is handed to after the commit.
    """
    session = work.session
    head = session.scalars(select(AuditSeal).order_by(AuditSeal.seq.desc()).limit(1)).first()
    last = session.scalars(select(AuditCheckpoint).order_by(AuditCheckpoint.seq.desc()).limit(1)).first()
    if head is None or (last is not None and (last.seq == head.seq or work.at - last.signed_at < every)):
        return None
    signer = CheckpointSigner(work.keyring)
    # the first root takes in what checkpoints of earlier releases stand over
    first_seq = last.seq + 1 if last is not None and last.merkle_root is not None else 1
    root = root_of(list_leaves(session, first_seq, head.seq)).hex()
    said = checkpoint_message(head.seq, head.chain_hash, work.at, first_seq, root)
    made = AuditCheckpoint(
        seq=head.seq,
        chain_hash=head.chain_hash,
        signed_at=work.at,
        key_id=signer.key_id,
        signature=signer.sign(said).hex(),
        first_seq=first_seq,
        merkle_root=root,
    )
    session.add(made)
    session.flush()
    line = anchor_line(made)
    work.after_commit(lambda: append_anchor(anchor_file, line))
    if post is not None:
        work.after_commit(lambda: post(line))
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


def seal_all(
    database: Database,
    keyring: Keyring,
    actor: Actor,
    at: datetime,
    anchor_file: Path,
    *,
    every: timedelta = AT_ONCE,
    post: Post | None = None,
) -> int:
    """Bind and seal everything that waits, sign a checkpoint when due, and return how many were sealed."""
    total = 0
    while perform(database, keyring, actor, at, bind_touched):
        pass
    while sealed := perform(database, keyring, actor, at, seal_rows):
        total += sealed
    mend_anchors(database, anchor_file)
    perform(database, keyring, actor, at, lambda work: sign_checkpoint(work, anchor_file, every, post))
    return total

"""注销登记: who was erased, kept outside the database by pseudonym; a restored backup forgets them again.

A token is a digest of the blind index under the house's keys, without which nobody is led back to; there is
nothing else of anybody. Entries are chained, and a signed head says with every checkpoint how many there are.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import FileIO
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.audit import AuditCheckpoint
from voucher.ledger.restoring import find_unreconciled
from voucher.ledger.sealing import GENESIS, TAIL_BYTES, Post, stamp
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.signing import CheckpointSigner
from voucher.registry.subjects import SubjectKey
from voucher.rules.errors import Family, reason
from voucher.stages.oversee.privacy.register_lines import (
    REGISTER_DIFFERS,
    SOURCE,
    chain,
    check,
    is_head,
    line_of,
    message_of,
    parse,
)

SUFFIX, POSTED = ".erasures.jsonl", ".posted"
DOMAIN = "erasure"

REGISTER_MISSING = reason(
    "erasure_register_missing",
    "没有找到注销登记：{file}",
    "请向留存检查点的外单位取回最新的一份，放到这个位置，或用 --register 指明",
    SOURCE,
    Family.MISSING,
)
REGISTER_OLD = reason(
    "erasure_register_old",
    "这份注销登记写到第 {held_seq} 条检查点，没有写到库外留存的最后一条（第 {anchored_seq} 条）",
    "请取回与锚点文件同时留存的、最新的一份；旧的会漏掉此后注销的人",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class Register:
    """A register that agrees with its signatures: its tokens, and the checkpoint it stands at."""

    tokens: Sequence[str]
    seq: int


def register_file_of(anchor_file: Path) -> Path:
    """Return where the register lies: beside the anchors, which leave for the same second party."""
    return anchor_file.with_name(anchor_file.stem + SUFFIX)


def token_of(keyring: Keyring, blind_index: str) -> str:
    """Return the pseudonym of a subject in the register, which nobody makes without the keys of the house."""
    return keyring.blind_index(DOMAIN, blind_index)


def register_erasures(
    database: Database, keyring: Keyring, at: datetime, anchor_file: Path, post: Post | None = None
) -> int:
    """Append who was erased since, with a signed head, and return how many those were.

    One head for each checkpoint, so that a checkpoint kept outside names one state of the register. Nothing
    is written from a database that was restored and not reconciled, which knows less than the file. What was
    not posted yet is handed to `post`, this time or the next. Raises Refused erasure_register_differs.
    """
    path = register_file_of(anchor_file)
    head = _read_head(path)
    with database.read() as session:
        is_due = _is_due(session, head)
    if not is_due and (post is None or head is None or head.get("signature") == _read_posted(path)):
        return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        count = _append(file, database, keyring, at) if is_due else 0
        if post is not None:
            _post_new(file, path, post)
    return count


def has_unregistered(session: Session, anchor_file: Path) -> bool:
    """Return whether somebody was erased whom the register does not name yet, and may name now."""
    if find_unreconciled(session) is not None:
        return False
    head = _read_head(register_file_of(anchor_file)) or {}
    return bool(head.get("held", 0) != _count(session))


def find_noticed(session: Session) -> tuple[int, str | None]:
    """Return number and chain hash of the checkpoint this database was found older than; 0 of none."""
    found = find_unreconciled(session)
    if found is None:
        return 0, None
    return found.anchored_seq, found.chain_hash or None


def read_register(path: Path, keyring: Keyring, anchored_seq: int, chain_hash: str | None = None) -> Register:
    """Return the register a file holds, its chain and the signatures of its heads checked.

    It has to stand at the checkpoint kept outside, by its chain hash: after a restore the numbers come again.
    What follows the last head was cut off while it was written, and counts for nothing. Raises Refused
    erasure_register_missing, erasure_register_differs, erasure_register_old.
    """
    data = path.read_bytes() if path.exists() else b""
    if not data:
        raise REGISTER_MISSING.refused(file=str(path))
    lines, _ = parse(data)
    if not lines:
        raise REGISTER_DIFFERS.refused(line=1)
    tokens = check(lines, CheckpointSigner(keyring), (each for each in lines if "token" not in each))
    seq = int(lines[-1]["seq"])
    hashes = {each["chain_hash"] for each in lines if each.get("seq") == anchored_seq}
    if anchored_seq and (chain_hash not in hashes if chain_hash else not hashes):
        raise REGISTER_OLD.refused(held_seq=seq, anchored_seq=anchored_seq)
    return Register(tokens, seq)


def _is_due(session: Session, head: Mapping[str, Any] | None) -> bool:
    if find_unreconciled(session) is not None:
        return False
    newest = _newest(session)
    return newest is not None and (head is None or (head.get("seq"), head.get("chain_hash")) != newest)


def _newest(session: Session) -> tuple[int, str] | None:
    query = select(AuditCheckpoint.seq, AuditCheckpoint.chain_hash).order_by(AuditCheckpoint.seq.desc())
    found = session.execute(query.limit(1)).first()
    return None if found is None else (found.seq, found.chain_hash)


def _count(session: Session) -> int:
    return session.scalar(select(func.count()).where(SubjectKey.destroyed_at.is_not(None))) or 0


def _append(file: FileIO, database: Database, keyring: Keyring, at: datetime) -> int:
    """Write down whoever is new, under the lock of the file, whole or not at all; return how many."""
    file.seek(0)
    data = file.read()
    lines, end = parse(data)
    signer = CheckpointSigner(keyring)
    tokens = check(lines, signer, lines[-1:])
    with database.read() as session:
        newest = _newest(session)
        if newest is None or not _is_due(session, lines[-1] if lines else None):
            return 0
        added = _list_entries(session, keyring, tokens, str(lines[-1]["digest"]) if lines else GENESIS)
        held = _count(session)
    head = {
        "entries": len(tokens) + len(added),
        "digest": added[-1]["digest"] if added else lines[-1]["digest"] if lines else GENESIS,
        "seq": newest[0],
        "chain_hash": newest[1],
        "held": held,
        "signed_at": stamp(at),
    }
    head |= {"key_id": signer.key_id, "signature": signer.sign(message_of(head)).hex()}
    said = "".join(f"{json.dumps(each, ensure_ascii=False)}\n" for each in (*added, head)).encode()
    # behind the last head is only what a crash left
    file.truncate(end)
    if end and data[end - 1 : end] != b"\n":
        said = b"\n" + said
    try:
        if file.write(said) != len(said):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(file.name))
        os.fsync(file.fileno())
    except OSError:
        file.truncate(end)
        raise
    return len(added)


def _list_entries(
    session: Session, keyring: Keyring, tokens: Sequence[str], digest: str
) -> list[dict[str, object]]:
    """Return the lines of whoever was erased and is not among the tokens."""
    known = frozenset(tokens)
    lines: list[dict[str, object]] = []
    rows = session.execute(
        select(SubjectKey.blind_index, SubjectKey.destroyed_at)
        .where(SubjectKey.destroyed_at.is_not(None))
        .order_by(SubjectKey.destroyed_at, SubjectKey.id)
    )
    for blind_index, destroyed_at in rows:
        token = token_of(keyring, blind_index)
        if token not in known and destroyed_at is not None:
            line = {"n": len(tokens) + len(lines) + 1, "token": token, "at": stamp(destroyed_at)}
            digest = chain(digest, line)
            lines.append({**line, "digest": digest})
    return lines


def _post_new(file: FileIO, path: Path, post: Post) -> None:
    """Hand on every line behind the head posted last, and remember up to which that was."""
    file.seek(0)
    lines, _ = parse(file.read())
    posted, start = _read_posted(path), 0
    for number, line in enumerate(lines, 1):
        if posted is not None and line.get("signature") == posted:
            start = number
    if start == len(lines):
        return
    post({**lines[-1], "lines": lines[start:], "after": posted if start else None})
    beside = path.with_suffix(f"{POSTED}.part")
    beside.write_text(str(lines[-1]["signature"]), "utf-8")
    beside.replace(path.with_suffix(POSTED))


def _read_posted(path: Path) -> str | None:
    """Return the signature of the head that was posted last."""
    mark = path.with_suffix(POSTED)
    return mark.read_text("utf-8").strip() if mark.exists() else None


def _read_head(path: Path) -> Mapping[str, Any] | None:
    """Return the last line, unchecked, without reading the years before it; None where it is no head."""
    if not path.exists():
        return None
    with path.open("rb") as lines:
        lines.seek(max(0, path.stat().st_size - TAIL_BYTES))
        tail = lines.read().splitlines()
    line = line_of(tail[-1]) if tail else None
    return line if is_head(line) else None

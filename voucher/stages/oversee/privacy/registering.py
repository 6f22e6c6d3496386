"""注销登记: who was erased, kept outside the database by pseudonym; a restored backup forgets them again.

A token is a digest of the blind index, which only this house's keys lead back to a person; there is nothing
else of anybody. Entries are chained, and a signed head says after every checkpoint how many there are.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.audit import AuditCheckpoint
from voucher.ledger.restoring import find_unreconciled, read_last_line
from voucher.ledger.sealing import GENESIS, stamp
from voucher.plumbing.db import Database
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.signing import CheckpointSigner
from voucher.registry.subjects import SubjectKey
from voucher.rules.errors import Family, reason

SOURCE = "个人信息保护法 第四十七条 删除; 【设】注销登记存在库外，恢复备份以后据此重新注销"
SUFFIX = ".erasures.jsonl"

REGISTER_MISSING = reason(
    "erasure_register_missing",
    "没有找到注销登记：{file}",
    "请向留存检查点的外单位取回最新的一份，放到这个位置，或用 --register 指明",
    SOURCE,
    Family.MISSING,
)
REGISTER_DIFFERS = reason(
    "erasure_register_differs",
    "注销登记第 {line} 行与签名、前后各行不符",
    "请停止使用这一份，向留存检查点的外单位取回原件；查清是谁改动的",
    SOURCE,
    Family.CONFLICT,
)
REGISTER_OLD = reason(
    "erasure_register_old",
    "这份注销登记只到第 {held_seq} 条检查点，库外留存的检查点已到第 {anchored_seq} 条",
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


def token_of(blind_index: str) -> str:
    """Return the pseudonym of a subject in the register."""
    return hashlib.sha256(f"voucher-erasure:{blind_index}".encode()).hexdigest()


def register_erasures(
    database: Database,
    keyring: Keyring,
    at: datetime,
    anchor_file: Path,
    post: Callable[[Mapping[str, object]], None] | None = None,
) -> int:
    """Append who was erased since, with a signed head, and return how many those were.

    Nothing is written from a database that was restored and not reconciled, which knows less than the file.
    """
    path = register_file_of(anchor_file)
    with database.read() as session:
        if not _is_due(session, read_last_line(path)):
            return 0
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        head = read_last_line(path)
        with database.read() as session:
            if not _is_due(session, head):
                return 0
            known = {each["token"] for each in _lines(path) if "token" in each} if head else set()
            lines, made = _write_entries(session, head, known)
            made |= {"seq": _newest(session), "held": _count(session)}
        made |= {"signed_at": stamp(at)}
        signer = CheckpointSigner(keyring)
        made |= {"key_id": signer.key_id, "signature": signer.sign(_message(made)).hex()}
        file.writelines(f"{json.dumps(each, ensure_ascii=False)}\n" for each in (*lines, made))
        file.flush()
        os.fsync(file.fileno())
    if post is not None:
        post({**made, "lines": [*lines, made]})
    return len(lines)


def read_register(path: Path, keyring: Keyring, anchored_seq: int) -> Register:
    """Return the register a file holds, its chain and the signatures of its heads checked.

    Raises Refused erasure_register_missing, erasure_register_differs, erasure_register_old.
    """
    if not path.exists():
        raise REGISTER_MISSING.refused(file=str(path))
    signer = CheckpointSigner(keyring)
    tokens: list[str] = []
    digest, seq, number = GENESIS, 0, 0
    try:
        for number, line in enumerate(_lines(path), 1):
            if "token" in line:
                digest = _chain(digest, str(line["token"]))
                tokens.append(str(line["token"]))
                is_sound = line["digest"] == digest
            else:
                signature = bytes.fromhex(line["signature"])
                is_sound = (line["entries"], line["digest"]) == (len(tokens), digest)
                is_sound = is_sound and signer.verify(_message(line), signature, line["key_id"])
                seq = int(line["seq"])
            if not is_sound:
                raise REGISTER_DIFFERS.refused(line=number)
    except (ValueError, KeyError, TypeError):
        raise REGISTER_DIFFERS.refused(line=number + 1) from None
    if not number:
        raise REGISTER_MISSING.refused(file=str(path))
    if "token" in line:
        # what no head stands over may be anybody's
        raise REGISTER_DIFFERS.refused(line=number)
    if seq < anchored_seq:
        raise REGISTER_OLD.refused(held_seq=seq, anchored_seq=anchored_seq)
    return Register(tokens, seq)


def _is_due(session: Session, head: Mapping[str, Any] | None) -> bool:
    newest = _newest(session)
    if head is None:
        return newest > 0
    if find_unreconciled(session) is not None or newest < int(head.get("seq", 0)):
        return False
    return (head.get("held"), head.get("seq")) != (_count(session), newest)


def _newest(session: Session) -> int:
    return session.scalar(select(func.max(AuditCheckpoint.seq))) or 0


def _count(session: Session) -> int:
    return session.scalar(select(func.count()).where(SubjectKey.destroyed_at.is_not(None))) or 0


def _write_entries(
    session: Session, head: Mapping[str, Any] | None, known: set[Any]
) -> tuple[list[dict[str, object]], dict[str, object]]:
    """Return the lines of who is not in the register yet, and the head over them, not signed yet."""
    digest, number = (str(head["digest"]), int(head["entries"])) if head else (GENESIS, 0)
    lines: list[dict[str, object]] = []
    rows = session.execute(
        select(SubjectKey.id, SubjectKey.blind_index, SubjectKey.destroyed_at)
        .where(SubjectKey.destroyed_at.is_not(None))
        .order_by(SubjectKey.destroyed_at, SubjectKey.id)
    )
    for key_id, blind_index, destroyed_at in rows:
        token = token_of(blind_index)
        if token not in known and destroyed_at is not None:
            digest, number = _chain(digest, token), number + 1
            lines.append(
                {"n": number, "key": key_id, "token": token, "at": stamp(destroyed_at), "digest": digest}
            )
    return lines, {"entries": number, "digest": digest}


def _chain(previous: str, token: str) -> str:
    return hashlib.sha256(f"{previous}:{token}".encode()).hexdigest()


def _message(head: Mapping[str, Any]) -> bytes:
    said = ":".join(str(head[each]) for each in ("entries", "digest", "seq", "held", "signed_at"))
    return f"voucher-erasure-register:{said}".encode()


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8") as lines:
        yield from (json.loads(each) for each in lines)

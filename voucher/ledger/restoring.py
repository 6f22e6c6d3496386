"""恢复之后: a database older than what is kept outside pays and issues nothing before it is reconciled.

Whoever was erased after the backup is there again, and what was paid after it is not: the house sees it by
the last line of the anchor file, which the database of that file has.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import CheckConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger import audit
from voucher.ledger.audit import AuditCheckpoint
from voucher.ledger.sealing import TAIL_BYTES
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason

THING = "restored_copy"
SOURCE = "个人信息保护法 第四十七条; 【设】恢复的备份先重做此后的注销，再发券、付款"

UNRECONCILED = reason(
    "restored_unreconciled",
    "数据库是从备份恢复的：库外留存到第 {anchored_seq} 条，库里只到第 {held_seq} 条，还没有核对",
    "请系统管理员取回最新的注销登记，运行 voucher audit reconcile，重新注销此后已注销的人；"
    "核对以前不发券、不制单、不签发",
    SOURCE,
    Family.UNAVAILABLE,
)


class RestoredCopy(Model):
    """A time that this database was found older than the checkpoint kept outside, and what mended it.

    `entries` and `erased` are of the register of erasures it was held against: how many it names, and how
    many of them were here again.
    """

    __tablename__ = THING
    __table_args__ = (
        CheckConstraint("anchored_seq > 0 AND held_seq >= 0", name="seq"),
        CheckConstraint(
            "(reconciled_at IS NULL) = (reconciled_by_person_id IS NULL)"
            " AND (reconciled_at IS NULL) = (entries IS NULL) AND (reconciled_at IS NULL) = (erased IS NULL)",
            name="reconciled",
        ),
        {"sqlite_strict": True},
    )

    anchored_seq: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    held_seq: Mapped[int] = mapped_column(Int64, nullable=False)
    noticed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    reconciled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    reconciled_by_person_id: Mapped[int | None] = mapped_column(Int64)
    entries: Mapped[int | None] = mapped_column(Int64)
    erased: Mapped[int | None] = mapped_column(Int64)


def check_reconciled(session: Session) -> None:
    """Refuse to give out or to pay from a database older than what is kept outside.

    Raises Refused restored_unreconciled.
    """
    found = find_unreconciled(session)
    if found is not None:
        raise UNRECONCILED.refused(anchored_seq=found.anchored_seq, held_seq=found.held_seq)


def find_unreconciled(session: Session) -> RestoredCopy | None:
    """Return the newest time this database was found older, where it was not reconciled."""
    query = select(RestoredCopy).where(RestoredCopy.reconciled_at.is_(None))
    return session.scalars(query.order_by(RestoredCopy.anchored_seq.desc()).limit(1)).first()


def is_older(session: Session, anchor_file: Path) -> bool:
    """Return whether the last checkpoint kept outside is not this database's, and nobody has noticed yet."""
    last = read_last_line(anchor_file)
    return last is not None and _is_missing(session, last)


def notice_older(work: Work, anchor_file: Path) -> bool:
    """Write down that this database is older than what is kept outside; return whether that is news."""
    last = read_last_line(anchor_file)
    if last is None or not _is_missing(work.session, last):
        return False
    held = work.session.scalar(select(AuditCheckpoint.seq).order_by(AuditCheckpoint.seq.desc()).limit(1)) or 0
    seq = int(last["seq"])
    work.session.add(RestoredCopy(anchored_seq=seq, held_seq=held, noticed_at=work.at))
    work.session.flush()
    audit.record_one(work, THING, seq, "notice", held=held, chain_hash=str(last["chain_hash"]))
    return True


def read_last_line(path: Path) -> Mapping[str, Any] | None:
    """Return the last line of a file kept outside, without reading the years before it; None of no file."""
    if not path.exists():
        return None
    with path.open("rb") as lines:
        lines.seek(max(0, path.stat().st_size - TAIL_BYTES))
        tail = lines.read().splitlines()
    found: Mapping[str, Any] | None = json.loads(tail[-1]) if tail else None
    return found


def _is_missing(session: Session, last: Mapping[str, Any]) -> bool:
    # the file first, the database after it: a checkpoint stands here before its line does there
    seq = int(last["seq"])
    here = session.scalar(select(AuditCheckpoint.chain_hash).where(AuditCheckpoint.seq == seq))
    if here == last["chain_hash"]:
        return False
    return session.get(RestoredCopy, seq) is None


translate(f"pk_{THING}", f"{THING}.anchored_seq", CHANGED_MEANWHILE)

"""恢复之后: a database older than what is kept outside pays and issues nothing before it is reconciled.

Whoever was erased after the backup is there again, and what was paid after it is not: the house sees it by
the last line of the anchor file that its own keys signed, which the database of that file has. The erased
are erased again; what was paid, two finance people of a region vouch for.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger import audit
from voucher.ledger.audit import AuditCheckpoint
from voucher.ledger.sealing import TAIL_BYTES, checkpoint_message
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.signing import CheckpointSigner
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason

THING = "restored_copy"
SOURCE = "个人信息保护法 第四十七条; 【设】恢复的备份先重做此后的注销，再发券、付款"
PAID_SOURCE = "【设】恢复的备份不知道此后付了什么：两名财务人员各自向银行核对，再制单、签发、下载"

UNRECONCILED = reason(
    "restored_unreconciled",
    "数据库是从备份恢复的：库外留存到第 {anchored_seq} 条，库里只到第 {held_seq} 条，还没有核对",
    "请系统管理员取回最新的注销登记，运行 voucher audit reconcile，重新注销此后已注销的人；"
    "核对以前不发券、不制单、不签发",
    SOURCE,
    Family.UNAVAILABLE,
)
UNPAID = reason(
    "restored_payments_unconfirmed",
    "数据库是从备份恢复的：备份（第 {held_seq} 条）以后到第 {anchored_seq} 条之间付出的款，库里没有，"
    "还没有由两名财务人员核对",
    "请与银行逐笔核对备份以后的付款：回盘已导入，库里没有而银行已付的，所涉申领已置为待处置；"
    "再由两名财务人员各自在“拨付文件”页面写明。核对以前不制单、不签发、不下载",
    PAID_SOURCE,
    Family.UNAVAILABLE,
)
TWO = 2


class RestoredCopy(Model):
    """A time that this database was found older than the checkpoint kept outside, and what mended it.

    What is kept outside is known by number and chain hash: after a restore the numbers come again. `entries`
    and `erased` are of the register of erasures it was held against: how many it names, and how many of them
    were here again; both are 0 where two said why there is none to be had.
    """

    __tablename__ = THING
    __table_args__ = (
        CheckConstraint("anchored_seq > 0 AND held_seq >= 0", name="seq"),
        CheckConstraint(
            "(reconciled_at IS NULL) = (reconciled_by_person_id IS NULL)"
            " AND (reconciled_at IS NULL) = (entries IS NULL) AND (reconciled_at IS NULL) = (erased IS NULL)",
            name="reconciled",
        ),
        UniqueConstraint("anchored_seq", "chain_hash"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True, autoincrement=False)
    anchored_seq: Mapped[int] = mapped_column(Int64, nullable=False)
    # empty of those that a release before noticed by the number alone, and left no word of the hash
    chain_hash: Mapped[str] = mapped_column(Text, nullable=False)
    held_seq: Mapped[int] = mapped_column(Int64, nullable=False)
    noticed_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    reconciled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    reconciled_by_person_id: Mapped[int | None] = mapped_column(Int64)
    entries: Mapped[int | None] = mapped_column(Int64)
    erased: Mapped[int | None] = mapped_column(Int64)


class RestoredPaid(Model):
    """A finance person's word that what a region paid after the backup is entered; append-only by trigger.

    A person counts once; two open the payments of the region and of those below it.
    """

    __tablename__ = "restored_paid"
    __table_args__ = ({"sqlite_strict": True},)

    copy_id: Mapped[int] = mapped_column(Int64, ForeignKey("restored_copy.id"), primary_key=True)
    region_code: Mapped[str] = mapped_column(Text, ForeignKey("region.code"), primary_key=True)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), primary_key=True)
    words: Mapped[str] = mapped_column(Text, nullable=False)
    said_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


class RestoredUnregistered(Model):
    """A person's word why there is no register of erasures to hold a restored copy against; append-only."""

    __tablename__ = "restored_unregistered"
    __table_args__ = ({"sqlite_strict": True},)

    copy_id: Mapped[int] = mapped_column(Int64, ForeignKey("restored_copy.id"), primary_key=True)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), primary_key=True)
    words: Mapped[str] = mapped_column(Text, nullable=False)
    said_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


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
    return session.scalars(query.order_by(RestoredCopy.id.desc()).limit(1)).first()


def check_paid(session: Session, regions: Collection[str]) -> None:
    """Refuse to pay for a region from a database older than what is kept outside.

    `regions` are the region and those above it. Raises Refused restored_unreconciled,
    restored_payments_unconfirmed.
    """
    check_reconciled(session)
    found = find_unpaid(session, regions)
    if found is not None:
        raise UNPAID.refused(anchored_seq=found.anchored_seq, held_seq=found.held_seq)


def find_unpaid(session: Session, regions: Collection[str]) -> RestoredCopy | None:
    """Return the newest restore for which no two vouch that what a region paid since is entered.

    `regions` are the region and those above it.
    """
    said = (
        select(func.count(RestoredPaid.person_id.distinct()))
        .where(
            RestoredPaid.copy_id == RestoredCopy.id,
            RestoredPaid.region_code.in_(list(regions)),
        )
        .scalar_subquery()
    )
    query = select(RestoredCopy).where(said < TWO)
    return session.scalars(query.order_by(RestoredCopy.id.desc()).limit(1)).first()


def find_missing(session: Session, keyring: Keyring, anchor_file: Path) -> tuple[int, str] | None:
    """Return the last checkpoint kept outside (number, chain hash), if it is not ours and nobody noticed.

    A line none of our keys has signed is nobody's word, and is passed over.
    """
    for line in _tail(anchor_file):
        seq, chain_hash = line.get("seq"), line.get("chain_hash")
        if not isinstance(seq, int):
            continue
        # the file first, the database after it: a checkpoint stands here before its line does there
        here = session.scalar(select(AuditCheckpoint.chain_hash).where(AuditCheckpoint.seq == seq))
        if here is not None and here == chain_hash:
            return None
        if _is_ours(keyring, line):
            return None if _is_known(session, seq, str(chain_hash)) else (seq, str(chain_hash))
    return None


def notice_older(work: Work, seq: int, chain_hash: str) -> bool:
    """Write down that this database is older than what is kept outside; return whether that is news."""
    if _is_known(work.session, seq, chain_hash):
        return False
    held = newest_checkpoint(work.session)
    last = work.session.scalar(select(func.max(RestoredCopy.id))) or 0
    made = RestoredCopy(
        id=last + 1, anchored_seq=seq, chain_hash=chain_hash, held_seq=held, noticed_at=work.at
    )
    work.session.add(made)
    work.session.flush()
    audit.record_one(work, THING, made.id, "notice", seq=seq, held=held, chain_hash=chain_hash)
    return True


def is_of_former_life(session: Session, seq: int, chain_hash: str, signed_at: datetime) -> bool:
    """Return whether a head kept outside was signed before a restore that was noticed, and is behind it."""
    before = select(RestoredCopy.id).where(
        RestoredCopy.anchored_seq >= seq, RestoredCopy.noticed_at >= signed_at
    )
    return _is_known(session, seq, chain_hash) or session.scalar(before.limit(1)) is not None


def _is_known(session: Session, seq: int, chain_hash: str) -> bool:
    same = (RestoredCopy.anchored_seq == seq, RestoredCopy.chain_hash.in_((chain_hash, "")))
    return session.scalar(select(RestoredCopy.id).where(*same).limit(1)) is not None


def newest_checkpoint(session: Session) -> int:
    """Return the number this database's last checkpoint stands at; 0 of none."""
    return session.scalar(select(func.max(AuditCheckpoint.seq))) or 0


def read_last_line(path: Path) -> Mapping[str, Any] | None:
    """Return the last line of a file kept outside, without reading the years before it; None of no file."""
    if not path.exists():
        return None
    with path.open("rb") as lines:
        lines.seek(max(0, path.stat().st_size - TAIL_BYTES))
        tail = lines.read().splitlines()
    found: Mapping[str, Any] | None = json.loads(tail[-1]) if tail else None
    return found


def _tail(path: Path) -> Iterator[Mapping[str, Any]]:
    """Yield the last lines of a file kept outside, the last one first; what is torn is left out."""
    if not path.exists():
        return
    with path.open("rb") as lines:
        lines.seek(max(0, path.stat().st_size - TAIL_BYTES))
        tail = lines.read().splitlines()
    for each in reversed(tail):
        try:
            line = json.loads(each)
        except ValueError:
            continue
        if isinstance(line, dict):
            yield line


def _is_ours(keyring: Keyring, line: Mapping[str, Any]) -> bool:
    try:
        said = checkpoint_message(
            line["seq"],
            line["chain_hash"],
            datetime.fromisoformat(line["signed_at"]),
            line.get("first_seq"),
            line.get("merkle_root"),
        )
        return CheckpointSigner(keyring).verify(said, bytes.fromhex(line["signature"]), line["key_id"])
    except (KeyError, TypeError, ValueError):
        return False


translate(f"pk_{THING}", f"{THING}.id", CHANGED_MEANWHILE)
translate(
    f"uq_{THING}_anchored_seq_chain_hash", f"{THING}.anchored_seq, {THING}.chain_hash", CHANGED_MEANWHILE
)

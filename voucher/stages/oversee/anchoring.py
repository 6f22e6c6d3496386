"""How far apart the checkpoints are, and the newest one as paper prints it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.audit import AuditCheckpoint, AuditRow, AuditSeal
from voucher.plumbing.clock import SHANGHAI, day_of
from voucher.registry.tables import require_parameter_number

MOST_APART = "checkpoint_apart_minutes"  # what is promised to whoever keeps the anchors
LOOKED_BACK = timedelta(days=30)
UNANCHORED = "尚无检查点"


@dataclass(frozen=True, slots=True)
class Gap:
    """Rows that waited too long for a checkpoint: since when, until when; no end while they wait.

    `minutes_most` is what was promised on the day of asking.
    """

    since: datetime
    until: datetime | None
    minutes_most: int

    @property
    def words(self) -> str:
        """Return the gap as a sentence."""
        begun = f"{self.since.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
        if self.until is None:
            return f"{begun} 起的留痕至今没有签检查点"
        return f"{begun} 的留痕到 {self.until.astimezone(SHANGHAI):%Y-%m-%d %H:%M} 才签检查点"


def find_open_gap(session: Session, now: datetime) -> Gap | None:
    """Return the gap that is open now, without looking back: a probe asks every few seconds.

    Raises Refused parameter_missing.
    """
    minutes = require_parameter_number(session, MOST_APART, day_of(now), ())
    waiting = _find_waiting(session)
    late = waiting is not None and now - waiting > timedelta(minutes=minutes)
    return Gap(waiting, None, minutes) if waiting is not None and late else None


def find_gap(session: Session, now: datetime) -> Gap | None:
    """Return the gap that is open now, else the longest of thirty days; none where all is in time.

    Raises Refused parameter_missing.
    """
    standing = find_open_gap(session, now)
    if standing is not None:
        return standing
    minutes = require_parameter_number(session, MOST_APART, day_of(now), ())
    most = timedelta(minutes=minutes)
    first = AuditSeal.__table__.alias()
    rows = session.execute(
        select(AuditCheckpoint.signed_at, first.c.sealed_at)
        .join(first, first.c.seq == AuditCheckpoint.first_seq)
        .where(AuditCheckpoint.signed_at > now - LOOKED_BACK)
    )
    late = [
        (signed - sealed, Gap(sealed, signed, minutes)) for signed, sealed in rows if signed - sealed > most
    ]
    return max(late, key=lambda each: each[0])[1] if late else None


def _find_waiting(session: Session) -> datetime | None:
    """Return since when the oldest row waits that no checkpoint stands over."""
    anchored = session.scalar(select(func.max(AuditCheckpoint.seq))) or 0
    sealed_at = session.scalar(
        select(AuditSeal.sealed_at).where(AuditSeal.seq > anchored).order_by(AuditSeal.seq).limit(1)
    )
    if sealed_at is not None:
        return sealed_at
    last = session.scalar(select(AuditSeal.audit_row_id).order_by(AuditSeal.seq.desc()).limit(1)) or 0
    return session.scalar(select(AuditRow.at).where(AuditRow.id > last).order_by(AuditRow.id).limit(1))


def tell_anchor(session: Session, until: datetime | None = None) -> str:
    """Return the newest checkpoint in one line, so that the paper it stands on is kept as an anchor.

    Or the newest signed until a moment, where the same paper is to be the same whenever it is printed.
    """
    query = select(AuditCheckpoint).order_by(AuditCheckpoint.seq.desc()).limit(1)
    if until is not None:
        query = query.where(AuditCheckpoint.signed_at <= until)
    newest = session.scalars(query).first()
    if newest is None:
        return UNANCHORED
    signed = f"{newest.signed_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    root = f"，默克尔根 {newest.merkle_root}" if newest.merkle_root else ""
    return f"第 {newest.seq} 条，{signed}，链头 {newest.chain_hash}{root}，公钥 {newest.key_id}"

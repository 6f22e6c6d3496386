"""What is otherwise in a class people are moved to: said before it is decided, and to whoever is moved."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.vouchers import Voucher
from voucher.rules.training import attendance_share
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.queries.hours import count_hours, read_bars


@dataclass(frozen=True, slots=True)
class Differing:
    """The hours and last days of the class left and the one joined, and what the latter has held already."""

    hours: tuple[int, int]
    ends_on: tuple[date, date]
    held: int
    hours_held: int

    @property
    def words(self) -> list[str]:
        """Return every difference as a sentence; none where nothing is otherwise."""
        (hours, hours_there), (ends_on, ends_there) = self.hours, self.ends_on
        told = []
        if hours_there < hours:
            told.append(f"新班计划 {hours_there} 学时，比原班少 {hours - hours_there} 学时")
        if ends_there != ends_on:
            later = "晚" if ends_there > ends_on else "早"
            days = abs((ends_there - ends_on).days)
            told.append(f"新班 {ends_there.isoformat()} 结班，比原班{later} {days} 天，取证期限跟着变")
        if self.held:
            told.append(f"新班已上过 {self.held} 次课、{self.hours_held} 学时，这些课不能补")
        return told


def compare(session: Session, former: TrainingClass, target: TrainingClass, at: datetime) -> Differing:
    """Return what is otherwise in a class people are moved to at a moment."""
    held, hours_held = session.execute(
        select(func.count(), func.coalesce(func.sum(ClassSession.hours), 0)).where(
            ClassSession.class_id == target.id, ClassSession.starts_at <= at
        )
    ).one()
    return Differing(
        (former.hours_planned, target.hours_planned), (former.ends_on, target.ends_on), held, hours_held
    )


def count_falling_short(
    session: Session, target: TrainingClass, voucher_ids: Collection[int], at: datetime
) -> int:
    """Return how many could not finish a class any more though they sat in all that is left of it.

    Raises Refused parameter_missing.
    """
    left: int = session.execute(
        select(func.coalesce(func.sum(ClassSession.hours), 0)).where(
            ClassSession.class_id == target.id, ClassSession.starts_at > at
        )
    ).scalar_one()
    moved: Sequence[int] = session.scalars(
        select(Voucher.id).where(Voucher.id.in_(sorted(voucher_ids))).order_by(Voucher.id)
    ).all()
    hours, bars = count_hours(session, target, moved), read_bars(session, target)
    return sum(
        attendance_share(hours.get(each, 0) + left, target.hours_planned) < bars.share_bp for each in moved
    )


def warn_of_move(
    session: Session,
    former: TrainingClass,
    target: TrainingClass,
    voucher_ids: Collection[int],
    at: datetime,
) -> list[str]:
    """Return what whoever decides a move should know of the class people go to. Raises parameter_missing."""
    told = compare(session, former, target, at).words
    short = count_falling_short(session, target, voucher_ids, at)
    if short:
        told.append(f"其中 {short} 人把新班剩下的课全上完，学时也不够结业，要先请机构加课")
    return told

"""What an institution asks of a timetable, read against what stands."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import reason
from voucher.rules.timetables import SOURCE
from voucher.stages.train.alterations import Alteration, Planned, next_position, plan_of
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.reading import SESSION_MISSING, list_sessions, place_of, teacher_of

NOTHING_CHANGED = reason(
    "timetable_unchanged",
    "填写的时间、学时、教师、地点与现在的一样，或同一次课填了两遍",
    "请修改要变更的课次后重新提交",
    SOURCE,
)
HOURS_NONE = reason(
    "class_session_hours_none",
    "第 {position} 次课的学时填写了 {hours}，不足 1 学时",
    "请填写 1 以上的整数；这次课不上了的，请勾选“取消”",
    SOURCE,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a session is to be; None leaves it. A start without an end keeps how long it takes."""

    session_id: int
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    hours: int | None = None
    teacher: str | None = None
    place: str | None = None
    drop: bool = False


@dataclass(frozen=True, slots=True)
class Addition:
    """A session to be added; teacher and place are those of the class where none is named."""

    mode: str
    topic: str
    starts_at: datetime
    ends_at: datetime
    hours: int
    teacher: str | None = None
    place: str | None = None


def read_wanted(
    work: Work, found: TrainingClass, wanted: Sequence[Wanted], additions: Sequence[Addition]
) -> Alteration:
    """Return what really changes.

    Raises Refused class_session_missing, class_session_hours_none, timetable_unchanged.
    """
    held = {each.id: each for each in list_sessions(work.session, found.id)}
    if len({each.session_id for each in wanted}) != len(wanted):
        raise NOTHING_CHANGED.refused()
    moved, dropped = [], []
    for each in wanted:
        known = held.get(each.session_id)
        if known is None:
            raise SESSION_MISSING.refused()
        new = _plan_change(found, known, each)
        if new.hours < 1 and not each.drop:
            raise HOURS_NONE.refused(position=known.position, hours=new.hours)
        if each.drop:
            dropped.append(known)
        elif new != plan_of(found, known):
            moved.append((known, new))
    first = next_position(work.session, found.id)
    added = [
        Planned(
            position, each.mode, each.topic.strip(), each.starts_at, each.ends_at, each.hours,
            (each.teacher or "").strip() or found.teacher, (each.place or "").strip() or found.place,
        )
        for position, each in enumerate(additions, first)
    ]  # fmt: skip
    altered = Alteration(tuple(moved), tuple(added), tuple(dropped))
    if not altered.count:
        raise NOTHING_CHANGED.refused()
    return altered


def _plan_change(found: TrainingClass, known: ClassSession, wanted: Wanted) -> Planned:
    starts_at = wanted.starts_at or known.starts_at
    return Planned(
        known.position,
        known.mode,
        known.topic,
        starts_at,
        wanted.ends_at or starts_at + (known.ends_at - known.starts_at),
        known.hours if wanted.hours is None else wanted.hours,
        (wanted.teacher or "").strip() or teacher_of(found, known),
        (wanted.place or "").strip() or place_of(found, known),
    )

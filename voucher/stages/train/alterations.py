"""What a change does to a timetable: sessions that become otherwise, new ones, ones that fall away."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.rules.calendar import shanghai_date
from voucher.rules.classes import OFFLINE
from voucher.rules.timetables import Outline
from voucher.stages.train.filed import read_site
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.timetables import SessionChange, TimetableChange
from voucher.stages.train.reading import list_sessions, place_of, teacher_of

CHANGE, ADD, DROP = "change", "add", "drop"


@dataclass(frozen=True, slots=True)
class Planned:
    """One session as it stands, or as it is to be."""

    position: int
    mode: str
    topic: str
    starts_at: datetime
    ends_at: datetime
    hours: int
    teacher: str
    place: str


@dataclass(frozen=True, slots=True)
class Alteration:
    """The sessions a change touches; a number (position) once given is never given again."""

    moved: tuple[tuple[ClassSession, Planned], ...] = ()
    added: tuple[Planned, ...] = ()
    dropped: tuple[ClassSession, ...] = ()

    @property
    def planned(self) -> list[Planned]:
        """Return the sessions it writes anew."""
        return [*(new for _, new in self.moved), *self.added]

    @property
    def touched(self) -> list[ClassSession]:
        """Return the sessions that stand and do not stay as they are."""
        return [*(held for held, _ in self.moved), *self.dropped]

    @property
    def count(self) -> int:
        """Return how many sessions it is about."""
        return len(self.moved) + len(self.added) + len(self.dropped)

    @property
    def earliest(self) -> datetime:
        """Return the first moment it touches, as it was or as it is to be."""
        return min([each.starts_at for each in self.touched] + [each.starts_at for each in self.planned])


AS_IT_STANDS = Alteration()


def plan_of(found: TrainingClass, held: ClassSession) -> Planned:
    """Return a session as it stands."""
    return Planned(
        held.position, held.mode, held.topic, held.starts_at, held.ends_at, held.hours,
        teacher_of(found, held), place_of(found, held),
    )  # fmt: skip


def list_planned(session: Session, found: TrainingClass, altered: Alteration = AS_IT_STANDS) -> list[Planned]:
    """Return every session of a class as it is to be, in order."""
    new = {held.id: planned for held, planned in altered.moved}
    gone = {held.id for held in altered.dropped}
    kept = [
        new.get(held.id) or plan_of(found, held)
        for held in list_sessions(session, found.id)
        if held.id not in gone
    ]
    return sorted([*kept, *altered.added], key=lambda each: each.starts_at)


def outline_of(session: Session, found: TrainingClass, altered: Alteration = AS_IT_STANDS) -> Outline:
    """Return hours, days and sites of a class, as they stand or as a change leaves them.

    The first and the last day follow their session where that moves to another day.
    """
    former, planned = list_planned(session, found), list_planned(session, found, altered)
    starts_on, ends_on = found.starts_on, found.ends_on
    first, last = shanghai_date(planned[0].starts_at), _last_day(planned)
    if first != shanghai_date(former[0].starts_at):
        starts_on = first
    if last != _last_day(former):
        ends_on = last
    offline = sum(each.hours for each in planned if each.mode == OFFLINE)
    hours = (offline, sum(each.hours for each in planned) - offline)
    places = set() if altered.count else {found.place}
    places |= {each.place for each in planned if each.mode == OFFLINE}
    return Outline(hours, starts_on, ends_on, frozenset(read_site(session, found, each) for each in places))


def _last_day(planned: Iterable[Planned]) -> date:
    return max(shanghai_date(each.ends_at) for each in planned)


def next_position(session: Session, class_id: int) -> int:
    """Return the number of the next session: none that was ever given, also to one that fell away."""
    standing = select(func.max(ClassSession.position)).where(ClassSession.class_id == class_id)
    once = (
        select(func.max(SessionChange.position))
        .join(TimetableChange, TimetableChange.id == SessionChange.change_id)
        .where(TimetableChange.class_id == class_id)
    )
    return max(session.scalar(standing) or 0, session.scalar(once) or 0) + 1


def rows_of(change_id: int, found: TrainingClass, altered: Alteration) -> list[SessionChange]:
    """Return what is kept of a change: every session it touches, as it was and as it is to be."""
    rows = []
    for held, planned in altered.moved:
        rows.append(_row(change_id, CHANGE, planned, held.id))
        _write(rows[-1], "former_", plan_of(found, held))
        _write(rows[-1], "", planned)
    for held in altered.dropped:
        rows.append(_row(change_id, DROP, plan_of(found, held), held.id))
        _write(rows[-1], "former_", plan_of(found, held))
    for planned in altered.added:
        rows.append(_row(change_id, ADD, planned, None))
        _write(rows[-1], "", planned)
    return rows


def read_rows(
    found: TrainingClass, rows: Iterable[SessionChange], held: Mapping[int, ClassSession]
) -> Alteration | None:
    """Return the change that was kept; None where one of its sessions is not any more what it was then."""
    moved, added, dropped = [], [], []
    for row in rows:
        known = held.get(row.session_id) if row.session_id is not None else None
        if row.kind != ADD and (known is None or not _stands(row, plan_of(found, known))):
            return None
        planned = _read(row)
        if known is None and planned is not None:
            added.append(planned)
        elif known is not None and planned is not None:
            moved.append((known, planned))
        elif known is not None:
            dropped.append(known)
    return Alteration(tuple(moved), tuple(added), tuple(dropped))


def _row(change_id: int, kind: str, planned: Planned, session_id: int | None) -> SessionChange:
    return SessionChange(
        change_id=change_id,
        kind=kind,
        session_id=session_id,
        position=planned.position,
        mode=planned.mode,
        topic=planned.topic,
    )


def _write(row: SessionChange, side: str, planned: Planned) -> None:
    for name in ("starts_at", "ends_at", "hours", "teacher", "place"):
        setattr(row, f"{side}{name}", getattr(planned, name))


def _stands(row: SessionChange, planned: Planned) -> bool:
    former = (
        row.former_starts_at, row.former_ends_at, row.former_hours, row.former_teacher, row.former_place,
    )  # fmt: skip
    return former == (planned.starts_at, planned.ends_at, planned.hours, planned.teacher, planned.place)


def _read(row: SessionChange) -> Planned | None:
    """Return what a session is to be; None where it falls away."""
    if row.starts_at is None or row.ends_at is None or row.hours is None:
        return None
    return Planned(
        row.position, row.mode, row.topic, row.starts_at, row.ends_at, row.hours, row.teacher or "",
        row.place or "",
    )  # fmt: skip

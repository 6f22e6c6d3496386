"""What an intake (开班名册) is checked for: the seats of its class, and where else its people are taught."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.states import StateEvent
from voucher.ledger.vouchers import Voucher
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, tables
from voucher.rules.classes import Slot, may_clash
from voucher.rules.errors import Family, Refusal, Refused, reason
from voucher.rules.intakes import (
    INTAKE_DENIED,
    INTAKE_MISSING,
    SOURCE,
    check_intake_kept,
    check_intake_size,
    check_not_booked,
    check_on_intake,
)
from voucher.rules.lifecycle import Thing
from voucher.stages.train.models.classes import ClassSession, TrainingClass
from voucher.stages.train.models.intake_denials import IntakeDenial
from voucher.stages.train.models.intakes import ClassIntake
from voucher.stages.train.models.places import Enrolment
from voucher.stages.train.reading import SEATED, list_sessions, slots_of

SIZE, REPLACED, NEEDED = "class_size", "class_intake_replaced_share", "class_intake_needed"
TOLD = 10
LIVE = ("filed", "approved", "running")
# vouchers their class was, or is to be, taught for: what is wrong with them is said of the voucher
PLACED = (*SEATED, "trained", "assessed", "certified", "settled", "completed")

PEOPLE_BOOKED = reason(
    "class_intake_people_booked",
    "开班名册上有 {count} 人同一时间在本机构别的班上课：{told}",
    "请从名册去掉这些人，或由本人先退出另一个班，再提交",
    SOURCE,
    Family.CONFLICT,
)


def list_named(session: Session, class_id: int) -> list[int]:
    """Return the people on the intake of a class, in the order they were put there."""
    standing = select(ClassIntake.person_id).where(
        ClassIntake.class_id == class_id, ClassIntake.removed_at.is_(None)
    )
    return list(session.scalars(standing.order_by(ClassIntake.id)))


def list_struck(session: Session, class_id: int) -> set[int]:
    """Return the people the office struck off the intake of a class: they are not put back."""
    struck = select(ClassIntake.person_id).where(
        ClassIntake.class_id == class_id, ClassIntake.removed_why.is_not(None)
    )
    return set(session.scalars(struck))


def list_seats(session: Session, person_id: int) -> set[int]:
    """Return the classes a person sits in, or was taught in."""
    mine = _sitting(PLACED).with_only_columns(Enrolment.class_id).where(Enrolment.person_id == person_id)
    return set(session.scalars(mine))


def is_seated(session: Session, class_id: int, person_id: int) -> bool:
    """Return whether a person sits in a class, or was taught in it."""
    sitting = _sitting(PLACED).where(Enrolment.class_id == class_id, Enrolment.person_id == person_id)
    return session.scalar(sitting.limit(1)) is not None


def is_denied(session: Session, class_id: int, person_id: int) -> bool:
    """Return whether a person says that he never asked for a class, and the office has still to answer."""
    denied = select(IntakeDenial.id).where(
        IntakeDenial.class_id == class_id,
        IntakeDenial.person_id == person_id,
        IntakeDenial.answered_at.is_(None),
        IntakeDenial.taken_back_at.is_(None),
    )
    return session.scalar(denied.limit(1)) is not None


def count_denied(session: Session, class_id: int) -> int:
    """Return how many people say that they never asked for a class, and wait for the office."""
    denied = select(func.count()).where(
        IntakeDenial.class_id == class_id,
        IntakeDenial.answered_at.is_(None),
        IntakeDenial.taken_back_at.is_(None),
    )
    return session.scalar(denied) or 0


def list_sitting(session: Session, class_id: int) -> list[int]:
    """Return the people who sit in a class."""
    return list(session.scalars(_sitting().where(Enrolment.class_id == class_id)))


def check_free_intake(session: Session, found: TrainingClass, named: Sequence[int]) -> None:
    """Refuse people on an intake who sit in another class of the same institution at the time.

    Who sits elsewhere is for the office to see: `tell_clashes`. Raises class_intake_people_booked.
    """
    mine = slots_of(list_sessions(session, found.id))
    booked = find_booked(session, found, named, mine)
    own = {person_id: [each for each in taken if each[0]] for person_id, taken in booked.items()}
    told = [
        (place, refusal)
        for place, each in enumerate(named, start=1)
        if (refusal := find_clash(mine, own.get(each, ()))) is not None
    ]
    if told:
        lines = [{"place": place, "code": each.code, "title": each.title} for place, each in told]
        said = "；".join(f"第 {place} 人：{each.title}" for place, each in told[:TOLD])
        raise PEOPLE_BOOKED.refused(count=len(told), told=said, lines=lines)


def tell_clashes(session: Session, found: TrainingClass, named: Sequence[int]) -> list[str]:
    """Return what the office is to look at: who of an intake sits elsewhere then, who is expected there."""
    mine = slots_of(list_sessions(session, found.id))
    expected = select(ClassIntake.person_id, ClassIntake.class_id).where(
        ClassIntake.person_id.in_(named), ClassIntake.removed_at.is_(None)
    )
    clashing = (
        ("同一时间在别的班上课，报名会被拒", find_booked(session, found, named, mine)),
        ("同一时间也在别的班的名册上，请核实上哪个班", _read_slots(session, found, expected, mine)),
    )
    told = []
    for words, taken in clashing:
        places = [
            str(place)
            for place, each in enumerate(named, start=1)
            if any(may_clash(slot, held) for _, slot in taken.get(each, ()) for held in mine)
        ]
        if places:
            more = "等" if len(places) > TOLD else ""
            told.append(f"名册第 {'、'.join(places[:TOLD])}{more} 人（共 {len(places)} 人）{words}")
    return told


def check_sized_intake(session: Session, found: TrainingClass, size: int) -> None:
    """Refuse an intake larger than its class, or than any. Raises class_too_large, class_intake_too_large."""
    regions = catalogue.list_ancestry(session, found.region_code)
    largest = tables.read_parameter_number(session, SIZE, found.starts_on, regions)
    check_intake_size(size, found.capacity, largest)


def check_filed_intake(work: Work, found: TrainingClass) -> int | None:
    """Return how many people a class is to be opened for, None without an intake; refuse too many of them.

    Raises Refused class_intake_missing where one is asked for, class_too_large, class_intake_too_large.
    """
    named = list_named(work.session, found.id)
    regions = catalogue.list_ancestry(work.session, found.region_code)
    if not named:
        if tables.read_flag(work.session, NEEDED, found.starts_on, regions):
            raise INTAKE_MISSING.refused()
        return None
    check_sized_intake(work.session, found, len(named))
    return len(named)


def check_named(work: Work, found: TrainingClass, person_id: int) -> None:
    """Refuse somebody a class with an intake was not opened for, or who says he never asked for it.

    Raises Refused not_on_class_intake, class_intake_denied.
    """
    standing = select(ClassIntake.id).where(
        ClassIntake.class_id == found.id,
        ClassIntake.removed_at.is_(None),
        ClassIntake.person_id == person_id,
    )
    filed = found.intake_size is not None
    check_on_intake(filed=filed, named=filed and work.session.scalar(standing) is not None)
    if is_denied(work.session, found.id, person_id):
        raise INTAKE_DENIED.refused()


def check_kept_intake(
    session: Session, found: TrainingClass, standing: Collection[int], fresh: Collection[int]
) -> None:
    """Refuse to make an allowed intake another one by putting people on it.

    Raises Refused class_intake_not_approved, class_intake_grown, class_intake_replaced.
    """
    regions = catalogue.list_ancestry(session, found.region_code)
    share_bp = tables.read_parameter_number(session, REPLACED, found.starts_on, regions)
    since = _approved_at(session, found.id)
    ever = select(ClassIntake.person_id).where(
        ClassIntake.class_id == found.id,
        or_(ClassIntake.removed_at.is_(None), ClassIntake.removed_at >= since),
    )
    people = {*session.scalars(ever), *fresh}
    replaced = len(people) - (found.intake_size or 0)
    check_intake_kept(found.intake_size, len({*standing, *fresh}), replaced, share_bp)


def count_changed(session: Session, class_id: int) -> tuple[int, int]:
    """Return how many people came on an intake, and went from it, after its class was allowed."""
    since = _approved_at(session, class_id)
    if since is None:
        return 0, 0
    mine = select(func.count()).where(ClassIntake.class_id == class_id)
    came = session.scalar(mine.where(ClassIntake.listed_at > since))
    return came or 0, session.scalar(mine.where(ClassIntake.removed_at >= since)) or 0


def _approved_at(session: Session, class_id: int) -> datetime | None:
    approved = select(func.max(StateEvent.at)).where(
        StateEvent.thing == str(Thing.CLASS), StateEvent.object_id == class_id, StateEvent.event == "approve"
    )
    return session.scalar(approved)


def find_booked(
    session: Session, found: TrainingClass, person_ids: Collection[int], mine: Sequence[Slot]
) -> Mapping[int, Sequence[tuple[str, Slot]]]:
    """Return in which other classes (number, when) people sit during these hours.

    Only a class of the same institution is named: where people are taught elsewhere is not its business. That
    another institution put somebody on an intake bars nothing, or whoever writes a name down first wins.
    """
    sitting = _sitting().with_only_columns(Enrolment.person_id, Enrolment.class_id)
    return _read_slots(session, found, sitting.where(Enrolment.person_id.in_(sorted(person_ids))), mine)


def _sitting(states: Sequence[str] = SEATED) -> Select[int]:
    """Return the query for the people who sit in any class, their vouchers in these states."""
    return (
        select(Enrolment.person_id)
        .join(Voucher, Voucher.id == Enrolment.voucher_id)
        .where(Enrolment.ended_at.is_(None), Voucher.state.in_(states))
    )


def _read_slots(
    session: Session, found: TrainingClass, wanted: Select[int, int], mine: Sequence[Slot]
) -> Mapping[int, Sequence[tuple[str, Slot]]]:
    """Return when the classes of people are taught, from the first to the last of these hours."""
    booked: dict[int, list[tuple[str, Slot]]] = {}
    for person_id, other, slot in _list_slots(session, found, wanted, mine):
        own = found.institution_id in (other.institution_id, other.delivering_institution_id)
        booked.setdefault(person_id, []).append((other.number if own else "", slot))
    return booked


def _list_slots(
    session: Session, found: TrainingClass, wanted: Select[int, int], mine: Sequence[Slot]
) -> Iterator[tuple[int, TrainingClass, Slot]]:
    if not mine:
        return
    there = wanted.subquery()
    rows = session.execute(
        select(there.c.person_id, TrainingClass, ClassSession)
        .join(TrainingClass, TrainingClass.id == there.c.class_id)
        .join(ClassSession, ClassSession.class_id == TrainingClass.id)
        .where(
            TrainingClass.id != found.id,
            TrainingClass.state.in_(LIVE),
            ClassSession.ends_at > min(each.starts_at for each in mine),
            ClassSession.starts_at < max(each.ends_at for each in mine),
        )
        .order_by(ClassSession.starts_at, ClassSession.id)
    )
    for person_id, other, held in rows:
        yield person_id, other, Slot(held.starts_at, held.ends_at)


def find_clash(mine: Sequence[Slot], taken: Sequence[tuple[str, Slot]]) -> Refusal | None:
    """Return why somebody booked so cannot be taught then, None where nothing is in the way."""
    try:
        check_not_booked(mine, taken)
    except Refused as refused:
        return refused.refusal
    return None

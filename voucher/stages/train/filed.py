"""Whether a class is within what its institutions filed: licences, occupations and levels, teacher, room.

An institution taken over from a published list, which never filed here, is not asked for what it never
stated; its list says what it may train where that names occupations.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry import catalogue
from voucher.registry.filing.models import Filing, FilingRoom, FilingScope, FilingTeacher
from voucher.registry.filing.reading import find_in_force
from voucher.registry.institutions import Institution
from voucher.registry.listing import read_listed_scope
from voucher.registry.people import Person, name_index_of
from voucher.rules.classes import ONLINE
from voucher.rules.filing import (
    ROOM_UNFILED,
    TEACHER_UNFILED,
    check_licensed,
    check_room,
    check_scope,
    check_teacher,
)
from voucher.rules.names import normalise_name, same_name
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.pricing import canonical_trade


def check_filed(session: Session, keyring: Keyring, found: TrainingClass) -> None:
    """Refuse a class outside what its institutions filed.

    Raises licence_expired, outside_filed_scope, teacher_not_filed, teacher_not_qualified, room_not_filed,
    room_too_small.
    """
    check_houses_licensed(session, found)
    check_class_scope(session, found)
    check_filed_teacher(session, keyring, found)
    check_filed_room(session, found)


def check_houses_licensed(session: Session, found: TrainingClass) -> None:
    """Refuse a class that begins after the licences of its institutions end. Raises licence_expired."""
    houses = {found.institution_id, found.delivering_institution_id}
    for house in session.scalars(
        select(Institution).where(Institution.id.in_(houses)).order_by(Institution.id)
    ):
        check_licensed(house.name, house.licensed_until, found.starts_on)


def check_class_scope(session: Session, found: TrainingClass) -> None:
    """Refuse an occupation and level the responsible institution neither filed nor is listed for.

    Raises outside_filed_scope.
    """
    kind, year = found.certificate_kind, found.starts_on.year
    trade = canonical_trade(session, kind, found.trade_code)
    name = catalogue.name_trades(session, [trade]).get(trade, trade)
    in_force = find_in_force(session, found.institution_id)
    stated = [read_listed_scope(session, found.institution_id, year)]
    if in_force is not None:
        rows = session.execute(
            select(FilingScope.trade_code, FilingScope.level).where(FilingScope.filing_id == in_force.id)
        )
        stated.append({(code, level) for code, level in rows})
    for scope in stated:
        allowed = {(canonical_trade(session, kind, code), level) for code, level in scope}
        check_scope(allowed, trade, found.level, name, year)


def check_filed_teacher(session: Session, keyring: Keyring, found: TrainingClass) -> None:
    """Refuse a teacher the teaching institution has not filed, or not for this occupation until the end.

    Raises teacher_not_filed, teacher_not_qualified.
    """
    in_force = find_in_force(session, found.delivering_institution_id)
    if in_force is None:
        return
    teacher = _find_teacher(session, keyring, in_force, found.teacher)
    if teacher is None:
        raise TEACHER_UNFILED.refused(teacher=found.teacher)
    kind = found.certificate_kind
    trades = {canonical_trade(session, kind, code) for code in teacher.trade_codes.split()}
    trade = canonical_trade(session, kind, found.trade_code)
    check_teacher(found.teacher, trades, teacher.until, trade, found.ends_on)


def check_filed_room(session: Session, found: TrainingClass) -> None:
    """Refuse a room the teaching institution has not filed, or with too few seats.

    Raises room_not_filed, room_too_small.
    """
    in_force = find_in_force(session, found.delivering_institution_id)
    if in_force is None or found.mode == ONLINE:
        return
    rooms = session.scalars(select(FilingRoom).where(FilingRoom.filing_id == in_force.id))
    room = next((each for each in rooms if same_name(each.name, found.place)), None)
    if room is None:
        raise ROOM_UNFILED.refused(room=found.place)
    check_room(room.name, room.seats, found.capacity)


def list_houses_of_teacher(session: Session, keyring: Keyring, found: TrainingClass) -> set[int]:
    """Return every institution whose filing in force names the teacher of a class, by person."""
    in_force = find_in_force(session, found.delivering_institution_id)
    teacher = _find_teacher(session, keyring, in_force, found.teacher) if in_force is not None else None
    if teacher is None:
        return set()
    houses = session.scalars(
        select(Filing.institution_id)
        .join(FilingTeacher, FilingTeacher.filing_id == Filing.id)
        .where(FilingTeacher.person_id == teacher.person_id, Filing.state == "accepted")
    )
    return {each for each in houses if each is not None}


def _find_teacher(session: Session, keyring: Keyring, filing: Filing, name: str) -> FilingTeacher | None:
    """Return the filed teacher of a name; names are compared sealed, by their blind index."""
    return session.scalars(
        select(FilingTeacher)
        .join(Person, Person.id == FilingTeacher.person_id)
        .where(
            FilingTeacher.filing_id == filing.id,
            Person.name_index == name_index_of(keyring, normalise_name(name)),
        )
        .order_by(FilingTeacher.id)
    ).first()

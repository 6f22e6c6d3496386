"""Whether a class is within what its institutions filed: licences, occupations and levels, teacher, room.

An institution taken over from a published list, which never filed here, is not asked for what it never
stated; its list says what it may train where that names occupations. Who teaches there is somebody known all
the same, from a day the parameters name: by an account of the institution that teaches.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.secrets import Keyring
from voucher.registry import catalogue
from voucher.registry.catalogue import Project
from voucher.registry.filing.models import Filing, FilingRoom, FilingScope, FilingTeacher
from voucher.registry.filing.reading import find_in_force
from voucher.registry.institutions import Institution
from voucher.registry.listing import read_listed_scope
from voucher.registry.people import Person, name_index_of
from voucher.registry.tables import read_flag
from voucher.registry.teaching import find_teaching_person
from voucher.rules.classes import ONLINE
from voucher.rules.filing import (
    ROOM_UNFILED,
    TEACHER_UNFILED,
    TEACHER_UNKNOWN,
    check_licensed,
    check_room,
    check_scope,
    check_scope_project,
    check_teacher,
)
from voucher.rules.names import normalise_name, same_name
from voucher.rules.positions import Position
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.pricing import canonical_trades

TEACHER_KNOWN = "class_teacher_known"


def check_filed(session: Session, keyring: Keyring, found: TrainingClass) -> None:
    """Refuse a class outside what its institutions filed.

    Raises licence_expired, outside_filed_scope, project_not_filed, teacher_not_filed, teacher_not_known,
    teacher_not_qualified, room_not_filed, room_too_small.
    """
    check_houses_licensed(session, found, found.starts_on)
    check_class_scope(session, found, found.starts_on)
    check_filed_teacher(session, keyring, found, found.teacher, found.ends_on)
    check_filed_room(session, found, found.place)


def check_houses_licensed(session: Session, found: TrainingClass, on: date) -> None:
    """Refuse a class that begins after the licences of its institutions end. Raises licence_expired."""
    houses = {found.institution_id, found.delivering_institution_id}
    for house in session.scalars(
        select(Institution).where(Institution.id.in_(houses)).order_by(Institution.id)
    ):
        check_licensed(house.name, house.licensed_until, on)


def check_class_scope(session: Session, found: TrainingClass, on: date) -> None:
    """Refuse an occupation and level the responsible institution neither filed nor is listed for.

    What it filed names the project as well. Raises outside_filed_scope, project_not_filed.
    """
    kind, year = found.certificate_kind, on.year
    in_force = find_in_force(session, found.institution_id)
    listed = read_listed_scope(session, found.institution_id, year)
    trades = canonical_trades(session, kind, [found.trade_code, *(code for code, _ in listed)])
    trade = trades[found.trade_code]
    name = catalogue.name_trades(session, [trade]).get(trade, trade)
    check_scope({(trades[code], level) for code, level in listed}, trade, found.level, name, year)
    if in_force is None:
        return
    rows = session.execute(
        select(FilingScope.trade_code, FilingScope.level, Project.name)
        .join(Project, Project.id == FilingScope.project_id)
        .where(FilingScope.filing_id == in_force.id)
    ).all()
    trades = canonical_trades(session, kind, [code for code, _, _ in rows])
    filed = {(trades[code], level, project) for code, level, project in rows}
    check_scope({(code, level) for code, level, _ in filed}, trade, found.level, name, year)
    project = session.get_one(Project, found.project_id).name
    check_scope_project(filed, trade, found.level, project, name)


def check_filed_teacher(
    session: Session, keyring: Keyring, found: TrainingClass, name: str, until: date
) -> None:
    """Refuse a teacher the teaching institution has not filed, or not for this occupation until the end.

    Raises teacher_not_filed, teacher_not_qualified, teacher_not_known.
    """
    in_force = find_in_force(session, found.delivering_institution_id)
    if in_force is None:
        _check_known_teacher(session, keyring, found, name)
        return
    teacher = _find_teacher(session, keyring, in_force, name)
    if teacher is None:
        raise TEACHER_UNFILED.refused(teacher=name)
    kind = found.certificate_kind
    taught = teacher.trade_codes.split()
    trades = canonical_trades(session, kind, [found.trade_code, *taught])
    check_teacher(name, {trades[code] for code in taught}, teacher.until, trades[found.trade_code], until)


def _check_known_teacher(session: Session, keyring: Keyring, found: TrainingClass, name: str) -> None:
    """Refuse a name without a person where nothing is filed: two houses could write it for one teacher."""
    regions = catalogue.list_ancestry(session, found.region_code)
    if not read_flag(session, TEACHER_KNOWN, found.starts_on, regions):
        return
    index = name_index_of(keyring, normalise_name(name))
    if find_teaching_person(session, found.delivering_institution_id, index, found.starts_on) is None:
        raise TEACHER_UNKNOWN.refused(teacher=name)


def check_filed_room(session: Session, found: TrainingClass, place: str) -> None:
    """Refuse a room the teaching institution has not filed, or with too few seats.

    Raises room_not_filed, room_too_small.
    """
    in_force = find_in_force(session, found.delivering_institution_id)
    if in_force is None or found.mode == ONLINE:
        return
    room = _find_room(session, in_force, place)
    if room is None:
        raise ROOM_UNFILED.refused(room=place)
    check_room(room.name, room.seats, found.capacity)


def find_room_position(session: Session, found: TrainingClass, place: str) -> Position | None:
    """Return where a filed room lies on the map; None where the filing does not say."""
    in_force = find_in_force(session, found.delivering_institution_id)
    room = _find_room(session, in_force, place) if in_force is not None else None
    if room is None or room.latitude_e6 is None or room.longitude_e6 is None:
        return None
    return Position(room.latitude_e6, room.longitude_e6)


def read_site(session: Session, found: TrainingClass, place: str) -> str:
    """Return the address a place lies at as filed; the place itself where nothing is filed of it."""
    in_force = find_in_force(session, found.delivering_institution_id)
    room = _find_room(session, in_force, place) if in_force is not None else None
    return room.address if room is not None else place


def houses_of_teachers(
    session: Session, keyring: Keyring, found: TrainingClass
) -> Callable[[str], set[int]]:  # fmt: skip
    """Return what tells the institutions whose filings in force name a teacher of a class, by person."""
    in_force = find_in_force(session, found.delivering_institution_id)

    def of(name: str) -> set[int]:
        teacher = _find_teacher(session, keyring, in_force, name) if in_force is not None else None
        if teacher is None:
            return set()
        houses = session.scalars(
            select(Filing.institution_id)
            .join(FilingTeacher, FilingTeacher.filing_id == Filing.id)
            .where(FilingTeacher.person_id == teacher.person_id, Filing.state == "accepted")
        )
        return {each for each in houses if each is not None}

    return of


def find_filed_teacher(session: Session, keyring: Keyring, found: TrainingClass, name: str) -> int | None:
    """Return the person of a filed teacher of a class; None where its institution has not filed that name."""
    in_force = find_in_force(session, found.delivering_institution_id)
    teacher = _find_teacher(session, keyring, in_force, name) if in_force is not None else None
    return teacher.person_id if teacher is not None else None


def _find_room(session: Session, filing: Filing, place: str) -> FilingRoom | None:
    """Return the filed room of a name."""
    rooms = session.scalars(select(FilingRoom).where(FilingRoom.filing_id == filing.id))
    return next((each for each in rooms if same_name(each.name, place)), None)


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

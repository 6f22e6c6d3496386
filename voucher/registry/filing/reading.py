"""Who may see and change which filing, what it holds, and by when it is to be answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from sqlalchemy import ColumnElement, Select, and_, func, or_, select
from sqlalchemy.orm import Session

from voucher.ledger.states import StateEvent
from voucher.plumbing.clock import day_of
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, people, subjects, tables
from voucher.registry.filing.models import (
    Filing,
    FilingLicence,
    FilingRoom,
    FilingRoomPhoto,
    FilingScope,
    FilingTeacher,
)
from voucher.registry.subjects import ORGANISATION
from voucher.registry.users import RoleGrant, in_force
from voucher.rules.actor import Actor, Role
from voucher.rules.calendar import WorkCalendar, add_workdays, count_workdays
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.filing import SOURCE
from voucher.rules.lifecycle import Thing

Part = TypeVar("Part", FilingLicence, FilingScope, FilingTeacher, FilingRoom, FilingRoomPhoto)

APPLICANTS = (Role.WORKER, Role.INSTITUTION_ADMIN)
OFFICERS = (Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)
LIMIT = "institution_filing_workdays"
LEGAL, CONTACT, MOBILE = "filing.legal_name", "filing.contact_name", "filing.contact_mobile"

FILING_MISSING = reason(
    "institution_filing_missing",
    "没有找到这件备案申请",
    "请从备案列表重新选择",
    SOURCE,
    Family.MISSING,
)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a filing holds beside its first page."""

    licences: Sequence[FilingLicence]
    scope: Sequence[FilingScope]
    teachers: Sequence[FilingTeacher]
    rooms: Sequence[FilingRoom]
    photos: Sequence[FilingRoomPhoto]


@dataclass(frozen=True, slots=True)
class Contact:
    """Who answers for an institution, as applicant and office may read it."""

    legal_name: str
    contact_name: str
    contact_mobile: str


@dataclass(frozen=True, slots=True)
class Due:
    """When a filing came in and by when it is answered; below zero working days left it is late."""

    filed_at: datetime
    due_on: date | None
    workdays_left: int | None


def is_applicant(session: Session, actor: Actor, filing: Filing, today: date) -> bool:
    """Return whether an actor acts for a filing: who administers its institution, or else who opened it.

    Once an institution has an administrator, whoever else opened a filing of it has no say any more.
    """
    house = filing.institution_id
    if house is not None and actor.serves(house, Role.INSTITUTION_ADMIN):
        return True
    if filing.applicant_person_id != actor.person_id or not actor.has(*APPLICANTS):
        return False
    return house is None or not has_administrator(session, house, today)


def has_administrator(session: Session, institution_id: int, today: date) -> bool:
    """Return whether somebody administers an institution on a day."""
    known = _administered(today).where(RoleGrant.institution_id == institution_id).limit(1)
    return session.scalar(known) is not None


def _administered(today: date) -> Select[int | None]:
    return select(RoleGrant.institution_id).where(
        RoleGrant.role == Role.INSTITUTION_ADMIN, RoleGrant.institution_id.is_not(None), in_force(today)
    )


def get_own_filing(work: Work, filing_id: int) -> Filing:
    """Return a filing of the actor's, locked. Raises Refused institution_filing_missing."""
    found = _lock(work, filing_id)
    if found is None or not is_applicant(work.session, work.actor, found, work.today):
        raise FILING_MISSING.refused()
    return found


def get_reached_filing(work: Work, filing_id: int) -> Filing:
    """Return a filing in an officer's regions, locked. Raises Refused institution_filing_missing."""
    found = _lock(work, filing_id)
    reach = frozenset[str]().union(*(work.actor.reach.get(role, frozenset()) for role in OFFICERS))
    if found is None or found.state == "draft" or found.region_code not in reach:
        raise FILING_MISSING.refused()
    return found


def get_filing_for(session: Session, actor: Actor, filing_id: int, today: date) -> Filing:
    """Return a filing the actor may look at; a draft is its applicant's alone.

    Raises Refused institution_filing_missing, also for a foreign one.
    """
    found = session.get(Filing, filing_id)
    if found is not None and (
        is_applicant(session, actor, found, today)
        or (found.state != "draft" and found.region_code in actor.regions)
    ):
        return found
    raise FILING_MISSING.refused()


def _lock(work: Work, filing_id: int) -> Filing | None:
    wanted = select(Filing).where(Filing.id == filing_id).execution_options(populate_existing=True)
    return work.session.scalars(wanted.with_for_update()).first()


def list_filings(
    session: Session,
    *,
    actor: Actor | None = None,
    today: date,
    regions: Collection[str] = (),
    state: str | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> Sequence[Filing]:
    """Return filings, the newest first: those of an applicant, or those of regions, drafts left out."""
    query = select(Filing).order_by(Filing.id.desc()).limit(limit)
    if actor is not None:
        query = query.where(_of(actor, today))
    else:
        query = query.where(Filing.region_code.in_(sorted(regions)), Filing.state != "draft")
    if state is not None:
        query = query.where(Filing.state == state)
    if before_id is not None:
        query = query.where(Filing.id < before_id)
    return session.scalars(query).all()


def _of(actor: Actor, today: date) -> ColumnElement[bool]:
    houses = sorted(
        grant.institution_id
        for grant in actor.grants
        if grant.role is Role.INSTITUTION_ADMIN and grant.institution_id is not None
    )
    opened = and_(
        Filing.applicant_person_id == actor.person_id,
        or_(Filing.institution_id.is_(None), Filing.institution_id.not_in(_administered(today))),
    )
    return or_(opened, Filing.institution_id.in_(houses))


def read_parts(session: Session, filing_id: int) -> Parts:
    """Return licences, scope, teachers, rooms and their photographs in the order they were added."""
    return Parts(
        session.scalars(_part(FilingLicence, filing_id)).all(),
        session.scalars(_part(FilingScope, filing_id)).all(),
        session.scalars(_part(FilingTeacher, filing_id)).all(),
        session.scalars(_part(FilingRoom, filing_id)).all(),
        session.scalars(_part(FilingRoomPhoto, filing_id)).all(),
    )


def _part(model: type[Part], filing_id: int) -> Select[Part]:
    return select(model).where(model.filing_id == filing_id).order_by(model.id)


def find_in_force(session: Session, institution_id: int) -> Filing | None:
    """Return the filing an institution works under; None where it never filed one here."""
    return session.scalars(
        select(Filing).where(Filing.institution_id == institution_id, Filing.state == "accepted")
    ).first()


def read_contact(session: Session, keyring: Keyring, filing: Filing) -> Contact | None:
    """Return who answers for a filing; None where the key is destroyed."""
    index = keyring.blind_index(ORGANISATION, filing.code)
    key = subjects.find_keys(session, keyring, [index]).get(index)
    if key is None:
        return None
    return Contact(
        keyring.unseal(key, LEGAL, filing.legal_name_sealed),
        keyring.unseal(key, CONTACT, filing.contact_name_sealed),
        keyring.unseal(key, MOBILE, filing.contact_mobile_sealed),
    )


def name_teachers(session: Session, keyring: Keyring, teachers: Sequence[FilingTeacher]) -> dict[int, str]:
    """Return the names of teachers by person."""
    read = people.read_people(session, keyring, [each.person_id for each in teachers])
    return {person_id: named.name for person_id, named in read.items()}


def is_filed_teacher(session: Session, person_id: int, on: date) -> bool:
    """Return whether a filing in force, or one being decided, names a person as a teacher on a day."""
    named = (
        select(FilingTeacher.id)
        .join(Filing, Filing.id == FilingTeacher.filing_id)
        .where(
            FilingTeacher.person_id == person_id,
            Filing.state.in_(("filed", "accepted")),
            or_(FilingTeacher.until.is_(None), FilingTeacher.until >= on),
        )
    )
    return session.scalar(named.limit(1)) is not None


def find_due(session: Session, filing: Filing, today: date) -> Due | None:
    """Return by when a filing is to be answered; None where it was never handed in."""
    return list_due(session, [filing], today).get(filing.id)


def list_due(session: Session, filings: Sequence[Filing], today: date) -> dict[int, Due]:
    """Return by when each filing is to be answered; those never handed in are left out."""
    rows = session.execute(
        select(StateEvent.object_id, func.max(StateEvent.at))
        .where(
            StateEvent.thing == str(Thing.FILING),
            StateEvent.object_id.in_([each.id for each in filings]),
            StateEvent.event == "file",
        )
        .group_by(StateEvent.object_id)
    )
    filed: dict[int, datetime] = dict(rows.all())
    handed_in = [each for each in filings if each.id in filed]
    if not handed_in:
        return {}
    calendar = tables.read_calendar(session)
    limits = {
        (region, filed_on): tables.read_parameter_number(
            session, LIMIT, filed_on, catalogue.list_ancestry(session, region)
        )
        for region, filed_on in {(each.region_code, day_of(filed[each.id])) for each in handed_in}
    }
    return {
        each.id: _due(
            filed[each.id], limits[each.region_code, day_of(filed[each.id])], calendar, today
        )
        for each in handed_in
    }  # fmt: skip


def _due(filed_at: datetime, workdays: int | None, calendar: WorkCalendar, today: date) -> Due:
    if not workdays:
        return Due(filed_at, None, None)
    try:
        due_on = add_workdays(day_of(filed_at), workdays, calendar, count_first=False)
        if today <= due_on:
            return Due(filed_at, due_on, count_workdays(today, due_on, calendar))
        return Due(filed_at, due_on, 1 - count_workdays(due_on, today, calendar))
    except Refused:
        return Due(filed_at, None, None)


def count_to_review(session: Session, regions: Collection[str]) -> tuple[int, datetime | None]:
    """Return how many filings of these regions wait for the office, and since when the oldest does."""
    row = session.execute(
        select(func.count(), func.min(StateEvent.at))
        .select_from(Filing)
        .join(
            StateEvent,
            and_(
                StateEvent.thing == str(Thing.FILING),
                StateEvent.object_id == Filing.id,
                StateEvent.seq == Filing.seq,
            ),
        )
        .where(Filing.state == "filed", Filing.region_code.in_(sorted(regions)))
    ).one()
    return int(row[0]), row[1]

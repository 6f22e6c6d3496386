"""Who teaches at institutions: filed teachers, and accounts that teach or keep the books there."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.registry.filing.models import Filing, FilingTeacher
from voucher.registry.people import Person
from voucher.registry.users import RoleGrant, UserAccount, in_force
from voucher.rules.actor import Role

TEACHING = (Role.TEACHER, Role.REGISTRAR, Role.INSTITUTION_ADMIN)


def find_teaching_person(session: Session, institution_id: int, name_index: str, on: date) -> int | None:
    """Return the person of a name (by its blind index) with an open teacher's account at an institution.

    Who only keeps the books or runs it is known to it, and teaches nobody.
    """
    return session.scalars(
        select(UserAccount.person_id)
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .join(Person, Person.id == UserAccount.person_id)
        .where(
            RoleGrant.institution_id == institution_id,
            RoleGrant.role == str(Role.TEACHER),
            UserAccount.disabled_at.is_(None),
            in_force(on),
            Person.name_index == name_index,
        )
        .order_by(UserAccount.person_id)
        .limit(1)
    ).first()


def list_teaching_persons(session: Session, institution_ids: Collection[int], on: date) -> set[int]:
    """Return the persons behind the teachers and the staff of institutions on a day."""
    wanted = sorted(institution_ids)
    filed = session.scalars(
        select(FilingTeacher.person_id)
        .join(Filing, Filing.id == FilingTeacher.filing_id)
        .where(Filing.institution_id.in_(wanted), Filing.state == "accepted")
    ).all()
    granted = session.scalars(
        select(UserAccount.person_id)
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .where(RoleGrant.institution_id.in_(wanted), RoleGrant.role.in_(TEACHING), in_force(on))
    ).all()
    return {*filed, *(each for each in granted if each is not None)}

"""Whose telephone number can be believed: not one that only an institution's own staff has put on record.

An institution that writes its own telephone beside a worker's name must not be able to sign in as the worker.
The trail says who gave a number last: the office, the person who proved it, or an institution.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Text, and_, func, or_, select, type_coerce
from sqlalchemy.orm import Session

from voucher.ledger.audit import AuditRow
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import LOOKUP_CHUNK
from voucher.registry.users import RoleGrant

PERSON, CONFIRMED = "person", "confirm_mobile"


def find_unvouched(session: Session, person_ids: Iterable[int]) -> set[int]:
    """Return the people whose number was given last by somebody of an institution."""
    words = type_coerce(AuditRow.content, Text)
    giving = or_(
        AuditRow.act.in_(("open", CONFIRMED)),
        and_(AuditRow.act == "update", words.contains('"mobile_index"')),
    )
    of_an_institution = select(RoleGrant.user_id).where(RoleGrant.institution_id.is_not(None))
    found: set[int] = set()
    ordered = sorted(set(person_ids))
    for start in range(0, len(ordered), LOOKUP_CHUNK):
        last = (
            select(func.max(AuditRow.id))
            .where(
                AuditRow.thing == PERSON,
                AuditRow.object_id.in_(ordered[start : start + LOOKUP_CHUNK]),
                giving,
            )
            .group_by(AuditRow.object_id)
        )
        found.update(
            session.scalars(
                select(AuditRow.object_id).where(
                    AuditRow.id.in_(last), AuditRow.actor_user_id.in_(of_an_institution)
                )
            )
        )
    return found


def is_vouched(work: Work, person_id: int) -> bool:
    """Return whether a person's number was given by the person or by the office."""
    return person_id not in find_unvouched(work.session, [person_id])

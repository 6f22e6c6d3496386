"""What every page of an institution asks first: for which institutions the visitor works, and as what."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.doors.auth.entries import INSTITUTION_DESK, INSTITUTION_STAFF
from voucher.doors.auth.visitors import current_actor
from voucher.registry.institutions import Institution
from voucher.rules.actor import Role
from voucher.stages.train import queries as training
from voucher.stages.train.models.classes import TrainingClass
from voucher.stages.train.reading import CLASS_MISSING


def my_houses(roles: frozenset[Role] = INSTITUTION_STAFF) -> list[int]:
    """Return the institutions the visitor works for in one of these roles, in order."""
    return sorted(
        {
            grant.institution_id
            for grant in current_actor().grants
            if grant.institution_id is not None and grant.role in roles
        }
    )


def list_houses(session: Session, roles: frozenset[Role] = INSTITUTION_DESK) -> list[Institution]:
    """Return these institutions themselves."""
    wanted = select(Institution).where(Institution.id.in_(my_houses(roles))).order_by(Institution.id)
    return list(session.scalars(wanted))


def get_my_class(
    session: Session, class_id: int, roles: frozenset[Role] = INSTITUTION_STAFF
) -> TrainingClass:
    """Return a class the visitor's institution answers for or teaches. Raises Refused class_missing."""
    found = training.get_class(session, class_id)
    if not {found.institution_id, found.delivering_institution_id} & set(my_houses(roles)):
        raise CLASS_MISSING.refused()
    return found


def answers_for(found: TrainingClass) -> bool:
    """Return whether the visitor keeps the desk of the institution that answers for a class (主办)."""
    return found.institution_id in my_houses(INSTITUTION_DESK)

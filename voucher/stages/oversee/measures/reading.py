"""One measure for whoever may deal with it: institution locked before it, in reach, and not the own house."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.plumbing.unit_of_work import Work
from voucher.registry.sanctions import lock_institution
from voucher.registry.users import RoleGrant, UserAccount
from voucher.rules.errors import Family, reason
from voucher.rules.measures import SOURCE
from voucher.stages.oversee.measures.models import Measure

MEASURE_MISSING = reason(
    "measure_missing",
    "没有找到这项处置",
    "请从“处置”列表重新选择",
    SOURCE,
    Family.MISSING,
)
MEASURE_OWN = reason(
    "measure_own_institution",
    "您在这家机构任职，不能办理对它的处置",
    "请由与该机构无关的人办理",
    SOURCE,
    Family.FORBIDDEN,
)


def load_measure(work: Work, measure_id: int) -> Measure:
    """Return a measure, locked after its institution, for whoever may take its step and is not of the house.

    Raises Refused measure_missing (also for a foreign one), role_missing, institution_absent,
    measure_own_institution.
    """
    known = work.session.get(Measure, measure_id)
    if known is None or known.region_code not in work.actor.regions:
        raise MEASURE_MISSING.refused()
    lock_institution(work, known.institution_id, known.step)
    check_apart(work, known.institution_id)
    return lock_measure(work, measure_id)


def lock_measure(work: Work, measure_id: int) -> Measure:
    """Return a measure, locked. Raises Refused measure_missing."""
    found = work.session.scalars(
        select(Measure)
        .where(Measure.id == measure_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise MEASURE_MISSING.refused()
    return found


def check_apart(work: Work, institution_id: int) -> None:
    """Refuse who has or had a role in an institution under any account. Raises measure_own_institution."""
    if has_served(work.session, work.actor.person_id, institution_id):
        raise MEASURE_OWN.refused()


def has_served(session: Session, person_id: int, institution_id: int) -> bool:
    """Return whether a person has or had a role in an institution under any account."""
    own = (
        select(RoleGrant.id)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(UserAccount.person_id == person_id, RoleGrant.institution_id == institution_id)
        .limit(1)
    )
    return session.scalar(own) is not None

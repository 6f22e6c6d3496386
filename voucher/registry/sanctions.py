"""The steps an institution goes along the ladder (约谈 … 黑名单) and back, and who may take which.

A step is proposed and confirmed in `stages/oversee/measures`, by two people; here the institution moves.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from voucher.ledger import states
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution, InstitutionListing
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason

SOURCE = "豫办〔2021〕29号 第3项、第4项（退出机制）; S2-04p; LIFECYCLE 机构"
OFFICERS = (Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE)
# the lighter steps may also be taken by whoever supervises
BY_SUPERVISORS = frozenset({"warn", "rectify", "suspend"})
RESTORE = "restore"
SANCTIONS = ("warn", "rectify", "suspend", "delist", "blacklist")

INSTITUTION_ABSENT = reason(
    "institution_absent",
    "没有找到这家机构",
    "请核对编号，或从机构目录重新进入",
    SOURCE,
    Family.MISSING,
)


def get_institution_within(session: Session, institution_id: int, regions: Collection[str]) -> Institution:
    """Return an institution of these regions. Raises Refused institution_absent, also for a foreign one."""
    found = session.get(Institution, institution_id)
    if found is None or found.region_code not in regions:
        raise INSTITUTION_ABSENT.refused()
    return found


def list_institutions(
    session: Session,
    regions: Collection[str] | None,
    *,
    state: str | None = None,
    kind: str | None = None,
    only: Collection[int] | None = None,
    named: str | None = None,
    before_id: int | None = None,
    limit: int,
) -> Sequence[Institution]:
    """Return institutions, the newest first; `only` names the ones the caller belongs to.

    `named` is a part of a name, or a whole 统一社会信用代码.
    """
    found = select(Institution).order_by(Institution.id.desc()).limit(limit)
    if regions is not None:
        found = found.where(Institution.region_code.in_(sorted(regions)))
    if only is not None:
        found = found.where(Institution.id.in_(sorted(only)))
    for column, wanted in ((Institution.state, state), (Institution.kind, kind)):
        if wanted is not None:
            found = found.where(column == wanted)
    if named is not None:
        found = found.where(
            or_(Institution.name.contains(named, autoescape=True), Institution.code == named.upper())
        )
    if before_id is not None:
        found = found.where(Institution.id < before_id)
    return session.scalars(found).all()


def list_years(session: Session, institution_id: int) -> list[int]:
    """Return the years an institution stands on the list of training institutions (目录清单)."""
    return list(
        session.scalars(
            select(InstitutionListing.year)
            .where(InstitutionListing.institution_id == institution_id)
            .order_by(InstitutionListing.year)
        )
    )


def sanction(work: Work, institution_id: int, event: str, why: str) -> Institution:
    """Move an institution one step along the ladder; `event` is one of SANCTIONS or RESTORE.

    Whoever calls has seen to it that two people agree. Raises Refused institution_absent, role_missing,
    event_not_allowed.
    """
    found = lock_institution(work, institution_id, event)
    states.move(work, Institution, [found], event, reason=why)
    return found


def roles_for(event: str) -> Sequence[Role]:
    """Return who may take a step: the lighter ones also whoever supervises."""
    return (*OFFICERS, Role.SUPERVISOR) if event in BY_SUPERVISORS else OFFICERS


def lock_institution(work: Work, institution_id: int, event: str) -> Institution:
    """Return an institution locked for a step; a foreign one is as good as missing.

    Raises Refused role_missing, institution_absent.
    """
    roles = roles_for(event)
    check_role(work.actor, *roles)
    reach = frozenset[str]().union(*(work.actor.reach.get(role, frozenset()) for role in roles))
    found = find_locked(work, institution_id)
    if found is None or found.region_code not in reach:
        raise INSTITUTION_ABSENT.refused()
    return found


def find_locked(work: Work, institution_id: int) -> Institution | None:
    """Return an institution, locked for this transaction."""
    return work.session.scalars(
        select(Institution)
        .where(Institution.id == institution_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()

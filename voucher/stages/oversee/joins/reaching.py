"""Who may bring lists and put questions: supervisors and auditors, for the highest region they reach."""

from __future__ import annotations

from sqlalchemy import select

from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import Region
from voucher.rules.actor import Role, check_role

WHO = (Role.SUPERVISOR, Role.AUDITOR)


def reach(work: Work) -> tuple[str, frozenset[str]]:
    """Return the highest region somebody oversees, and all they oversee. Raises Refused role_missing."""
    check_role(work.actor, *WHO)
    reached = work.actor.regions_as(*WHO)
    rows = work.session.execute(
        select(Region.code, Region.parent_code).where(Region.code.in_(sorted(reached)))
    )
    return min(code for code, parent in rows if parent not in reached), frozenset(reached)

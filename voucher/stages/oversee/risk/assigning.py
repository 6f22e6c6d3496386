"""Assigning a flag (分派): to one supervisor of its region, or to oneself."""

from __future__ import annotations

from datetime import date

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from voucher.ledger.states import move
from voucher.plumbing.unit_of_work import Work
from voucher.registry.catalogue import list_ancestry
from voucher.registry.users import RoleGrant, UserAccount
from voucher.rules.actor import Role
from voucher.rules.errors import Family, reason
from voucher.stages.oversee.risk.models import RiskFlag
from voucher.stages.oversee.risk.reading import SOURCE, check_apart, load_flag

NO_SUCH_SUPERVISOR = reason(
    "risk_flag_nobody_to_assign",
    "选择的人不是这个地区的监管人员",
    "请从列表中选择一名监管人员",
    SOURCE,
    Family.CONFLICT,
)


def list_supervisors(session: Session, region_code: str, on: date) -> list[tuple[int, str]]:
    """Return the supervisors of a region and of those above it, by person, with their names."""
    rows = session.execute(
        select(UserAccount.person_id, UserAccount.display_name)
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .where(
            RoleGrant.role == str(Role.SUPERVISOR),
            RoleGrant.region_code.in_(list_ancestry(session, region_code)),
            RoleGrant.since <= on,
            or_(RoleGrant.until.is_(None), RoleGrant.until >= on),
            UserAccount.disabled_at.is_(None),
        )
        .order_by(UserAccount.display_name, UserAccount.id)
    )
    return list(dict(rows.all()).items())


def assign(work: Work, flag_id: int, person_id: int) -> RiskFlag:
    """Give a flag to one supervisor to deal with.

    Raises Refused role_missing, risk_flag_missing, risk_flag_own_institution, risk_flag_own_list (both also
    of the chosen one), risk_flag_lists_withdrawn, risk_flag_nobody_to_assign, event_not_allowed.
    """
    flag = load_flag(work, flag_id)
    if person_id not in dict(list_supervisors(work.session, flag.region_code, work.today)):
        raise NO_SUCH_SUPERVISOR.refused()
    check_apart(work, flag, person_id)
    flag.assigned_to_person_id, flag.assigned_at = person_id, work.at
    work.session.flush()
    move(work, RiskFlag, [flag], "dispatch", content={flag.id: {"to": person_id}})
    return flag

"""调离、改任: a role ends while its account goes on, for whoever moves to another county or to other work."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import or_, select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access import sessions
from voucher.registry.access.staffing import SOURCE, lock_account, read_grant
from voucher.registry.delegations import end_with_grants
from voucher.registry.users import RoleGrant
from voucher.rules.actor import ROLE_NAMES, Role, check_role
from voucher.rules.errors import Family, reason

ROLE_NOT_HELD = reason(
    "role_not_held",
    "账号“{login}”现在没有{place}的{role}这项职责",
    "请用 voucher user list 查看该账号现有的职责和地区、机构，照着填写",
    SOURCE,
    Family.CONFLICT,
)


def take_back_role(
    work: Work, login: str, role: Role, region_code: str | None, institution_code: str | None = None
) -> None:
    """Take one role away from an account, which keeps the others.

    What was handed on of it ends with it, and every session of the account, so that nothing shown before is
    acted on. What was done in the role stays that person's hand.
    Raises Refused role_missing, login_unknown, account_disabled, role_of_worker, region_unknown,
    institution_missing, role_needs_institution, role_needs_region, role_of_no_institution, role_not_held.
    """
    check_role(work.actor, Role.ADMINISTRATOR)
    account = lock_account(work, login)
    place = read_grant(work, role, region_code, institution_code)
    held = work.session.scalars(
        select(RoleGrant)
        .where(
            RoleGrant.user_id == account.id,
            RoleGrant.role == str(role),
            RoleGrant.region_code == place.region_code
            if place.institution_id is None
            else RoleGrant.institution_id == place.institution_id,
            or_(RoleGrant.until.is_(None), RoleGrant.until >= work.today),
        )
        .order_by(RoleGrant.id)
        .with_for_update()
    ).all()
    if not held:
        raise ROLE_NOT_HELD.refused(
            login=login, role=ROLE_NAMES[role], place=institution_code or region_code or ""
        )
    for each in held:
        each.until = work.today - timedelta(days=1)
    work.session.flush()
    end_with_grants(work, [each.id for each in held])
    sessions.end_sessions_of(work, account.id)
    told: dict[str, object] = {"role": str(role), "region": place.region_code}
    if place.institution_id is not None:
        told["institution"] = place.institution_id
    audit.record_one(work, "user_account", account.id, "take_back", **told)

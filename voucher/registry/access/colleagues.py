"""What an institution's administrator does with the accounts of colleagues: suspended, taken up again, reset.

An account is the person's; what is suspended are the roles in this institution, all the others stay.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.clock import day_of
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access import sessions
from voucher.registry.access.changes import tell_reset
from voucher.registry.access.staffing import COLLEAGUES, SOURCE, give_first_password, open_staff
from voucher.registry.institutions import Institution
from voucher.registry.people import Person
from voucher.registry.sanctions import INSTITUTION_ABSENT
from voucher.registry.users import RoleGrant, UserAccount, WebSession, in_force
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason

ADMINISTRATORS = tuple(COLLEAGUES)

COLLEAGUE_MISSING = reason(
    "colleague_missing",
    "本机构没有这个账号，或它不归您管理",
    "请从本机构的账号列表重新选择；管理员账号由人社部门的系统管理员管理",
    SOURCE,
    Family.MISSING,
)
COLLEAGUE_SUSPENDED = reason(
    "colleague_suspended",
    "这个账号在本机构的岗位已暂停",
    "需要时点“恢复”；岗位变了的，另开一个岗位",
    SOURCE,
    Family.CONFLICT,
)
COLLEAGUE_ACTIVE = reason(
    "colleague_active",
    "这个账号在本机构的岗位没有暂停",
    "不用恢复；要停用的，点“暂停”",
    SOURCE,
    Family.CONFLICT,
)
COLLEAGUE_ELSEWHERE = reason(
    "colleague_elsewhere",
    "这个账号还有本机构以外的身份，不能由本机构重置",
    "请本人用原来的方式找回，或联系人社部门的系统管理员重置",
    SOURCE,
    Family.FORBIDDEN,
)


@dataclass(frozen=True, slots=True)
class Colleague:
    """One account of an institution: roles in force or suspended there, and when it was last used."""

    account: UserAccount
    roles: tuple[Role, ...]
    institution_id: int
    is_suspended: bool
    seen_at: datetime | None
    is_managed: bool


def list_colleagues(session: Session, institution_ids: Collection[int], on: datetime) -> list[Colleague]:
    """Return the accounts of institutions, those in use first."""
    rows = session.execute(
        select(UserAccount, RoleGrant)
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .where(RoleGrant.institution_id.in_(sorted(institution_ids)))
        .order_by(UserAccount.id, RoleGrant.id)
    ).all()
    users = {account.id for account, _ in rows}
    seen: dict[int, datetime] = dict(
        session.execute(
            select(WebSession.user_id, func.max(WebSession.seen_at))
            .where(WebSession.user_id.in_(sorted(users)))
            .group_by(WebSession.user_id)
        ).all()
    )
    grants: dict[tuple[int, int], list[RoleGrant]] = {}
    accounts: dict[int, UserAccount] = {}
    for account, grant in rows:
        accounts[account.id] = account
        grants.setdefault((account.id, grant.institution_id or 0), []).append(grant)
    managed = {role for roles in COLLEAGUES.values() for role in roles}
    today, found = day_of(on), []
    for (user_id, house), held in grants.items():
        live = [each for each in held if each.since <= today and (each.until is None or each.until >= today)]
        roles = tuple(dict.fromkeys(Role(each.role) for each in live or held))
        found.append(
            Colleague(accounts[user_id], roles, house, not live, seen.get(user_id), set(roles) <= managed)
        )
    return sorted(found, key=lambda each: (each.is_suspended, each.account.id))


def open_colleague(
    work: Work, institution_id: int, *, login: str, name: str, number: str, role: Role
) -> tuple[UserAccount, str]:
    """Open an account of a person in an institution and return it with its first password, to be changed.

    Raises Refused role_missing, institution_absent (also for a foreign one) and what `open_staff` refuses.
    """
    check_role(work.actor, *ADMINISTRATORS)
    house = work.session.get(Institution, institution_id)
    openers = [admin for admin in ADMINISTRATORS if role in COLLEAGUES[admin]]
    if house is None or not work.actor.serves(institution_id, *openers):
        raise INSTITUTION_ABSENT.refused()
    return open_staff(
        work,
        login=login,
        name=name,
        number=number,
        role=role,
        region_code=None,
        institution_code=house.code,
    )


def suspend_colleague(work: Work, institution_id: int, user_id: int) -> UserAccount:
    """Take an account's roles in an institution away at once; its sessions end.

    Raises Refused role_missing, colleague_missing, colleague_suspended.
    """
    account, held = _take_up(work, institution_id, user_id)
    live = [each for each in held if each.until is None or each.until >= work.today]
    if not live:
        raise COLLEAGUE_SUSPENDED.refused()
    for each in live:
        each.until = work.today - timedelta(days=1)
    work.session.flush()
    sessions.end_sessions_of(work, account.id)
    told = {"institution": institution_id, "roles": sorted(each.role for each in live)}
    audit.record_one(work, "user_account", account.id, "suspend", **told)
    return account


def resume_colleague(work: Work, institution_id: int, user_id: int) -> UserAccount:
    """Give an account the roles back it had in an institution when they were taken away.

    Raises Refused role_missing, colleague_missing, colleague_active.
    """
    account, held = _take_up(work, institution_id, user_id)
    if any(each.until is None or each.until >= work.today for each in held):
        raise COLLEAGUE_ACTIVE.refused()
    last = max(each.until for each in held if each.until is not None)
    roles = sorted({each.role for each in held if each.until == last})
    for role in roles:
        work.session.add(
            RoleGrant(user_id=account.id, role=role, institution_id=institution_id, since=work.today)
        )
    work.session.flush()
    audit.record_one(work, "user_account", account.id, "resume", institution=institution_id, roles=roles)
    return account


def reset_colleague(work: Work, institution_id: int, user_id: int) -> tuple[UserAccount, str]:
    """Give a colleague a new first password and have the second factor bound again; return the password.

    Only of an account that is nothing but this institution's, and its holder is told; for some days the two
    are no two people (`check_second_hand`). Raises Refused role_missing, colleague_missing,
    colleague_suspended, colleague_elsewhere.
    """
    account, held = _take_up(work, institution_id, user_id)
    if all(each.until is not None and each.until < work.today for each in held):
        raise COLLEAGUE_SUSPENDED.refused()
    elsewhere = select(RoleGrant.id).where(
        RoleGrant.user_id == account.id,
        in_force(work.today),
        (RoleGrant.institution_id.is_(None)) | (RoleGrant.institution_id != institution_id),
    )
    if work.session.scalars(elsewhere).first() is not None:
        raise COLLEAGUE_ELSEWHERE.refused()
    account.totp_sealed = account.totp_confirmed_at = account.totp_last_step = None
    work.session.flush()
    sessions.end_sessions_of(work, account.id)
    audit.record_one(work, "user_account", account.id, "reset_access", institution=institution_id)
    tell_reset(work, account)
    return account, give_first_password(work, account.id)


def _take_up(work: Work, institution_id: int, user_id: int) -> tuple[UserAccount, list[RoleGrant]]:
    """Return an account and its roles in an institution, for who manages all of them; never one's own."""
    check_role(work.actor, *ADMINISTRATORS)
    account = work.session.scalars(
        select(UserAccount).where(UserAccount.id == user_id).with_for_update()
    ).first()
    held = work.session.scalars(
        select(RoleGrant)
        .where(RoleGrant.user_id == user_id, RoleGrant.institution_id == institution_id)
        .order_by(RoleGrant.id)
    ).all()
    mine = [role for role in ADMINISTRATORS if work.actor.serves(institution_id, role)]
    managed = {str(role) for admin in mine for role in COLLEAGUES[admin]}
    foreign = account is None or account.disabled_at is not None or account.id == work.actor.user_id
    if account is None or foreign or not held or not {each.role for each in held} <= managed:
        raise COLLEAGUE_MISSING.refused()
    return account, list(held)


def list_reachable(session: Session, institution_id: int, roles: Collection[Role], on: date) -> list[int]:
    """Return the persons with such roles at an institution on a day who have a mobile number."""
    rows = session.scalars(
        select(Person.id)
        .join(UserAccount, UserAccount.person_id == Person.id)
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .where(
            RoleGrant.institution_id == institution_id,
            RoleGrant.role.in_(roles),
            in_force(on),
            Person.mobile_sealed.is_not(None),
        )
        .distinct()
        .order_by(Person.id)
    )
    return list(rows)

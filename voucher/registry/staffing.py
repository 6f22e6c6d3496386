"""Staff accounts: opened for a person by an administrator, who has no business rights of their own."""

from __future__ import annotations

import secrets

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, passwords, sessions
from voucher.registry.institutions import get_institution
from voucher.registry.people import Newcomer, open_people
from voucher.registry.users import LOGIN_UNKNOWN, RoleGrant, UserAccount, open_account
from voucher.rules.actor import ROLE_NAMES, Grant, Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.identity import normalise_identity
from voucher.rules.names import normalise_name

SOURCE = "豫办〔2021〕29号 四（一）; S2-Z1; 【设】账号属于自然人，管理员无业务权限"

ROLE_UNKNOWN = reason(
    "role_unknown",
    "没有名为“{role}”的角色",
    "请填写以下之一：{accepted}",
    SOURCE,
)
ROLE_NEEDS_INSTITUTION = reason(
    "role_needs_institution",
    "{role}必须属于一家机构",
    "请同时给出机构的统一社会信用代码",
    SOURCE,
)
ACCOUNT_DISABLED = reason(
    "account_disabled",
    "账号“{login}”已经停用",
    "需要恢复时请另开账号，原账号留作记录",
    SOURCE,
    Family.CONFLICT,
)
IN_AN_INSTITUTION = (Role.EVALUATOR_ADMIN, Role.INSTITUTION_ADMIN)
NOT_GIVEN_OUT = (Role.CLOCK,)
PASSWORD_BYTES = 12


def parse_role(text: str) -> Role:
    """Return the role a word or a Chinese name stands for. Raises Refused role_unknown."""
    for role, name in ROLE_NAMES.items():
        if text.strip() in (str(role), name) and role not in NOT_GIVEN_OUT:
            return role
    accepted = "、".join(
        f"{role}（{name}）" for role, name in ROLE_NAMES.items() if role not in NOT_GIVEN_OUT
    )
    raise ROLE_UNKNOWN.refused(role=text.strip()[:20], accepted=accepted)


def open_staff(
    work: Work,
    *,
    login: str,
    name: str,
    number: str,
    role: Role,
    region_code: str,
    institution_code: str | None,
) -> tuple[UserAccount, str]:
    """Open an account of a person with one role and return it with its first password, to be changed.

    Two accounts with one identity number are one person, and so one hand.
    Raises Refused role_missing, role_needs_institution, region_unknown, institution_missing,
    login_taken, name_malformed and what reading an identity number refuses.
    """
    check_role(work.actor, Role.ADMINISTRATOR)
    region = catalogue.get_region(work.session, region_code)
    institution_id = None
    if institution_code is not None:
        institution_id = get_institution(work.session, institution_code).id
    elif role in IN_AN_INSTITUTION:
        raise ROLE_NEEDS_INSTITUTION.refused(role=ROLE_NAMES[role])
    canonical = normalise_identity(number, work.today)
    person = open_people(work, [Newcomer(canonical, normalise_name(name))])
    account = open_account(
        work,
        login=login,
        display_name=normalise_name(name),
        person_id=next(iter(person.values())),
        grants=[Grant(role, region.code, institution_id)],
    )
    return account, _give_password(work, account)


def grant_role(work: Work, login: str, role: Role, region_code: str) -> None:
    """Give an account one more role. Raises Refused role_missing, login_unknown, region_unknown."""
    check_role(work.actor, Role.ADMINISTRATOR)
    account = _get_account(work, login)
    region = catalogue.get_region(work.session, region_code)
    work.session.add(RoleGrant(user_id=account.id, role=role, region_code=region.code, since=work.today))
    work.session.flush()
    audit.record_one(work, "user_account", account.id, "grant", role=str(role), region=region.code)


def reset_access(work: Work, login: str) -> str:
    """Give an account a new first password and have its second factor bound again; return the password.

    Every session of it ends. Raises Refused role_missing, login_unknown, account_disabled.
    """
    check_role(work.actor, Role.ADMINISTRATOR)
    account = _get_account(work, login)
    account.totp_sealed = None
    account.totp_confirmed_at = None
    account.totp_last_step = None
    work.session.flush()
    sessions.end_sessions_of(work, account.id)
    audit.record_one(work, "user_account", account.id, "reset_access")
    return _give_password(work, account)


def disable_account(work: Work, login: str) -> None:
    """Disable an account for good and end its sessions. Raises Refused role_missing, login_unknown."""
    check_role(work.actor, Role.ADMINISTRATOR)
    account = _get_account(work, login)
    account.disabled_at = work.at
    work.session.flush()
    sessions.end_sessions_of(work, account.id)
    audit.record_one(work, "user_account", account.id, "disable")


def _get_account(work: Work, login: str) -> UserAccount:
    account = work.session.scalars(
        select(UserAccount).where(UserAccount.login == login).with_for_update()
    ).first()
    if account is None:
        raise LOGIN_UNKNOWN.refused(login=login)
    if account.disabled_at is not None:
        raise ACCOUNT_DISABLED.refused(login=login)
    return account


def _give_password(work: Work, account: UserAccount) -> str:
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    passwords.set_password(work, account.id, password, must_change=True)
    return password

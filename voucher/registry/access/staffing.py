"""Staff accounts: opened for a person by an administrator, who has no business rights of their own.

An institution's administrator opens those of its own colleagues, and nobody else's.
"""

from __future__ import annotations

import secrets

from sqlalchemy import select

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue
from voucher.registry.access import passwords, sessions
from voucher.registry.access.changes import tell_reset
from voucher.registry.access.linked_identities import unlink
from voucher.registry.access.workers import check_no_account, open_worker
from voucher.registry.delegations import end_given
from voucher.registry.institutions import INSTITUTION_MISSING, get_institution
from voucher.registry.people import Newcomer, open_people
from voucher.registry.users import (
    COMMON_LOGINS,
    LOGIN_UNKNOWN,
    PROVINCE,
    RoleGrant,
    UserAccount,
    open_account,
)
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
ROLE_NEEDS_REGION = reason(
    "role_needs_region",
    "{role}必须有管辖地区",
    "请同时给出地区代码",
    SOURCE,
)
ROLE_OF_NO_INSTITUTION = reason(
    "role_of_no_institution",
    "{role}不属于机构",
    "请去掉机构的统一社会信用代码，改填管辖地区；机构人员请选择：{accepted}",
    SOURCE,
)
ROLE_OF_WORKER = reason(
    "role_of_worker",
    "劳动者账号不作为工作人员账号开立",
    "请按“劳动者本人”开立：只需证件号码、姓名和账号名",
    SOURCE,
)
ACCOUNT_DISABLED = reason(
    "account_disabled",
    "账号“{login}”已经停用",
    "需要恢复时请另开账号，原账号留作记录",
    SOURCE,
    Family.CONFLICT,
)
ACCOUNT_COMMON = reason(
    "account_common",
    "账号“{login}”是命令行的公用账号，没有口令，也不登录网页，不能重置",
    "请为本人另开账号（voucher user add），以本人账号登录和办理；定时任务照旧用公用账号",
    SOURCE,
    Family.FORBIDDEN,
)
# who may open whose account within one institution
COLLEAGUES: dict[Role, tuple[Role, ...]] = {
    Role.INSTITUTION_ADMIN: (Role.REGISTRAR, Role.SCANNER, Role.TEACHER),
    Role.EVALUATOR_ADMIN: (Role.EXAMINER, Role.SCORE_CLERK),
}
IN_AN_INSTITUTION = (*COLLEAGUES, *(role for roles in COLLEAGUES.values() for role in roles))
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
    region_code: str | None,
    institution_code: str | None,
) -> tuple[UserAccount, str]:
    """Open an account of a person with one role and return it with its first password, to be changed.

    Two accounts with one identity number are one person, and so one hand. A role of an institution holds
    in that institution and in no region. Raises Refused role_missing, role_needs_institution,
    role_needs_region, role_of_no_institution, role_of_worker, region_unknown, institution_missing,
    login_taken, name_malformed and what reading an identity number refuses.
    """
    _check_opener(work, role, institution_code)
    grant = read_grant(work, role, region_code, institution_code)
    canonical = normalise_identity(number, work.today)
    person = open_people(work, [Newcomer(canonical, normalise_name(name))])
    account = open_account(
        work,
        login=login,
        display_name=normalise_name(name),
        person_id=next(iter(person.values())),
        grants=[grant],
    )
    return account, give_first_password(work, account.id)


def open_worker_at_desk(
    work: Work, *, login: str, name: str, number: str, mobile: str | None
) -> tuple[int, str]:
    """Open the account of a worker who is there, and return its id and first password, to be changed.

    Raises Refused as `voucher.registry.access.workers.open_worker` does.
    """
    user_id = open_worker(work, number, name, login, mobile)
    return user_id, give_first_password(work, user_id)


def _check_opener(work: Work, role: Role, institution_code: str | None) -> None:
    """Refuse whoever may not open such an account; an institution not one's own is told as a missing one."""
    openers = [opener for opener, opened in COLLEAGUES.items() if role in opened]
    check_role(work.actor, Role.ADMINISTRATOR, *openers)
    if work.actor.has(Role.ADMINISTRATOR):
        return
    if institution_code is None:
        raise ROLE_NEEDS_INSTITUTION.refused(role=ROLE_NAMES[role])
    if not work.actor.serves(get_institution(work.session, institution_code).id, *openers):
        raise INSTITUTION_MISSING.refused(code=institution_code)


def read_grant(work: Work, role: Role, region_code: str | None, institution_code: str | None) -> Grant:
    """Return a role with the place it is held in, as an administrator names it.

    Raises Refused role_of_worker, role_needs_institution, institution_missing, role_of_no_institution,
    role_needs_region, region_unknown.
    """
    if role is Role.WORKER:
        raise ROLE_OF_WORKER.refused()
    if role in IN_AN_INSTITUTION:
        if institution_code is None:
            raise ROLE_NEEDS_INSTITUTION.refused(role=ROLE_NAMES[role])
        return Grant(role, institution_id=get_institution(work.session, institution_code).id)
    if institution_code is not None:
        accepted = "、".join(ROLE_NAMES[each] for each in IN_AN_INSTITUTION)
        raise ROLE_OF_NO_INSTITUTION.refused(role=ROLE_NAMES[role], accepted=accepted)
    if region_code is None:
        raise ROLE_NEEDS_REGION.refused(role=ROLE_NAMES[role])
    return Grant(role, catalogue.get_region(work.session, region_code).code)


def grant_role(
    work: Work, login: str, role: Role, region_code: str | None, institution_code: str | None = None
) -> None:
    """Give an account one more role; as worker, where its person has no account as such yet.

    Raises Refused role_missing, login_unknown, account_disabled, region_unknown, institution_missing,
    role_needs_institution, role_needs_region, role_of_no_institution, worker_has_account.
    """
    check_role(work.actor, Role.ADMINISTRATOR)
    account = lock_account(work, login)
    if role is Role.WORKER:
        check_no_account(work, account.person_id)
        grant = Grant(role, PROVINCE)
    else:
        grant = read_grant(work, role, region_code, institution_code)
    work.session.add(
        RoleGrant(
            user_id=account.id,
            role=role,
            region_code=grant.region_code,
            institution_id=grant.institution_id,
            since=work.today,
        )
    )
    work.session.flush()
    told: dict[str, object] = {"role": str(role), "region": grant.region_code}
    if grant.institution_id is not None:
        told["institution"] = grant.institution_id
    audit.record_one(work, "user_account", account.id, "grant", **told)


def reset_access(work: Work, login: str) -> str:
    """Give an account a new first password and have its second factor bound again; return the password.

    Every session of it ends, and its holder is told. Raises Refused role_missing, account_common,
    login_unknown, account_disabled.
    """
    check_role(work.actor, Role.ADMINISTRATOR)
    account = take_resettable(work, login)
    account.totp_sealed = None
    account.totp_confirmed_at = None
    account.totp_last_step = None
    work.session.flush()
    sessions.end_sessions_of(work, account.id)
    audit.record_one(work, "user_account", account.id, "reset_access")
    tell_reset(work, account)
    return give_first_password(work, account.id)


def take_resettable(work: Work, login: str) -> UserAccount:
    """Return, locked, an account that may be reset.

    Raises Refused account_common, login_unknown, account_disabled.
    """
    if login in COMMON_LOGINS:
        raise ACCOUNT_COMMON.refused(login=login)
    return lock_account(work, login)


def disable_account(work: Work, login: str) -> None:
    """Disable an account for good; its sessions, its single sign-on and what it handed on end with it.

    Raises Refused role_missing, login_unknown.
    """
    check_role(work.actor, Role.ADMINISTRATOR)
    account = lock_account(work, login)
    account.disabled_at = work.at
    work.session.flush()
    sessions.end_sessions_of(work, account.id)
    unlink(work, account.id)
    end_given(work, account.id)
    audit.record_one(work, "user_account", account.id, "disable")


def lock_account(work: Work, login: str) -> UserAccount:
    """Return an account in use, locked. Raises Refused login_unknown, account_disabled."""
    account = work.session.scalars(
        select(UserAccount).where(UserAccount.login == login).with_for_update()
    ).first()
    if account is None:
        raise LOGIN_UNKNOWN.refused(login=login)
    if account.disabled_at is not None:
        raise ACCOUNT_DISABLED.refused(login=login)
    return account


def give_first_password(work: Work, user_id: int) -> str:
    """Give an account a password it must change at the first sign-in, and return it; kept nowhere."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    passwords.set_password(work, user_id, password, must_change=True)
    return password

"""The people of the demonstration: one login per role, each a person of its own."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pyotp
from stdnum.iso7064 import mod_11_2

from voucher.plumbing.unit_of_work import Work
from voucher.registry.access.passwords import read_sign_in_rules, set_password
from voucher.registry.access.second_factor import accept_code, propose_totp
from voucher.registry.people import Newcomer, open_people
from voucher.registry.users import open_account
from voucher.rules.actor import ROLE_NAMES, Grant, Role

PASSWORD = "demo-province-2024"  # noqa: S105 — printed on the login page of the demonstration, and nowhere else
JIYUAN, PROVINCE = "419001", "410000"


@dataclass(frozen=True, slots=True)
class Member:
    """One person of the demonstration."""

    login: str
    name: str
    role: Role
    region_code: str = JIYUAN


MEMBERS = (
    Member("operator-jy", "经办 小赵", Role.OPERATOR),
    Member("first-review", "初审 小钱", Role.OFFICER_COUNTY),
    Member("second-review", "复核 小孙", Role.OFFICER_CITY),
    Member("objections", "异议处理 小李", Role.OFFICER_CITY),
    Member("approver", "财政审批 小周", Role.FINANCE_APPROVER),
    Member("maker", "财务制单 小吴", Role.FINANCE_MAKER),
    Member("checker", "财务复核 小郑", Role.FINANCE_CHECKER),
    Member("releaser", "财务签发 小王", Role.FINANCE_RELEASER),
    Member("supervisor", "监管 小冯", Role.SUPERVISOR, PROVINCE),
    Member("auditor", "审计 小陈", Role.AUDITOR, PROVINCE),
    Member("key-custodian", "密钥保管 小褚", Role.KEY_CUSTODIAN, PROVINCE),
    Member("province-review", "省级审核 小卫", Role.OFFICER_PROVINCE, PROVINCE),
    Member("system-admin", "系统管理 小蒋", Role.ADMINISTRATOR, PROVINCE),
)


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """What the login page of the demonstration shows of one account."""

    login: str
    password: str
    role_name: str
    totp_secret: str

    def as_json(self) -> dict[str, str]:
        """Return the account for the file beside the demonstration's database."""
        return asdict(self)


def hire(work: Work) -> list[DemoAccount]:
    """Open every account of the demonstration, password and second factor set."""
    return [
        open_member(work, serial, member.login, member.name, Grant(member.role, member.region_code))
        for serial, member in enumerate(MEMBERS, start=1)
    ]


def open_member(work: Work, serial: int, login: str, name: str, grant: Grant) -> DemoAccount:
    """Open one account of a person of its own, password and second factor set, and return it."""
    stem = f"41000019850101{serial:03d}"
    number = stem + mod_11_2.calc_check_digit(stem)
    person = open_people(work, [Newcomer(number, name.rsplit(maxsplit=1)[-1])])
    account = open_account(
        work, login=login, display_name=name, person_id=next(iter(person.values())), grants=[grant]
    )
    set_password(work, account.id, PASSWORD)
    secret = propose_totp(work, account.id)
    rules = read_sign_in_rules(work.session, work.today)
    accept_code(work, account.id, pyotp.TOTP(secret).at(work.at), rules)
    return DemoAccount(login, PASSWORD, ROLE_NAMES[grant.role], secret)

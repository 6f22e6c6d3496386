"""职责委托: for some days a colleague takes a role on, in the own name; nobody is two hands by it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from voucher.rules.actor import ROLE_NAMES, Role
from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

SOURCE = "PAGES 4.5 委托和缺勤; LIFECYCLE Hands; 【设】职责委托须有期限、写明原因，按受托人本人计为一手"
SINCE = date(2021, 10, 28)

# what may be handed on for a while; whoever files, or keeps keys, finds another way
DELEGATED = frozenset(
    {
        *(Role.OFFICER_COUNTY, Role.OFFICER_CITY, Role.OFFICER_PROVINCE),
        *(Role.FINANCE_APPROVER, Role.FINANCE_MAKER, Role.FINANCE_CHECKER, Role.FINANCE_RELEASER),
    }
)

DELEGATION_ROLE = reason(
    "delegation_role",
    "{role}的职责不能委托",
    "只能委托本人现有的审核、财务职责；受托得来的职责不能再委托",
    SOURCE,
    Family.FORBIDDEN,
)
DELEGATION_PERIOD = reason(
    "delegation_period",
    "委托期限 {since} 至 {until} 不符合要求",
    "从今天或以后开始，止日不早于起日，最长 {most} 天，也不超过本人任职到期的日子；到期后可以重新委托",
    SOURCE,
)
DELEGATION_SELF = reason(
    "delegation_self",
    "不能委托给自己，同一人的另一个账号也是自己",
    "请选择另一个人",
    SOURCE,
    Family.FORBIDDEN,
)
DEPUTY_UNFIT = reason(
    "deputy_unfit",
    "账号“{login}”不能接受委托",
    "受托人须是本辖区在用的审核或财务人员，且没有培训、评价机构的账号",
    SOURCE,
    Family.FORBIDDEN,
)


@rule(number="DEL-01", stage="兑现", source=SOURCE, since=SINCE)
def check_delegation(
    role: Role, since: date, until: date, today: date, days_most: int, held_until: date | None
) -> None:
    """Refuse a role that is not handed on, and a period that is past, backwards or longer than allowed.

    Nobody gives what they will not have themselves: it ends with the own role, on `held_until`.
    Raises delegation_role, delegation_period.
    """
    if role not in DELEGATED:
        raise DELEGATION_ROLE.refused(role=ROLE_NAMES[role])
    outlives = held_until is not None and until > held_until
    if since < today or until < since or until >= since + timedelta(days=days_most) or outlives:
        raise DELEGATION_PERIOD.refused(since=since.isoformat(), until=until.isoformat(), most=days_most)


@rule(number="DEL-02", stage="兑现", source=SOURCE, since=SINCE)
def check_deputy(
    login: str,
    principal_person_id: int,
    deputy_person_id: int,
    roles_here: Collection[Role],
    *,
    serves_institution: bool,
) -> None:
    """Refuse as deputy the same person, and whoever reviews nothing here or serves a payee with any account.

    Raises delegation_self, deputy_unfit.
    """
    if principal_person_id == deputy_person_id:
        raise DELEGATION_SELF.refused()
    if serves_institution or not DELEGATED.intersection(roles_here):
        raise DEPUTY_UNFIT.refused(login=login)

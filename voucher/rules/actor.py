"""Who acts: a person behind an account, with roles in organisations and regions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from voucher.rules.errors import Family, reason

SOURCE = "LIFECYCLE 职责表; 豫办〔2021〕29号 四(一)"

ROLE_MISSING = reason(
    "role_missing",
    "您的账号没有办理此事的权限",
    "请用{needed}的账号登录，或向管理员申请该权限",
    SOURCE,
    Family.FORBIDDEN,
)
REGION_FOREIGN = reason(
    "region_foreign",
    "地区 {region} 不在您的管辖范围内",
    "请改选本辖区内的地区",
    "豫办〔2021〕29号 此件发至县级; S2-00c",
    Family.FORBIDDEN,
)


class Role(StrEnum):
    """What an account may do; always together with an organisation or a region."""

    OPERATOR = "operator"
    OFFICER_COUNTY = "officer_county"
    OFFICER_CITY = "officer_city"
    OFFICER_PROVINCE = "officer_province"
    FINANCE_APPROVER = "finance_approver"
    FINANCE_MAKER = "finance_maker"
    FINANCE_CHECKER = "finance_checker"
    FINANCE_RELEASER = "finance_releaser"
    EVALUATOR_ADMIN = "evaluator_admin"
    EXAMINER = "examiner"
    SCORE_CLERK = "score_clerk"
    INSTITUTION_ADMIN = "institution_admin"
    REGISTRAR = "registrar"
    SCANNER = "scanner"
    TEACHER = "teacher"
    WORKER = "worker"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"
    KEY_CUSTODIAN = "key_custodian"
    CLOCK = "clock"


ROLE_NAMES: dict[Role, str] = {
    Role.OPERATOR: "经办人员",
    Role.OFFICER_COUNTY: "县级审核人员（初审）",
    Role.OFFICER_CITY: "市级审核人员（复核）",
    Role.OFFICER_PROVINCE: "省级审核人员",
    Role.FINANCE_APPROVER: "财务审批人员",
    Role.FINANCE_MAKER: "财务制单人员",
    Role.FINANCE_CHECKER: "财务复核人员",
    Role.FINANCE_RELEASER: "财务签发人员",
    Role.EVALUATOR_ADMIN: "评价机构管理员",
    Role.EXAMINER: "考评员",
    Role.SCORE_CLERK: "成绩录入员",
    Role.INSTITUTION_ADMIN: "培训机构管理员",
    Role.REGISTRAR: "培训机构教务",
    Role.SCANNER: "核销员",
    Role.TEACHER: "教师",
    Role.WORKER: "劳动者本人",
    Role.SUPERVISOR: "监管人员",
    Role.AUDITOR: "审计人员（只读）",
    Role.ADMINISTRATOR: "系统管理员（无业务数据）",
    Role.KEY_CUSTODIAN: "密钥保管员（无业务权限）",
    Role.CLOCK: "系统定时任务",
}


@dataclass(frozen=True, slots=True)
class Grant:
    """One role in one region subtree, and for an institution's staff in that institution only."""

    role: Role
    region_code: str | None = None
    institution_id: int | None = None


@dataclass(frozen=True, slots=True)
class Actor:
    """The person behind a request: account for the trail, person for the hands.

    `reach` holds, per role, the codes of every region its grants cover, filled in by the registry; a grant
    in an institution covers that institution and no region.
    """

    user_id: int
    login: str
    person_id: int
    grants: tuple[Grant, ...]
    reach: Mapping[Role, frozenset[str]] = field(default_factory=dict)

    @property
    def regions(self) -> frozenset[str]:
        """Return every region any of the grants covers."""
        return frozenset().union(*self.reach.values())

    def regions_as(self, *roles: Role) -> frozenset[str]:
        """Return every region grants of these roles cover; what another role reaches is not among them."""
        return frozenset().union(*(self.reach.get(each, frozenset()) for each in roles))

    def serves(self, institution_id: int, *roles: Role) -> bool:
        """Return whether a grant of one of the roles is in this institution."""
        return any(grant.role in roles and grant.institution_id == institution_id for grant in self.grants)

    def has(self, *roles: Role) -> bool:
        """Return whether any grant carries one of the roles."""
        return any(grant.role in roles for grant in self.grants)


def check_role(actor: Actor, *roles: Role) -> None:
    """Refuse an actor who has none of the roles. Raises Refused role_missing."""
    if not actor.has(*roles):
        raise ROLE_MISSING.refused(needed="或".join(ROLE_NAMES[each] for each in roles))


def check_reach(actor: Actor, region_code: str, *roles: Role, institution_id: int | None = None) -> None:
    """Refuse an actor whose grants of these roles reach neither the region nor the institution named.

    Raises Refused role_missing, region_foreign.
    """
    check_role(actor, *roles)
    if institution_id is not None and actor.serves(institution_id, *roles):
        return
    if not any(region_code in actor.reach.get(role, frozenset()) for role in roles):
        raise REGION_FOREIGN.refused(region=region_code)

"""Looks at personal data: unmasked only for a written reason, each in the trail, all on one page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from voucher.ledger.audit import LOOKS, AuditRow, record_one
from voucher.plumbing.unit_of_work import Work
from voucher.registry.institutions import Institution
from voucher.registry.people import read_people
from voucher.registry.users import RoleGrant, UserAccount
from voucher.rules.actor import Role, check_role
from voucher.rules.lifecycle import THING_NAMES
from voucher.rules.words import check_why
from voucher.stages.oversee.chain import view_person

WHO = (Role.SUPERVISOR, Role.AUDITOR)
PERSON, UNMASKED = "person", "look_unmasked"
LOOK_NAMES: dict[str, str] = {
    "look": "查看",
    "look_at_proof": "查看签到证明",
    "look_at_phone": "查看电话",
    UNMASKED: "不脱敏查看",
}
# what is looked at, in words; a life of its own brings its name along
LOOKED_AT_NAMES: dict[str, str] = {
    **{str(each): name for each, name in THING_NAMES.items()},
    PERSON: "人员",
    "audit_export": "审计导出包",
    "statistics_export": "统计导出",
    "audit_join": "审计比对",
    "statistic_look": "统计逐人明细",
    "archive_share": "出示的电子档案",
    "attachment": "申请附件",
    "inspection": "现场检查",
}
WAY_NAMES: dict[str, str] = {"page": "打开页面", "xlsx": "导出表格", "api": "系统接口"}


@dataclass(frozen=True, slots=True)
class Unmasked:
    """A person's name and number as they are, for the one look they were asked for."""

    name: str
    number: str


@dataclass(frozen=True, slots=True)
class Look:
    """One look: who, when, at what, and the reason where one was asked for."""

    id: int
    at: datetime
    user_id: int
    user_name: str
    act: str
    thing: str
    object_id: int
    why: str | None


def look_unmasked(work: Work, person_id: int, why: str) -> Unmasked:
    """Return a person's name and number, and write down who looked and why.

    Raises Refused role_missing, why_missing, person_without_vouchers (also for one of another region).
    """
    check_role(work.actor, *WHO)
    said = check_why(why)
    view_person(work.session, work.keyring, person_id, work.actor.regions_as(*WHO))
    record_one(work, PERSON, person_id, UNMASKED, why=said)
    found = read_people(work.session, work.keyring, [person_id]).get(person_id)
    return Unmasked("（已注销）", "") if found is None else Unmasked(found.name, found.number or "")


def list_looks(
    session: Session,
    regions: Collection[str],
    *,
    user_id: int | None = None,
    before_id: int | None = None,
    limit: int = 50,
) -> Sequence[Look]:
    """Return looks by accounts that serve these regions or an institution of them, the newest first."""
    codes = sorted(regions)
    houses = select(Institution.id).where(Institution.region_code.in_(codes))
    here = select(RoleGrant.user_id).where(
        RoleGrant.region_code.in_(codes) | RoleGrant.institution_id.in_(houses)
    )
    query = (
        select(
            AuditRow.id, AuditRow.at, AuditRow.actor_user_id, UserAccount.display_name, AuditRow.act,
            AuditRow.thing, AuditRow.object_id, AuditRow.content,
        )
        .join(UserAccount, UserAccount.id == AuditRow.actor_user_id)
        .where(text(f"audit_row.{LOOKS}"), AuditRow.actor_user_id.in_(here))
        .order_by(AuditRow.id.desc())
        .limit(limit)
    )  # fmt: skip
    if user_id is not None:
        query = query.where(AuditRow.actor_user_id == user_id)
    if before_id is not None:
        query = query.where(AuditRow.id < before_id)
    return [
        Look(found, at, user, name, act, thing, object_id, _why(content))
        for found, at, user, name, act, thing, object_id, content in session.execute(query)
    ]


def list_looks_at(session: Session, thing: str, object_id: int, *, limit: int) -> Sequence[Look]:
    """Return the looks at one object, the newest first."""
    rows = session.execute(
        select(
            AuditRow.id, AuditRow.at, AuditRow.actor_user_id, UserAccount.display_name, AuditRow.act,
            AuditRow.thing, AuditRow.object_id, AuditRow.content,
        )
        .join(UserAccount, UserAccount.id == AuditRow.actor_user_id)
        .where(text(f"audit_row.{LOOKS}"), AuditRow.thing == thing, AuditRow.object_id == object_id)
        .order_by(AuditRow.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [
        Look(found, at, user, name, act, of, number, _why(content) or _way(content))
        for found, at, user, name, act, of, number, content in rows
    ]


def _way(content: dict[str, object]) -> str | None:
    said = content.get("way")
    return WAY_NAMES.get(said) if isinstance(said, str) else None


def _why(content: dict[str, object]) -> str | None:
    said = content.get("why")
    return said if isinstance(said, str) else None

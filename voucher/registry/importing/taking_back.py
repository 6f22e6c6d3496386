"""Who may take back a place or an honour: whoever works where it was entered, and the province."""

from __future__ import annotations

from sqlalchemy import select

from voucher.plumbing.unit_of_work import Work
from voucher.registry.users import RoleGrant, UserAccount
from voucher.rules.actor import Role
from voucher.rules.errors import Family, reason

RECORD_FOREIGN = reason(
    "record_foreign",
    "这一行由别的地区登记，不能由您撤销",
    "请登记它的地区或省级审核人员办理撤销",
    "豫人社办〔2023〕102号（十三）; S2-00c; 【设】谁登记谁撤销，省级都可以",
    Family.FORBIDDEN,
)


def may_take_back(work: Work, recorded_by_person_id: int) -> bool:
    """Return whether the actor may take back what a person entered: their own, of their region, the province.

    The recorder's regions are those of every office role they have had.
    """
    actor = work.actor
    if actor.person_id == recorded_by_person_id or actor.has(Role.OFFICER_PROVINCE):
        return True
    codes = work.session.scalars(
        select(RoleGrant.region_code)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(
            UserAccount.person_id == recorded_by_person_id,
            RoleGrant.role == str(Role.OPERATOR),
            RoleGrant.region_code.is_not(None),
        )
    )
    return not actor.regions_as(Role.OPERATOR).isdisjoint(code for code in codes if code is not None)

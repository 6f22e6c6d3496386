"""One flag for whoever may deal with it: locked, in reach, and not about the own house."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.plumbing.unit_of_work import Work
from voucher.registry.users import RoleGrant, UserAccount
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason
from voucher.stages.oversee.risk.facts.listing import LISTS, number_list
from voucher.stages.oversee.risk.models import RiskFlag, RiskFlagList

SOURCE = "豫办〔2021〕29号 四（三） 监管; 【设】风险线索须有处理人、说明、结论"
HANDLERS = (Role.SUPERVISOR,)
# what waits for a conclusion; what one was said of may still lose its basis
LIVE = ("opened", "assigned", "asked", "answered")
VOID = "void"

RISK_FLAG_MISSING = reason(
    "risk_flag_missing",
    "没有找到这条风险线索",
    "请从“风险线索”列表重新选择",
    SOURCE,
    Family.MISSING,
)
RISK_FLAG_OWN = reason(
    "risk_flag_own_institution",
    "您在这家机构任职，或这条线索与您本人有关，不能办理",
    "请由与该机构、该线索无关的监管人员办理",
    SOURCE,
    Family.FORBIDDEN,
)
RISK_FLAG_OWN_LIST = reason(
    "risk_flag_own_list",
    "这条线索依据的名单 {number} 是您导入的，不能由您办理",
    "请由没有导入这份名单的监管人员办理",
    SOURCE,
    Family.FORBIDDEN,
)
RISK_FLAG_UNFOUNDED = reason(
    "risk_flag_lists_withdrawn",
    "这条线索依据的名单都已撤回，不再办理",
    "不用办理：系统随后把它记为“依据已撤回”，停住的事项同时恢复",
    SOURCE,
    Family.CONFLICT,
)
RISK_FLAG_NOT_YOURS = reason(
    "risk_flag_not_yours",
    "这条线索没有分给您办理",
    "请先分派给自己，或由已分派的人办理",
    SOURCE,
    Family.CONFLICT,
)


def load_flag(work: Work, flag_id: int) -> RiskFlag:
    """Return a flag, locked, for a supervisor of its region who has nothing to do with it.

    Raises Refused role_missing, risk_flag_missing (also for a foreign one), risk_flag_own_institution,
    risk_flag_own_list, risk_flag_lists_withdrawn.
    """
    check_role(work.actor, *HANDLERS)
    found = lock_flag(work, flag_id)
    if not any(found.region_code in work.actor.reach.get(role, frozenset()) for role in HANDLERS):
        raise RISK_FLAG_MISSING.refused()
    check_apart(work, found, work.actor.person_id)
    _check_founded(work.session, found)
    return found


def _check_founded(session: Session, flag: RiskFlag) -> None:
    """Refuse to go on with what rests on withdrawn lists alone, before the clock has come to end it."""
    if not is_live(flag):
        return
    rests = (
        select(RiskFlagList.flag_id)
        .join(LISTS, LISTS.c.id == RiskFlagList.list_id)
        .where(RiskFlagList.flag_id == flag.id, LISTS.c.withdrawn_at.is_not(None))
        .group_by(RiskFlagList.flag_id)
        .having(func.sum(RiskFlagList.rows) >= func.max(RiskFlagList.of_rows))
    )
    if session.scalar(rests) is not None:
        raise RISK_FLAG_UNFOUNDED.refused()


def is_live(flag: RiskFlag) -> bool:
    """Return whether a flag waits for a conclusion."""
    return flag.state in LIVE


def lock_flag(work: Work, flag_id: int) -> RiskFlag:
    """Return a flag, locked. Raises Refused risk_flag_missing."""
    found = work.session.scalars(
        select(RiskFlag)
        .where(RiskFlag.id == flag_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if found is None:
        raise RISK_FLAG_MISSING.refused()
    return found


def check_apart(work: Work, flag: RiskFlag, person_id: int) -> None:
    """Refuse who has to do with what a flag is about, and who brought a list along it rests on.

    Raises Refused risk_flag_own_institution, risk_flag_own_list.
    """
    check_unconcerned(work, [flag], person_id)
    numbered = (
        select(LISTS.c.region_code, LISTS.c.id)
        .join(RiskFlagList, RiskFlagList.list_id == LISTS.c.id)
        .where(RiskFlagList.flag_id == flag.id, LISTS.c.imported_by_person_id == person_id)
        .order_by(LISTS.c.id)
        .limit(1)
    )
    for region, list_id in work.session.execute(numbered):
        raise RISK_FLAG_OWN_LIST.refused(number=number_list(region, list_id))


def check_unconcerned(work: Work, flags: Iterable[RiskFlag], person_id: int) -> None:
    """Refuse who has or had a role in a flagged institution under any account, or is meant by a flag.

    Raises Refused risk_flag_own_institution.
    """
    served = (
        select(RoleGrant.institution_id)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(UserAccount.person_id == person_id, RoleGrant.institution_id.is_not(None))
    )
    own = set(work.session.scalars(served))
    if any(each.institution_id in own or each.suspect_person_id == person_id for each in flags):
        raise RISK_FLAG_OWN.refused()

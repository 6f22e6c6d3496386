"""The second hand of an institution: another person, and for some days nobody the first one let in anew."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from voucher.ledger.audit import AuditRow
from voucher.plumbing.unit_of_work import Work
from voucher.registry import tables
from voucher.registry.users import COMMON_LOGINS, UserAccount
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Family, reason

APART, RESET = "reset_apart_days", "reset_access"
COMMON = select(UserAccount.id).where(UserAccount.login.in_(COMMON_LOGINS)).subquery()
RESET_LATELY = reason(
    "second_person_reset_lately",
    "两人中一人在 {days} 日内重置过另一人的登录，不能由这两人共同办理",
    "请由其他人员确认；重置人知道过新密码，不能算作另一个人",
    "豫办〔2021〕29号 第16项; S2-16i; 【设】重置登录后若干日内不作两人办理",
    Family.FORBIDDEN,
)
RESET_BY_NOBODY = reason(
    "second_person_reset_by_nobody",
    "两人中一人的登录在 {days} 日内由命令行的公用账号重置过，不能由这两人共同办理",
    "请由其他两人提出和确认，或过了这些日子再办；重置的人知道过新密码，而公用账号说不出是谁，以后请以本人账号重置",
    "豫办〔2021〕29号 第16项; S2-16i; GB/T 22239-2019 8.1.4.1 身份鉴别; 【设】重置登录后若干日内不作两人办理",
    Family.FORBIDDEN,
)


RESET_BY_ONE = reason(
    "second_person_reset_by_one",
    "两人的登录在 {days} 日内都由同一人重置过，不能由这两人共同办理",
    "请由其中一人和其他人员办理，或过了这些日子再办；重置人知道过两人的新密码，可能就是这两人",
    "豫办〔2021〕29号 第16项; S2-16i; 【设】重置登录后若干日内不作两人办理",
    Family.FORBIDDEN,
)


def check_second_hand(work: Work, first_person_id: int) -> None:
    """Refuse the actor as second hand of oneself, and of who reset, or was reset by, the actor some days ago.

    Whoever resets an account has known its password, and may sign in with it: whoever reset both may be both,
    and behind a common account that may have been anybody, one of the two as well. Raises Refused
    second_person_needed, second_person_reset_lately, second_person_reset_by_one,
    second_person_reset_by_nobody, parameter_missing.
    """
    own = work.actor.person_id
    check_two_people(first_person_id, own)
    days = tables.require_parameter_number(work.session, APART, work.today, ())
    rows = work.session.execute(
        select(
            UserAccount.person_id,
            AuditRow.actor_person_id,
            AuditRow.actor_user_id.in_(select(COMMON.c.id)).label("is_common"),
        )
        .join(AuditRow, AuditRow.object_id == UserAccount.id)
        .where(
            AuditRow.thing == "user_account",
            AuditRow.act == RESET,
            AuditRow.at > work.at - timedelta(days=days),
            UserAccount.person_id.in_((own, first_person_id)),
        )
    ).all()
    if any(each.is_common for each in rows):
        raise RESET_BY_NOBODY.refused(days=days)
    by: dict[int, set[int]] = {own: set(), first_person_id: set()}
    for each in rows:
        by[each.person_id].add(each.actor_person_id)
    if first_person_id in by[own] or own in by[first_person_id]:
        raise RESET_LATELY.refused(days=days)
    if by[own] & by[first_person_id]:
        raise RESET_BY_ONE.refused(days=days)

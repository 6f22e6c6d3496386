"""The second hand of an institution: another person, and for some days nobody the first one let in anew."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import Select, and_, or_, select

from voucher.ledger.audit import AuditRow
from voucher.plumbing.unit_of_work import Work
from voucher.registry import tables
from voucher.registry.users import UserAccount
from voucher.rules.approval import check_two_people
from voucher.rules.errors import Family, reason

APART, RESET = "reset_apart_days", "reset_access"
RESET_LATELY = reason(
    "second_person_reset_lately",
    "两人中一人在 {days} 日内重置过另一人的登录，不能由这两人共同办理",
    "请由其他人员确认；重置人知道过新密码，不能算作另一个人",
    "豫办〔2021〕29号 第16项; S2-16i; 【设】重置登录后若干日内不作两人办理",
    Family.FORBIDDEN,
)


def check_second_hand(work: Work, first_person_id: int) -> None:
    """Refuse the actor as second hand of oneself, and of who reset, or was reset by, the actor some days ago.

    Whoever resets an account has known its password, and may sign in with it.
    Raises Refused second_person_needed, second_person_reset_lately, parameter_missing.
    """
    own = work.actor.person_id
    check_two_people(first_person_id, own)
    days = tables.require_parameter_number(work.session, APART, work.today, ())
    reset = select(AuditRow.id).where(
        AuditRow.thing == "user_account",
        AuditRow.act == RESET,
        AuditRow.at > work.at - timedelta(days=days),
        or_(
            and_(AuditRow.object_id.in_(_accounts_of(own)), AuditRow.actor_person_id == first_person_id),
            and_(AuditRow.object_id.in_(_accounts_of(first_person_id)), AuditRow.actor_person_id == own),
        ),
    )
    if work.session.scalars(reset.limit(1)).first() is not None:
        raise RESET_LATELY.refused(days=days)


def _accounts_of(person_id: int) -> Select[int]:
    return select(UserAccount.id).where(UserAccount.person_id == person_id)

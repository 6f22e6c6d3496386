"""Resetting somebody's access (重置登录): by two administrators with codes, where two have ever had one.

Whoever resets an account has known its password, so one alone could be two people afterwards. Who makes two
hands necessary and who may be one of them are two questions (`reset_hands`): a house that has no two
administrators with codes yet resets by one hand, and none that has had two comes back to that by a reset.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, ForeignKey, Index, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger import audit
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.types import Int64, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.registry import tables
from voucher.registry.access.changes import tell_reset_asked
from voucher.registry.access.reset_hands import TWO, list_reset_hands
from voucher.registry.access.staffing import reset_access, take_resettable
from voucher.registry.second_hands import check_second_hand
from voucher.registry.users import UserAccount, name_people
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, Refused, reason

HOURS = "reset_ask_hours"
OPEN = text("done_at IS NULL AND lapsed_at IS NULL")
SOURCE = "豫办〔2021〕29号 第16项; S2-16i; GB/T 22239-2019 8.1.4.1; 【设】重置他人登录须两名管理员各自办理"

RESET_BY_TWO = reason(
    "reset_by_two",
    "系统里已有两名以上管理员，重置他人登录须由两名管理员各以本人账号办理；现在所用的账号不能办",
    "请用 --as 指明本人的管理员账号并加上 --code 动态口令；"
    "{days} 日内重置过登录、新开或新授予管理员的账号还不能办",
    SOURCE,
    Family.FORBIDDEN,
)
RESET_HANDS_TOO_FEW = reason(
    "reset_hands_too_few",
    "重置这个账号须由两名管理员办理，除账号本人外现在能办的只有 {count} 名",
    "请先给另一人开管理员账号、绑定动态口令，满 {days} 日后由两人办理；"
    "已有管理员而 {days} 日内重置过登录或新开的，等满 {days} 日。平时请留三名管理员",
    SOURCE,
    Family.FORBIDDEN,
)
RESET_ASKED = reason(
    "reset_asked_already",
    "{by}已于 {at} 提出重置这个账号，办理号 {number}，还没有重置",
    "请先向{by}核实；确要重置的，由另一名管理员加上 --confirm {number} 确认，不确认的过 {hours} 小时自动作废",
    SOURCE,
    Family.CONFLICT,
)
RESET_ASK_GONE = reason(
    "reset_ask_gone",
    "这个账号没有办理号为 {number} 的待确认重置",
    "请用 voucher user list 查看待确认的重置；过了时限或提出人已不能办理的，请不加 --confirm 重新提出",
    SOURCE,
    Family.MISSING,
)


class AccessReset(Model):
    """A reset asked for by one administrator, and done by another, or lapsed."""

    __tablename__ = "access_reset"
    __table_args__ = (
        CheckConstraint("(done_at IS NULL) = (done_by_person_id IS NULL)", name="done_by"),
        CheckConstraint("done_by_person_id <> asked_by_person_id", name="two_people"),
        CheckConstraint("done_at IS NULL OR lapsed_at IS NULL", name="one_end"),
        Index("uq_access_reset_open", "user_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    user_id: Mapped[int] = mapped_column(Int64, ForeignKey("user_account.id"), nullable=False)
    asked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    asked_by_person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    done_at: Mapped[datetime | None] = mapped_column(UtcTime)
    done_by_person_id: Mapped[int | None] = mapped_column(Int64, ForeignKey("person.id"))
    lapsed_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_access_reset_open", "access_reset.user_id", CHANGED_MEANWHILE)


@dataclass(frozen=True, slots=True)
class ResetTold:
    """What came of a reset: the first password, or until when another administrator is waited for.

    `number` is that of what was asked; none where one hand did it.
    """

    password: str | None
    waits_until: datetime | None
    number: int | None

    @property
    def is_by_two(self) -> bool:
        """Return whether two administrators are needed."""
        return self.number is not None


def reset_by_two(work: Work, login: str, confirm: int | None = None) -> ResetTold:
    """Ask for a reset, or do the one another administrator has asked for and whose number is given.

    Where fewer than two administrators have ever had a code it is done at once. What nobody has done within
    a dated number of hours, or whose asker may no longer do it, has lapsed and is asked for anew. Raises
    Refused role_missing, account_common, login_unknown, account_disabled, reset_hands_too_few, reset_by_two,
    reset_asked_already, reset_ask_gone, parameter_missing and what `check_second_hand` refuses.
    """
    check_role(work.actor, Role.ADMINISTRATOR)
    account = take_resettable(work, login)
    hands = list_reset_hands(work, account.person_id)
    if hands.standing < TWO:
        return ResetTold(reset_access(work, login), None, None)
    able = set(hands.able.values())
    if len(able) < TWO:
        raise RESET_HANDS_TOO_FEW.refused(count=len(able), days=hands.days)
    if work.actor.user_id not in hands.able:
        raise RESET_BY_TWO.refused(days=hands.days)
    hours = tables.require_parameter_number(work.session, HOURS, work.today, ())
    asked = _find_open(work.session, account.id)
    if asked is not None and (
        asked.asked_at + timedelta(hours=hours) <= work.at or asked.asked_by_person_id not in able
    ):
        asked.lapsed_at = work.at
        work.session.flush()
        audit.record_one(work, "access_reset", asked.id, "lapse")
        asked = None
    if confirm is None:
        if asked is not None:
            raise _tell_asked(work, asked, hours)
        made = _ask(work, account)
        return ResetTold(None, made.asked_at + timedelta(hours=hours), made.id)
    if asked is None or asked.id != confirm:
        raise RESET_ASK_GONE.refused(number=confirm)
    check_second_hand(work, asked.asked_by_person_id)
    asked.done_at, asked.done_by_person_id = work.at, work.actor.person_id
    work.session.flush()
    audit.record_one(work, "access_reset", asked.id, "do", user=account.id)
    return ResetTold(reset_access(work, login), None, asked.id)


def list_open_resets(session: Session) -> dict[int, AccessReset]:
    """Return what is asked for and neither done nor lapsed, by account."""
    rows = session.scalars(
        select(AccessReset).where(AccessReset.done_at.is_(None), AccessReset.lapsed_at.is_(None))
    )
    return {each.user_id: each for each in rows}


def _tell_asked(work: Work, asked: AccessReset, hours: int) -> Refused:
    by = name_people(work.session, [asked.asked_by_person_id])[asked.asked_by_person_id]
    at = f"{asked.asked_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    return RESET_ASKED.refused(by=by, at=at, number=asked.id, hours=hours)


def _ask(work: Work, account: UserAccount) -> AccessReset:
    made = AccessReset(user_id=account.id, asked_at=work.at, asked_by_person_id=work.actor.person_id)
    work.session.add(made)
    work.session.flush()
    audit.record_one(work, "access_reset", made.id, "ask", user=account.id)
    tell_reset_asked(work, account)
    return made


def _find_open(session: Session, user_id: int) -> AccessReset | None:
    return session.scalars(
        select(AccessReset)
        .where(AccessReset.user_id == user_id, AccessReset.done_at.is_(None), AccessReset.lapsed_at.is_(None))
        .with_for_update()
    ).first()

"""Changes of how an account is entered, told to its holder: by short message, and on the account's own page.

Whoever was reset by somebody else, or whose password or time code somebody else changed, hears of it without
having asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.audit import AuditRow
from voucher.plumbing.clock import SHANGHAI
from voucher.plumbing.unit_of_work import Work
from voucher.registry.access import passwords
from voucher.registry.letters import (
    ACCESS_RESET,
    ACCESS_RESET_ASKED,
    PASSWORD_CHANGED,
    TOTP_BOUND,
    Notice,
    write_to_people,
)
from voucher.registry.people import Person
from voucher.registry.users import UserAccount
from voucher.rules.privacy import mask_login

RESET = "reset_access"
WORDS: Mapping[str, str] = {
    RESET: "密码和动态口令被重置，原来的登录全部退出",
    "set_password": "设置了新密码",
    "confirm_totp": "绑定了动态口令",
    "suspend": "在机构的岗位被暂停",
    "resume": "在机构的岗位恢复",
}


@dataclass(frozen=True, slots=True)
class AccessChange:
    """What was changed of how an account is entered, and by whom; no name where it was the holder."""

    at: datetime
    act: str
    by_name: str | None

    @property
    def words(self) -> str:
        """Return the change in words."""
        return WORDS[self.act]


def tell_reset(work: Work, account: UserAccount) -> None:
    """Tell the holder that somebody reset password and second factor."""
    _tell(work, account, ACCESS_RESET)


def tell_reset_asked(work: Work, account: UserAccount) -> None:
    """Tell the holder that somebody asks for a reset, while it can still be stopped."""
    _tell(work, account, ACCESS_RESET_ASKED)


def tell_totp_bound(work: Work, account: UserAccount) -> None:
    """Tell the holder that a telephone's time code has been bound."""
    _tell(work, account, TOTP_BOUND)


def change_own_password(
    work: Work, account: UserAccount, new: str, *, hasher: PasswordHasher = passwords.HASHER
) -> None:
    """Give an account the password its holder chose, and tell the holder.

    Raises Refused password_short, password_long, password_is_login, password_common, password_same.
    """
    passwords.set_password(work, account.id, new, hasher=hasher)
    _tell(work, account, PASSWORD_CHANGED)


def list_access_changes(session: Session, user_id: int, *, limit: int = 20) -> list[AccessChange]:
    """Return what was last changed of how an account is entered, the newest first."""
    account = session.get_one(UserAccount, user_id)
    rows = session.scalars(
        select(AuditRow)
        .where(
            AuditRow.thing == "user_account", AuditRow.object_id == user_id, AuditRow.act.in_(sorted(WORDS))
        )
        .order_by(AuditRow.id.desc())
        .limit(limit)
    ).all()
    others = {each.actor_user_id for each in rows if each.actor_person_id != account.person_id}
    found = select(UserAccount.id, UserAccount.display_name).where(UserAccount.id.in_(sorted(others)))
    names: dict[int, str] = dict(session.execute(found).all())
    return [
        AccessChange(
            each.at,
            each.act,
            names.get(each.actor_user_id, "系统") if each.actor_user_id in others else None,
        )
        for each in rows
    ]


def find_reset(session: Session, user_id: int) -> AccessChange | None:
    """Return the reset whose first password is still the one in use; None where there is none."""
    for each in list_access_changes(session, user_id):
        if each.act == RESET:
            return each
        if each.act == "set_password" and each.by_name is None:
            return None
    return None


def _tell(work: Work, account: UserAccount, template: str) -> None:
    """Write to the holder, where a telephone is on record; a message that can reach nobody is not queued."""
    reachable = select(Person.id).where(Person.id == account.person_id, Person.mobile_sealed.is_not(None))
    if work.session.scalar(reachable) is None:
        return
    told = {
        "login": mask_login(account.login),
        "at": f"{work.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
    }
    key = f"{template}:{account.id}:{work.at.isoformat(timespec='microseconds')}"
    write_to_people(work, [Notice(key, account.person_id, template, told)])

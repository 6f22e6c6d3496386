"""Accounts linked to the province's single sign-on: one identity opens one account."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger import audit
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.registry.people import accepted_indexes, get_person, index_of
from voucher.registry.users import COMMON_LOGINS, UserAccount
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.identity import normalise_identity

SOURCE = "DESIGN §7 单点登录（OIDC）; S2-16g"
LINKED = "ended_at IS NULL"

IDENTITY_LINKED_ELSEWHERE = reason(
    "identity_linked_elsewhere",
    "这个统一身份认证账号已绑定另一个账号",
    "请先在另一个账号的登录管理中解除绑定，或联系系统管理员",
    SOURCE,
    Family.CONFLICT,
)
IDENTITY_NOT_LINKED = reason(
    "identity_not_linked",
    "这个统一身份认证账号还没有绑定本系统账号",
    "请先用账号密码登录，在“登录管理”中绑定；劳动者须在认证平台完成实名认证",
    SOURCE,
    Family.FORBIDDEN,
)


IDENTITY_OF_ANOTHER = reason(
    "identity_of_another",
    "统一身份认证的身份与本系统账号登记的不是同一人",
    "请用本人的统一身份认证账号；登记有误的，请带身份证到县（市、区）人社服务窗口更正",
    SOURCE,
    Family.FORBIDDEN,
)


class LinkedIdentity(Model):
    """One identity of a provider and the account it opens; the provider's name for it only as an index."""

    __tablename__ = "linked_identity"
    __table_args__ = (
        Index("uq_linked_identity_subject", "subject_index", unique=True,
              sqlite_where=text(LINKED), postgresql_where=text(LINKED)),
        Index("uq_linked_identity_user", "user_id", unique=True,
              sqlite_where=text(LINKED), postgresql_where=text(LINKED)),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    subject_index: Mapped[str] = mapped_column(Text, nullable=False)
    user_id: Mapped[int] = mapped_column(Int64, ForeignKey("user_account.id"), nullable=False)
    linked_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


translate("uq_linked_identity_subject", "linked_identity.subject_index", IDENTITY_LINKED_ELSEWHERE)
translate("uq_linked_identity_user", "linked_identity.user_id", CHANGED_MEANWHILE)


def find_linked(session: Session, keyring: Keyring, issuer: str, subject: str) -> UserAccount | None:
    """Return the account an identity opens, unless it is disabled or nobody's own."""
    return session.scalars(
        select(UserAccount)
        .join(LinkedIdentity, LinkedIdentity.user_id == UserAccount.id)
        .where(
            LinkedIdentity.subject_index == _index(keyring, issuer, subject),
            LinkedIdentity.ended_at.is_(None),
            UserAccount.disabled_at.is_(None),
            UserAccount.login.not_in(COMMON_LOGINS),
        )
    ).first()


def check_same_person(work: Work, person_id: int, number: str | None) -> None:
    """Refuse an identity whose vouched number neither is nor was the one of the account's person.

    A number that cannot be read, as where the provider hides a part of it, says nothing; nor does an account
    of a person without one. Raises Refused identity_of_another.
    """
    person = get_person(work.session, person_id)
    if number is None or person.number_sealed is None:
        return
    try:
        vouched = normalise_identity(number, work.today)
    except Refused:
        return
    had = accepted_indexes(work.session, [person_id])[person_id]
    if index_of(work.keyring, vouched) not in had:
        raise IDENTITY_OF_ANOTHER.refused()


def link(work: Work, user_id: int, issuer: str, subject: str) -> None:
    """Link an identity to an account in place of the one it had. Raises Refused identity_linked_elsewhere."""
    index = _index(work.keyring, issuer, subject)
    standing = work.session.scalars(
        select(LinkedIdentity).where(LinkedIdentity.subject_index == index, LinkedIdentity.ended_at.is_(None))
    ).first()
    if standing is not None:
        if standing.user_id != user_id:
            raise IDENTITY_LINKED_ELSEWHERE.refused()
        return
    unlink(work, user_id)
    work.session.add(LinkedIdentity(subject_index=index, user_id=user_id, linked_at=work.at))
    work.session.flush()
    audit.record_one(work, "user_account", user_id, "link_identity")


def unlink(work: Work, user_id: int) -> bool:
    """End the link of an account and return whether there was one."""
    ended = work.session.scalars(
        update(LinkedIdentity)
        .where(LinkedIdentity.user_id == user_id, LinkedIdentity.ended_at.is_(None))
        .values(ended_at=work.at)
        .returning(LinkedIdentity.id)
    ).first()
    if ended is not None:
        audit.record_one(work, "user_account", user_id, "unlink_identity")
    return ended is not None


def is_linked(session: Session, user_id: int) -> bool:
    """Return whether an account is opened by an identity of the single sign-on."""
    return (
        session.scalar(
            select(LinkedIdentity.id).where(
                LinkedIdentity.user_id == user_id, LinkedIdentity.ended_at.is_(None)
            )
        )
        is not None
    )


def _index(keyring: Keyring, issuer: str, subject: str) -> str:
    return keyring.blind_index("single_sign_on", f"{issuer}\n{subject}")

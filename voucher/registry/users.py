"""Accounts, what they may do and where, and the sessions they hold; every account belongs to a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import (
    BindParameter,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    and_,
    bindparam,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger import audit
from voucher.plumbing.constraints import translate
from voucher.plumbing.db import Model
from voucher.plumbing.sealed_columns import sealed_of_person
from voucher.plumbing.types import Bytes, Day, Flag, Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.registry import catalogue, machines
from voucher.registry.institutions import Institution
from voucher.rules.actor import Actor, Grant, Role
from voucher.rules.errors import Family, reason

EVER = date(2000, 1, 1)
# whose role is ended today has had it until today, but its row says yesterday
ENDED_THE_DAY_AFTER = timedelta(days=1)
PROVINCE = "410000"
TOTP_CONTEXT = "user_account.totp"


class UserAccount(Model):
    """A login; hands are compared by its person, so two accounts of one person are one hand.

    `last_seen_on` is the last day of use told by a session that has been forgotten.
    """

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("failed_count >= 0", name="failed_count"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    login: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    display_name: Mapped[str] = mapped_column(Text, nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    password_hash: Mapped[str | None] = mapped_column(Text)
    totp_sealed: Mapped[bytes | None] = mapped_column(Bytes)
    totp_confirmed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    totp_last_step: Mapped[int | None] = mapped_column(Int64)
    must_change_password: Mapped[bool] = mapped_column(Flag, nullable=False, default=True)
    failed_count: Mapped[int] = mapped_column(Int64, nullable=False, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(UtcTime)
    disabled_at: Mapped[datetime | None] = mapped_column(UtcTime)
    created_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    last_seen_on: Mapped[date | None] = mapped_column(Day)


class RoleGrant(Model):
    """One role of one account, in a region subtree or in an institution, with its days in force."""

    __tablename__ = "role_grant"
    __table_args__ = (
        CheckConstraint("region_code IS NOT NULL OR institution_id IS NOT NULL", name="somewhere"),
        Index("ix_role_grant_user", "user_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    user_id: Mapped[int] = mapped_column(Int64, ForeignKey("user_account.id"), nullable=False)
    role: Mapped[str] = mapped_column(Text, nullable=False)
    region_code: Mapped[str | None] = mapped_column(Text, ForeignKey("region.code"))
    institution_id: Mapped[int | None] = mapped_column(Int64, ForeignKey(Institution.id))
    since: Mapped[date] = mapped_column(Day, nullable=False)
    until: Mapped[date | None] = mapped_column(Day)


class WebSession(Model):
    """A session in a browser or of a system, known by the hash of its secret only."""

    __tablename__ = "web_session"
    __table_args__ = (
        Index("ix_web_session_user", "user_id"),
        {"sqlite_strict": True},
    )

    token_hash: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int] = mapped_column(Int64, ForeignKey("user_account.id"), nullable=False)
    created_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    seen_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    expires_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    second_factor_at: Mapped[datetime | None] = mapped_column(UtcTime)
    signing_proven_at: Mapped[datetime | None] = mapped_column(UtcTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcTime)


class SessionOrigin(Model):
    """How a session began: by which way, on what, from where (masked); for its owner's own list."""

    __tablename__ = "web_session_origin"
    __table_args__ = ({"sqlite_strict": True},)

    token_hash: Mapped[str] = mapped_column(Text, ForeignKey("web_session.token_hash"), primary_key=True)
    way: Mapped[str] = mapped_column(Text, nullable=False)
    device: Mapped[str] = mapped_column(Text, nullable=False)
    address: Mapped[str] = mapped_column(Text, nullable=False)


OPERATOR_LOGIN, CLOCK_LOGIN, ADMINISTRATOR_LOGIN = "operator", "clock", "administrator"
CUSTODIAN_LOGIN = "custodian"
# stand-ins of the house: nobody's own, so none signs in, and an act of one is the hand of nobody known
COMMON_LOGINS = (OPERATOR_LOGIN, CLOCK_LOGIN, ADMINISTRATOR_LOGIN, CUSTODIAN_LOGIN)

LOGIN_UNKNOWN = reason(
    "login_unknown",
    "没有名为“{login}”的可用账号",
    "请核对账号名；账号已停用的，请联系系统管理员",
    "【设】账号与自然人一一对应到人",
    Family.FORBIDDEN,
)
LOGIN_TAKEN = reason(
    "login_taken",
    "这个账号名已被使用",
    "请换一个账号名",
    "【设】账号名唯一",
    Family.CONFLICT,
)
sealed_of_person(UserAccount.totp_sealed, TOTP_CONTEXT, lambda person_id: UserAccount.person_id == person_id)
translate("uq_user_account_login", "user_account.login", LOGIN_TAKEN)


def open_account(
    work: Work,
    *,
    login: str,
    display_name: str,
    person_id: int,
    grants: Sequence[Grant],
    since: date | None = None,
) -> UserAccount:
    """Open an account of a person with its roles; it has no password yet. Raises Refused login_taken."""
    account = UserAccount(
        login=login,
        display_name=display_name,
        person_id=person_id,
        must_change_password=True,
        failed_count=0,
        created_at=work.at,
    )
    work.session.add(account)
    work.session.flush()
    for grant in grants:
        work.session.add(
            RoleGrant(
                user_id=account.id,
                role=grant.role,
                region_code=grant.region_code,
                institution_id=grant.institution_id,
                since=since or work.today,
            )
        )
    work.session.flush()
    audit.record_one(
        work,
        "user_account",
        account.id,
        "open",
        login=login,
        grants=[[str(each.role), each.region_code, each.institution_id] for each in grants],
    )
    return account


def open_system_accounts(work: Work) -> int:
    """Open the four stand-ins once; none has a password, so none can sign in at the door.

    `operator` imports, opens budgets and submits, and signs nothing; `clock` does what is due;
    `administrator` opens accounts at the command line and sees no business data; `custodian` keeps the
    signing keys and has no business rights.
    """
    opened = 0
    for login, name, role in (
        (OPERATOR_LOGIN, "经办人员（命令行）", Role.OPERATOR),
        (CLOCK_LOGIN, "系统定时任务", Role.CLOCK),
        (ADMINISTRATOR_LOGIN, "系统管理员（命令行）", Role.ADMINISTRATOR),
        (CUSTODIAN_LOGIN, "密钥保管员（命令行）", Role.KEY_CUSTODIAN),
    ):
        if work.session.scalar(select(UserAccount.id).where(UserAccount.login == login)) is None:
            person = machines.open_system_person(work, login, name)
            open_account(
                work,
                login=login,
                display_name=name,
                person_id=person,
                grants=[Grant(role=role, region_code=PROVINCE)],
                since=EVER,
            )
            opened += 1
    return opened


def in_force(on: date | BindParameter[date]) -> ColumnElement[bool]:
    """Return the condition that a role is in force on a day."""
    return and_(RoleGrant.since <= on, or_(RoleGrant.until.is_(None), RoleGrant.until >= on))


# asked before almost every act: said once, not built again for each
_ACCOUNT = select(UserAccount).where(
    UserAccount.login == bindparam("login"), UserAccount.disabled_at.is_(None)
)
_IN_FORCE = select(RoleGrant).where(
    RoleGrant.user_id == bindparam("user_id"), in_force(bindparam("on", type_=Day))
)


def name_people(session: Session, person_ids: Iterable[int]) -> dict[int, str]:
    """Return the display names of staff by person."""
    rows = session.execute(
        select(UserAccount.person_id, UserAccount.display_name)
        .where(UserAccount.person_id.in_(sorted(set(person_ids))))
        .order_by(UserAccount.id.desc())
    )
    return dict(rows.all())


def list_served(session: Session, person_id: int, today: date) -> dict[int, date]:
    """Return the institutions a person works or ever worked for, with any account, each with its last day.

    Today is the last day of what still goes on.
    """
    rows = session.execute(
        select(RoleGrant.institution_id, RoleGrant.until)
        .join(UserAccount, UserAccount.id == RoleGrant.user_id)
        .where(
            UserAccount.person_id == person_id,
            RoleGrant.institution_id.is_not(None),
            RoleGrant.since <= today,
        )
    )
    last: dict[int, date] = {}
    for institution_id, until in rows:
        if institution_id is None:
            continue
        ended = today if until is None else min(until, today)
        last[institution_id] = max(ended, last.get(institution_id, ended))
    return last


def load_actor(session: Session, login: str, on: date) -> Actor:
    """Return the actor behind a login, with the roles in force on a day. Raises Refused login_unknown."""
    account = session.scalars(_ACCOUNT, {"login": login}).first()
    if account is None:
        raise LOGIN_UNKNOWN.refused(login=login)
    return actor_of(session, account, session.scalars(_IN_FORCE, {"user_id": account.id, "on": on}).all())


def actor_of(session: Session, account: UserAccount, rows: Sequence[RoleGrant]) -> Actor:
    """Return the actor of an account with these roles, what its regions reach included."""
    grants = tuple(Grant(Role(row.role), row.region_code, row.institution_id) for row in rows)
    # staff of an institution act for that institution, never for the region it stands in;
    # a worker acts for nobody but the person the account belongs to
    regional = [
        (grant.role, grant.region_code)
        for grant in grants
        if grant.region_code is not None and grant.institution_id is None and grant.role is not Role.WORKER
    ]
    subtrees = {
        code: frozenset(catalogue.list_subtree(session, code)) for code in {code for _, code in regional}
    }
    reach: dict[Role, frozenset[str]] = {}
    for role, code in regional:
        reach[role] = reach.get(role, frozenset()) | subtrees[code]
    return Actor(account.id, account.login, account.person_id, grants, reach)


def list_served_since(session: Session, person_id: int, since: date, today: date) -> set[int]:
    """Return the institutions a person has worked for since a day, with any account, as far as today.

    A role ended for the hour of an act counts as well.
    """
    served = list_served(session, person_id, today)
    return {house for house, last in served.items() if since <= last + ENDED_THE_DAY_AFTER}

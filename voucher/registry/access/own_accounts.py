"""Accounts people open for themselves: with a proven telephone, or through the province's own sign-on.

A known person is never taken over by whoever knows name and number: the telephone must be the one on
record, given by the office or by the person and not by an institution, unless a parameter says that none on
record is enough. Everybody else goes to the window.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger import audit
from voucher.plumbing.db import Model
from voucher.plumbing.types import Flag, Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people
from voucher.registry.access.login_codes import ProvenPhone
from voucher.registry.access.workers import (
    WORKER_NAME_DIFFERS,
    check_no_account,
    check_not_disabled,
    check_not_erased,
    find_worker,
    note_mobile,
)
from voucher.registry.facts import BY_HOLDER
from voucher.registry.importing.tags import Intent, state_intent, write_tags
from voucher.registry.people import Newcomer, Person
from voucher.registry.standards import get_parameter
from voucher.registry.tables import read_flag
from voucher.registry.users import PROVINCE, RoleGrant, UserAccount, open_account
from voucher.registry.vouched_numbers import find_unvouched, is_vouched
from voucher.rules.actor import Grant, Role
from voucher.rules.errors import Family, reason
from voucher.rules.identity import normalise_identity
from voucher.rules.names import normalise_name

SOURCE = "豫办〔2021〕29号 第16项 实名制、个人领取使用; S2-16c; S2-16g"
PASSWORD, PHONE, SINGLE_SIGN_ON = "password", "phone", "single_sign_on"
WAY_NAMES = {PASSWORD: "账号密码", PHONE: "手机验证码", SINGLE_SIGN_ON: "统一身份认证"}

PHONE_NOT_ON_RECORD = reason(
    "phone_not_on_record",
    "这个手机号与系统中登记的手机号不一致，不能自助开户",
    "请用登记的手机号登录；换了号码的，请本人带身份证到人社窗口更新手机号",
    SOURCE,
    Family.FORBIDDEN,
)
PHONE_FULL = reason(
    "phone_full",
    "这个手机号已登记 {most} 名劳动者，不能再登记",
    "请换用本人的手机号；没有手机的请到窗口办理",
    SOURCE,
    Family.CONFLICT,
)
TERMS_NOT_AGREED = reason(
    "terms_not_agreed",
    "还没有同意用户协议和隐私政策",
    "请阅读后勾选；不同意的可到窗口办理",
    "个人信息保护法 第十四条",
)
ACCOUNT_NOT_OF_PHONE = reason(
    "account_not_of_phone",
    "这个手机号没有登记该账号",
    "请从列表中选择，或改用账号密码登录",
    SOURCE,
    Family.FORBIDDEN,
)


class Declaration(Model):
    """What a person said at the first sign-in: the wish to be trained, the terms, the way; append-only."""

    __tablename__ = "declaration"
    __table_args__ = (
        CheckConstraint("way IN ('password','phone','single_sign_on')", name="way"),
        Index("ix_declaration_user", "user_id"),
        {"sqlite_strict": True},
    )

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    user_id: Mapped[int] = mapped_column(Int64, ForeignKey("user_account.id"), nullable=False)
    person_id: Mapped[int] = mapped_column(Int64, ForeignKey("person.id"), nullable=False)
    way: Mapped[str] = mapped_column(Text, nullable=False)
    intends: Mapped[bool] = mapped_column(Flag, nullable=False)
    terms: Mapped[str] = mapped_column(Text, nullable=False)
    declared_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """One worker's account a telephone may open."""

    user_id: int
    login: str
    display_name: str


def find_accounts(session: Session, mobile_index: str) -> list[Choice]:
    """Return the workers' accounts of the people whose own number this is, as far as it can be believed."""
    rows = session.execute(
        select(UserAccount.person_id, UserAccount.id, UserAccount.login, UserAccount.display_name)
        .join(Person, Person.id == UserAccount.person_id)
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .where(
            Person.mobile_index == mobile_index,
            UserAccount.disabled_at.is_(None),
            RoleGrant.role == Role.WORKER,
            RoleGrant.until.is_(None),
        )
        .distinct()
        .order_by(UserAccount.id)
    ).all()
    unvouched = find_unvouched(session, [row.person_id for row in rows])
    return [Choice(row.id, row.login, row.display_name) for row in rows if row.person_id not in unvouched]


def check_choice(session: Session, phone: ProvenPhone, user_id: int) -> UserAccount:
    """Return the chosen account of a proven number. Raises Refused account_not_of_phone."""
    if user_id not in {each.user_id for each in find_accounts(session, phone.mobile_index)}:
        raise ACCOUNT_NOT_OF_PHONE.refused()
    return session.get_one(UserAccount, user_id)


def open_by_phone(work: Work, phone: ProvenPhone, number: str, name: str) -> UserAccount:
    """Open the account of a person who has proven a telephone.

    Raises Refused worker_name_differs, worker_has_account, worker_disabled, phone_not_on_record, phone_full,
    subject_erased and what reading a name or an identity number refuses.
    """
    most = int(get_parameter(work.session, "accounts_per_mobile", work.today, []).value)
    if len(find_accounts(work.session, phone.mobile_index)) >= most:
        raise PHONE_FULL.refused(most=most)
    canonical, spelt = normalise_identity(number, work.today), normalise_name(name)
    known = people.find_by_indexes(work.session, [people.index_of(work.keyring, canonical)])
    person = next(iter(known.values()), None)
    if person is not None:
        _check_name(work, person.id, spelt)
        check_no_account(work, person.id)
        on_record = person.mobile_index == phone.mobile_index and is_vouched(work, person.id)
        if not on_record and not _may_take_up(work, person):
            raise PHONE_NOT_ON_RECORD.refused()
        check_not_disabled(work.session, person.id)
        note_mobile(work, person.id, phone.mobile)
        return _open(work, person.id, spelt)
    opened = people.open_people(work, [Newcomer(canonical, spelt, phone.mobile)])
    return _open(work, next(iter(opened.values())), spelt)


def open_by_sign_on(work: Work, number: str, name: str) -> UserAccount:
    """Return the worker's account of a person the province's sign-on vouches for, opening it where needed.

    Raises Refused worker_name_differs, worker_disabled, subject_erased and what reading a name or an identity
    number refuses.
    """
    spelt = normalise_name(name)
    newcomer = Newcomer(normalise_identity(number, work.today), spelt)
    person_id = next(iter(people.open_people(work, [newcomer]).values()))
    _check_name(work, person_id, spelt)
    check_not_disabled(work.session, person_id)
    found = find_worker(work.session, person_id)
    return found if found is not None else _open(work, person_id, spelt)


def check_terms(agreed: bool) -> None:
    """Refuse to go on without a yes to the terms. Raises Refused terms_not_agreed."""
    if not agreed:
        raise TERMS_NOT_AGREED.refused()


def declare(work: Work, account: UserAccount, *, intends: bool, way: str, terms: str) -> None:
    """Keep what a person declares at the first sign-in; the wish to be trained becomes a dated fact."""
    work.session.add(
        Declaration(
            user_id=account.id,
            person_id=account.person_id,
            way=way,
            intends=intends,
            terms=terms,
            declared_at=work.at,
        )
    )
    work.session.flush()
    audit.record_one(work, "user_account", account.id, "declare", intends=intends, way=way, terms=terms)
    wish = Intent.DECLARED if intends else Intent.DENIED
    write_tags(work, {account.person_id: [state_intent(wish, work.today, BY_HOLDER)]}, frozenset())


def find_declaration(session: Session, user_id: int) -> Declaration | None:
    """Return what an account has declared last."""
    return session.scalars(
        select(Declaration).where(Declaration.user_id == user_id).order_by(Declaration.id.desc()).limit(1)
    ).first()


def _may_take_up(work: Work, person: Person) -> bool:
    return person.mobile_index is None and read_flag(work.session, "sign_up_without_mobile", work.today, [])


def _check_name(work: Work, person_id: int, spelt: str) -> None:
    check_not_erased(work.session, person_id)
    accepted = people.accepted_name_indexes(work.session, [person_id])[person_id]
    if people.name_index_of(work.keyring, spelt) not in accepted:
        raise WORKER_NAME_DIFFERS.refused()


def _open(work: Work, person_id: int, spelt: str) -> UserAccount:
    account = open_account(
        work,
        login=f"w{person_id:08d}",
        display_name=spelt,
        person_id=person_id,
        grants=[Grant(Role.WORKER, PROVINCE)],
    )
    # there is no password somebody else chose
    account.must_change_password = False
    work.session.flush()
    return account

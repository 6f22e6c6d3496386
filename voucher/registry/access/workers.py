"""Accounts of workers: one per person, for their own vouchers only, signed in with a password alone.

Whoever holds any other role besides has business of others in hand, and so needs the second factor.
"""

from __future__ import annotations

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people, subjects
from voucher.registry.people import Newcomer, Person
from voucher.registry.users import PROVINCE, RoleGrant, UserAccount, open_account
from voucher.registry.vouched_numbers import CONFIRMED
from voucher.rules.actor import Actor, Grant, Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.identity import normalise_identity, normalise_mobile
from voucher.rules.names import normalise_name

SOURCE = "豫办〔2021〕29号 第16项 实名制、个人领取使用; S2-16c; S2-16g"

WORKER_HAS_ACCOUNT = reason(
    "worker_has_account",
    "此人已有劳动者账号",
    "一人一个账号，请用原账号登录；忘记账号或密码的，请到窗口核对身份后重置",
    SOURCE,
    Family.CONFLICT,
)
WORKER_DISABLED = reason(
    "worker_disabled",
    "此人的劳动者账号已停用，不能自助开户",
    "请本人带身份证到县（市、区）人社服务窗口核对身份，由窗口重新开户",
    SOURCE,
    Family.FORBIDDEN,
)
WORKER_NAME_DIFFERS = reason(
    "worker_name_differs",
    "姓名与该证件号码登记的姓名不一致",
    "请核对姓名；确已更名的，请凭公安机关证明办理更名登记，由两人核准",
    f"{SOURCE}; AC-I3",
    Family.CONFLICT,
)


def open_worker(work: Work, number: str, name: str, login: str, mobile: str | None) -> int:
    """Open the account of a known or a new person as worker and return its user id; no password yet.

    Raises Refused role_missing, worker_has_account, worker_name_differs, login_taken, name_malformed,
    subject_erased and what reading an identity or a mobile number refuses.
    """
    check_role(work.actor, Role.ADMINISTRATOR, Role.OPERATOR)
    spelt = normalise_name(name)
    contact = normalise_mobile(mobile) if mobile else None
    newcomer = Newcomer(normalise_identity(number, work.today), spelt, contact)
    person_id = next(iter(people.open_people(work, [newcomer]).values()))
    check_not_erased(work.session, person_id)
    accepted = people.accepted_name_indexes(work.session, [person_id])[person_id]
    if people.name_index_of(work.keyring, spelt) not in accepted:
        raise WORKER_NAME_DIFFERS.refused()
    check_no_account(work, person_id)
    if contact is not None:
        note_mobile(work, person_id, contact)
    return open_account(
        work,
        login=login,
        display_name=spelt,
        person_id=person_id,
        grants=[Grant(Role.WORKER, PROVINCE)],
    ).id


def check_not_erased(session: Session, person_id: int) -> None:
    """Refuse whoever asked to be forgotten: nothing of them is taken up again. Raises subject_erased."""
    destroyed = (
        select(subjects.SubjectKey.id)
        .join(Person, Person.blind_index == subjects.SubjectKey.blind_index)
        .where(Person.id == person_id, subjects.SubjectKey.destroyed_at.is_not(None))
    )
    if session.scalar(destroyed) is not None:
        raise subjects.SUBJECT_ERASED.refused()


def note_mobile(work: Work, person_id: int, mobile: str) -> None:
    """Write down the number a known person gives, or that the one on record has been given by the person."""
    person = people.hold_person(work, person_id)
    index = work.keyring.blind_index("mobile", mobile)
    if person.mobile_index == index:
        audit.record_one(work, "person", person_id, CONFIRMED)
        return
    key = subjects.open_keys(work, [person.blind_index])[person.blind_index]
    person.mobile_sealed = work.keyring.seal(key, people.MOBILE_CONTEXT, mobile)
    person.mobile_index = index
    work.session.flush()
    audit.record_one(work, "person", person_id, "update", columns=["mobile_index", "mobile_sealed"])


def check_no_account(work: Work, person_id: int) -> None:
    """Refuse a second account as worker for a person, locked meanwhile. Raises Refused worker_has_account."""
    work.session.scalars(select(Person.id).where(Person.id == person_id).with_for_update()).one()
    if find_worker(work.session, person_id) is not None:
        raise WORKER_HAS_ACCOUNT.refused()


def find_worker(session: Session, person_id: int) -> UserAccount | None:
    """Return the account a person has as a worker, unless it is disabled."""
    return session.scalars(_accounts_of(person_id).where(UserAccount.disabled_at.is_(None))).first()


def check_not_disabled(session: Session, person_id: int) -> None:
    """Refuse a person whose only account as a worker is disabled: the window alone opens another.

    Raises Refused worker_disabled.
    """
    accounts = session.scalars(_accounts_of(person_id)).all()
    if accounts and all(each.disabled_at is not None for each in accounts):
        raise WORKER_DISABLED.refused()


def _accounts_of(person_id: int) -> Select[UserAccount]:
    return (
        select(UserAccount)
        .join(RoleGrant, RoleGrant.user_id == UserAccount.id)
        .where(UserAccount.person_id == person_id, RoleGrant.role == Role.WORKER, RoleGrant.until.is_(None))
        .order_by(UserAccount.id)
    )


def signs_in_with_password(actor: Actor, *, has_second_factor: bool) -> bool:
    """Return whether a password is the whole sign-in: a worker and nothing else, no telephone bound."""
    only_worker = bool(actor.grants) and all(grant.role is Role.WORKER for grant in actor.grants)
    return only_worker and not has_second_factor

"""Codes sent to a telephone to sign in with: sent seldom, good shortly, tried a few times, all of it counted.

Every limit is a dated parameter and every count a row of the database, so that no second server and no
restart gives a guesser another try. Whether anybody has the number is never said before the code is proven.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry import letters, subjects
from voucher.registry.access.login_rows import LoginCode, LoginRefusal
from voucher.registry.mailbox import MOBILE
from voucher.registry.standards import get_parameter
from voucher.rules.errors import Family, Reason, Refusal, reason

SOURCE = "GB/T 22239-2019 8.1.4.1 登录失败处理；次数与时长【设】"
CONTEXT, CODE = "login_code.mobile", "login_code"
CODE_DIGITS = 6
TICKET_BYTES = 32
HOUR, DAY = timedelta(hours=1), timedelta(days=1)

CODE_RESTS = reason(
    "login_code_rests",
    "刚刚已经发过验证码",
    "请等 {seconds} 秒后再获取；短信可能晚到一会儿",
    SOURCE,
    Family.LIMIT,
)
CODES_ENOUGH = reason(
    "login_codes_enough",
    "获取验证码的次数已达上限",
    "请明天再试，或改用账号密码登录、到窗口办理",
    SOURCE,
    Family.LIMIT,
)
CODE_REFUSED = reason(
    "login_code_refused",
    "验证码不正确、已过期或已用过",
    "请输入最新一条短信中的六位数字；连续输错 {failures_allowed} 次须等 {lock_minutes} 分钟",
    SOURCE,
    Family.FORBIDDEN,
)
TICKET_OVER = reason(
    "login_ticket_over",
    "这次手机验证已经用过或超时",
    "请重新获取验证码",
    SOURCE,
    Family.FORBIDDEN,
)


@dataclass(frozen=True, slots=True)
class CodeRules:
    """The dated parameters of codes, as in force on a day."""

    good_minutes: int
    rest_seconds: int
    daily: int
    hourly_from_one_address: int
    failures_from_one_address: int
    failures_allowed: int
    lock_minutes: int
    ticket_minutes: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What whoever asked for a code is told, whether or not anybody has the number."""

    rest_seconds: int
    good_minutes: int


@dataclass(frozen=True, slots=True)
class ProvenPhone:
    """A number whose code was proven; `ticket` is kept nowhere but with whoever proved it."""

    mobile: str
    mobile_index: str
    code_id: int
    ticket: str = ""


def read_code_rules(session: Session, on: date) -> CodeRules:
    """Return the parameters in force on a day. Raises Refused parameter_missing."""

    def number(name: str) -> int:
        return int(get_parameter(session, name, on, []).value)

    return CodeRules(
        good_minutes=number("login_code_minutes"),
        rest_seconds=number("login_code_rest_seconds"),
        daily=number("login_codes_daily"),
        hourly_from_one_address=number("login_codes_hourly_address"),
        failures_from_one_address=number("login_code_failures_address"),
        failures_allowed=number("login_failures_allowed"),
        lock_minutes=number("login_lock_minutes"),
        ticket_minutes=number("login_ticket_minutes"),
    )


def ask_code(work: Work, mobile: str, address: str) -> Asked | Refusal:
    """Send a code to a canonical number and say when the next one may be asked for, or refuse.

    The refusal is returned and not raised, because it is kept. Raises Refused subject_erased.
    """
    rules = read_code_rules(work.session, work.today)
    index, asked_from = _locked(work, mobile), _asked_from(work, address)
    last = work.session.scalar(select(func.max(LoginCode.asked_at)).where(LoginCode.mobile_index == index))
    if last is not None and work.at < last + timedelta(seconds=rules.rest_seconds):
        seconds = int((last + timedelta(seconds=rules.rest_seconds) - work.at).total_seconds()) + 1
        return _refuse(work, index, asked_from, CODE_RESTS, seconds=seconds)
    today = _count(work, LoginCode.mobile_index == index, LoginCode.asked_at > work.at - DAY)
    from_here = _count(work, LoginCode.asked_from == asked_from, LoginCode.asked_at > work.at - HOUR)
    if today >= rules.daily or from_here >= rules.hourly_from_one_address:
        return _refuse(work, index, asked_from, CODES_ENOUGH)
    _send(work, mobile, index, asked_from, rules)
    return Asked(rules.rest_seconds, rules.good_minutes)


def prove_code(work: Work, mobile: str, code: str, address: str) -> ProvenPhone | Refusal:
    """Return the number whose newest code this is, once, or refuse; failures are kept and close the door.

    After too many failures nothing is proven for a while, the right code included, whoever asks from
    wherever. The refusal is returned and not raised, because it is kept. Raises Refused subject_erased.
    """
    rules = read_code_rules(work.session, work.today)
    index, asked_from = _locked(work, mobile), _asked_from(work, address)
    newest = work.session.scalars(
        select(LoginCode).where(LoginCode.mobile_index == index).order_by(LoginCode.id.desc()).limit(1)
    ).first()
    closed = _is_closed(work, index, asked_from, rules)
    given = _code_index(work.keyring, index, code)
    matches = newest is not None and hmac.compare_digest(newest.code_index, given)
    if closed or newest is None or not matches or newest.used_at is not None or work.at >= newest.expires_at:
        return _refuse(
            work, index, asked_from, CODE_REFUSED,
            failures_allowed=rules.failures_allowed, lock_minutes=rules.lock_minutes,
        )  # fmt: skip
    ticket = secrets.token_urlsafe(TICKET_BYTES)
    newest.used_at = work.at
    newest.ticket_hash = _hash(ticket)
    work.session.flush()
    audit.record_one(work, CODE, newest.id, "prove")
    return ProvenPhone(mobile, index, newest.id, ticket)


def read_ticket(work: Work, ticket: str) -> ProvenPhone:
    """Return the number behind a ticket that is not spent yet, locked. Raises Refused login_ticket_over."""
    found = work.session.scalars(
        select(LoginCode).where(LoginCode.ticket_hash == _hash(ticket)).with_for_update()
    ).first()
    rules = read_code_rules(work.session, work.today)
    if found is None or found.spent_at is not None or found.used_at is None:
        raise TICKET_OVER.refused()
    over = found.used_at + timedelta(minutes=rules.ticket_minutes)
    if work.at >= over or _has_failed(work, found.mobile_index, rules):
        raise TICKET_OVER.refused()
    key = subjects.open_keys(work, [found.mobile_index])[found.mobile_index]
    mobile = work.keyring.unseal(key, CONTEXT, found.mobile_sealed)
    return ProvenPhone(mobile, found.mobile_index, found.id)


def spend_ticket(work: Work, phone: ProvenPhone) -> None:
    """Use a proven number up: one sign-in per code."""
    work.session.get_one(LoginCode, phone.code_id).spent_at = work.at
    work.session.flush()


def keep_refusal(work: Work, mobile_index: str, address: str, refusal: Refusal) -> None:
    """Keep that something after the code was refused, as one more failure of the number and the address."""
    _keep(work, mobile_index, _asked_from(work, address), refusal.code)


def _locked(work: Work, mobile: str) -> str:
    """Return the index of a number, locked meanwhile: what is counted must not be counted twice at once."""
    index = work.keyring.blind_index(MOBILE, mobile)
    subjects.open_keys(work, [index])
    work.session.execute(
        select(subjects.SubjectKey.id).where(subjects.SubjectKey.blind_index == index).with_for_update()
    ).one()
    return index


def _asked_from(work: Work, address: str) -> str:
    return work.keyring.blind_index("address", address)


def _code_index(keyring: Keyring, mobile_index: str, code: str) -> str:
    bare = "".join(code.split())
    return keyring.blind_index(CODE, f"{mobile_index}/{bare}")


def _hash(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()


def _count(work: Work, *conditions: ColumnElement[bool]) -> int:
    return work.session.scalar(select(func.count()).select_from(LoginCode).where(*conditions)) or 0


def _is_closed(work: Work, index: str, asked_from: str, rules: CodeRules) -> bool:
    of_address = _failures().where(LoginRefusal.asked_from == asked_from, LoginRefusal.at > work.at - HOUR)
    return _has_failed(work, index, rules) or (
        (work.session.scalar(of_address) or 0) >= rules.failures_from_one_address
    )


def _has_failed(work: Work, index: str, rules: CodeRules) -> bool:
    since = work.at - timedelta(minutes=rules.lock_minutes)
    of_number = _failures().where(LoginRefusal.mobile_index == index, LoginRefusal.at > since)
    return (work.session.scalar(of_number) or 0) >= rules.failures_allowed


def _failures() -> Select[int]:
    """Ask how many guesses failed; asking for codes too often guesses nothing."""
    asking = (CODE_RESTS.code, CODES_ENOUGH.code)
    return select(func.count()).select_from(LoginRefusal).where(LoginRefusal.code.not_in(asking))


def _send(work: Work, mobile: str, index: str, asked_from: str, rules: CodeRules) -> None:
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    expires_at = work.at + timedelta(minutes=rules.good_minutes)
    key = subjects.open_keys(work, [index])[index]
    sent = LoginCode(
        mobile_index=index,
        mobile_sealed=work.keyring.seal(key, CONTEXT, mobile),
        code_index=_code_index(work.keyring, index, code),
        asked_from=asked_from,
        asked_at=work.at,
        expires_at=expires_at,
    )
    work.session.add(sent)
    work.session.flush()
    audit.record_one(work, CODE, sent.id, "ask")
    letters.write_to_number(
        work,
        mobile,
        letters.LOGIN_CODE,
        {"code": code, "minutes": rules.good_minutes},
        key=f"login_code:{sent.id}",
        good_until=expires_at,
    )


def _refuse(work: Work, index: str, asked_from: str, why: Reason, **facts: object) -> Refusal:
    _keep(work, index, asked_from, why.code)
    return why.refusal(**facts)


def _keep(work: Work, index: str, asked_from: str, code: str) -> None:
    work.session.add(LoginRefusal(mobile_index=index, asked_from=asked_from, code=code, at=work.at))
    work.session.flush()

"""Passwords of accounts: what is accepted, proving one in constant work, and the lock after failures.

Proving is two steps on purpose: the slow hash runs on a read, and only its result is written, so that
nobody waits for a write lock while somebody else's password is hashed.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.unit_of_work import Work
from voucher.registry.standards import get_parameter
from voucher.registry.users import UserAccount
from voucher.rules.errors import Family, Refusal, reason

SOURCE = "GB/T 22239-2019 8.1.4.1 身份鉴别"
HASHER = PasswordHasher(time_cost=3, memory_cost=19 * 1024, parallelism=1)  # 16 at once stay below 320 MiB
CHARACTERS_MAX = 200  # argon2 takes any length; an attacker would use that
DISTINCT_MIN = 4

SIGN_IN_REFUSED = reason(
    "sign_in_refused",
    "账号或密码不正确，或账号已暂时锁定",
    "请核对后重新登录；连续输错 {failures_allowed} 次锁定 {lock_minutes} 分钟，忘记密码请联系系统管理员",
    SOURCE,
    Family.FORBIDDEN,
)
PASSWORD_SHORT = reason(
    "password_short",
    "密码不足 {characters_min} 个字符",
    "请换用更长的密码，例如几个不相关的词连在一起",
    SOURCE,
)
PASSWORD_LONG = reason("password_long", "密码超过 {characters_max} 个字符", "请换用较短的密码", SOURCE)
PASSWORD_IS_LOGIN = reason("password_is_login", "密码中含有账号名", "请换用与账号名无关的密码", SOURCE)
PASSWORD_COMMON = reason("password_common", "这个密码太常见，容易被猜到", "请换用别人不会用的密码", SOURCE)
PASSWORD_SAME = reason("password_same", "新密码与原密码相同", "请换用一个新的密码", SOURCE)

# the most used ones of at least ten characters; shorter ones are refused for being short
_COMMON_WORDS = """
0123456789 0987654321 1234567890 1234567891 12345678910 123456789a 123456789q 1234567899 0000000000
1111111111 1122334455 1212121212 1234554321 1234512345 123123123123 1357924680 147258369a 147258369000
5201314520 5201314000 7758521000 9876543210 987654321a a123456789 aa12345678 aa123456789 aaa1234567
abc1234567 abc123456789 abcd123456 abcdefghij abcdefghijk admin12345 admin123456 admin@1234 administrator
asdfghjkl1 asdfghjkl123 asdf123456 changeme123 computer123 football123 henan12345 iloveyou123 iloveyou520
letmein123 master12345 p@ssw0rd123 p@ssword123 passw0rd123 password01 password11 password12 password123
password1234 password@123 princess123 q123456789 qaz123456789 qazwsx123456 qazwsxedcrfv qq123456789
qq12345678 qwe123456789 qwer123456 qwer12345678 qwert12345 qwerty12345 qwerty123456 qwertyuiop
qwertyuiop1 qwertyuiop123 renshe12345 rensheju123 root123456 sunshine123 superman123 test123456
user123456 voucher123 w123456789 welcome123 welcome1234 woaini1234 woaini123456 woaini1314 woaini1314520
woaini520520 woaiwojia1 wojiushiwo x123456789 xiaoxiao123 zhang12345 zhongguo123 zxcvbnm123 zxcvbnm123456
1q2w3e4r5t 1q2w3e4r5t6y 1qaz2wsx3edc 1qazxsw23edc !qaz2wsx3edc 3.1415926535 31415926535 qweasdzxc123
"""
COMMON = frozenset(_COMMON_WORDS.split())


@dataclass(frozen=True, slots=True)
class SignInRules:
    """The dated parameters of signing in, as in force on a day."""

    failures_allowed: int
    lock_minutes: int
    characters_min: int
    idle_minutes: int
    lifetime_minutes: int
    worker_lifetime_minutes: int


@dataclass(frozen=True, slots=True)
class Proof:
    """What came of comparing a password; `seen_hash` shows whether it has been changed meanwhile."""

    user_id: int | None
    matches: bool
    seen_hash: str | None
    fresh_hash: str | None = None


def read_sign_in_rules(session: Session, on: date) -> SignInRules:
    """Return the parameters in force on a day. Raises Refused parameter_missing."""
    return SignInRules(
        failures_allowed=_number(session, "login_failures_allowed", on),
        lock_minutes=_number(session, "login_lock_minutes", on),
        characters_min=_number(session, "password_characters_minimum", on),
        idle_minutes=read_idle_minutes(session, on),
        lifetime_minutes=_number(session, "session_lifetime_minutes", on),
        worker_lifetime_minutes=_number(session, "worker_session_minutes", on),
    )


def read_idle_minutes(session: Session, on: date) -> int:
    """Return how long a session may rest, asked at every request. Raises Refused parameter_missing."""
    return _number(session, "session_idle_minutes", on)


def read_worker_idle_minutes(session: Session, on: date) -> int:
    """Return how long the session of a worker may rest. Raises Refused parameter_missing."""
    return _number(session, "worker_session_idle_minutes", on)


def check_password(password: str, login: str, characters_min: int) -> None:
    """Refuse a password that is too short, too long, common, or says the login.

    Raises Refused password_short, password_long, password_is_login, password_common.
    """
    bare = _canonical(password)
    if len(bare) < characters_min:
        raise PASSWORD_SHORT.refused(characters_min=characters_min)
    if len(bare) > CHARACTERS_MAX:
        raise PASSWORD_LONG.refused(characters_max=CHARACTERS_MAX)
    folded = bare.casefold()
    if folded == login.casefold() or (len(login) >= DISTINCT_MIN and login.casefold() in folded):
        raise PASSWORD_IS_LOGIN.refused()
    if folded in COMMON or len(set(folded)) < DISTINCT_MIN:
        raise PASSWORD_COMMON.refused()


def set_password(
    work: Work,
    user_id: int,
    password: str,
    *,
    hasher: PasswordHasher = HASHER,
    must_change: bool = False,
) -> None:
    """Give an account a new password; `must_change` where somebody else chose it.

    Raises Refused password_short, password_long, password_is_login, password_common, password_same.
    """
    account = work.session.get_one(UserAccount, user_id)
    check_password(password, account.login, read_sign_in_rules(work.session, work.today).characters_min)
    if account.password_hash is not None and _matches(hasher, account.password_hash, password):
        raise PASSWORD_SAME.refused()
    account.password_hash = hasher.hash(_canonical(password))
    account.must_change_password = must_change
    account.failed_count = 0
    account.locked_until = None
    work.session.flush()
    audit.record_one(work, "user_account", user_id, "set_password", must_change=must_change)


def prove_password(session: Session, login: str, password: str, *, hasher: PasswordHasher = HASHER) -> Proof:
    """Compare a password, with the same work for an unknown login; nothing is written yet."""
    account = session.scalars(
        select(UserAccount).where(
            UserAccount.login == login,
            UserAccount.disabled_at.is_(None),
        )
    ).first()
    if account is None or account.password_hash is None or len(password) > CHARACTERS_MAX:
        _matches(hasher, _decoy(hasher), password[:CHARACTERS_MAX])
        return Proof(account.id if account else None, matches=False, seen_hash=None)
    stored = account.password_hash
    if not _matches(hasher, stored, password):
        return Proof(account.id, matches=False, seen_hash=stored)
    fresh = hasher.hash(_canonical(password)) if hasher.check_needs_rehash(stored) else None
    return Proof(account.id, matches=True, seen_hash=stored, fresh_hash=fresh)


def accept_proof(work: Work, proof: Proof, rules: SignInRules) -> UserAccount | Refusal:
    """Return the account behind a good proof, or the one refusal; failures are counted and lock it.

    The refusal is returned and not raised, because the count must be kept. Unknown, wrong and locked
    are one sentence.
    """
    account = lock_account(work, proof.user_id) if proof.user_id is not None else None
    if account is None or is_locked(work, account):
        return sign_in_refusal(rules)
    if not proof.matches or account.password_hash != proof.seen_hash:
        count_failure(work, account, rules)
        return sign_in_refusal(rules)
    if proof.fresh_hash is not None:
        account.password_hash = proof.fresh_hash
        work.session.flush()
    return account


def clear_failures(work: Work, account: UserAccount) -> None:
    """Forget the failures before a sign-in that is complete."""
    account.failed_count = 0
    account.locked_until = None
    work.session.flush()


def lock_account(work: Work, user_id: int) -> UserAccount:
    """Return an account as it stands, locked for this transaction."""
    return work.session.scalars(
        select(UserAccount)
        .where(UserAccount.id == user_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one()


def is_locked(work: Work, account: UserAccount) -> bool:
    """Return whether too many failures keep an account closed at this moment."""
    return account.locked_until is not None and work.at < account.locked_until


def count_failure(work: Work, account: UserAccount, rules: SignInRules) -> None:
    """Count one wrong password or code, and close the account for a while after too many."""
    account.failed_count += 1
    locks = account.failed_count >= rules.failures_allowed
    if locks:
        account.failed_count = 0
        account.locked_until = work.at + timedelta(minutes=rules.lock_minutes)
    work.session.flush()
    audit.record_one(work, "user_account", account.id, "sign_in_failed", locked=locks)


def sign_in_refusal(rules: SignInRules) -> Refusal:
    """Return the one sentence for an unknown login, a wrong password and a locked account."""
    return SIGN_IN_REFUSED.refusal(failures_allowed=rules.failures_allowed, lock_minutes=rules.lock_minutes)


def _number(session: Session, name: str, on: date) -> int:
    return int(get_parameter(session, name, on, []).value)


def _canonical(password: str) -> str:
    # the same keys on another keyboard must give the same password
    return unicodedata.normalize("NFKC", password)


def _matches(hasher: PasswordHasher, stored: str, password: str) -> bool:
    try:
        return hasher.verify(stored, _canonical(password))
    except (VerificationError, InvalidHashError):
        return False


@lru_cache(maxsize=8)
def _decoy(hasher: PasswordHasher) -> str:
    return hasher.hash("nobody has this password")

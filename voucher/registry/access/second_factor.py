"""The second factor: a time code (RFC 6238) whose secret is sealed under the person's own key."""

from __future__ import annotations

import hmac

import pyotp
from sqlalchemy.orm import Session

from voucher.ledger import audit
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.registry import people, subjects
from voucher.registry.access.changes import tell_totp_bound
from voucher.registry.access.passwords import (
    SignInRules,
    count_failure,
    is_locked,
    lock_account,
    sign_in_refusal,
)
from voucher.registry.users import TOTP_CONTEXT, UserAccount
from voucher.rules.errors import Family, Refusal, reason

SOURCE = "GB/T 22239-2019 8.1.4.1 身份鉴别（两种或两种以上组合）; RFC 6238"
STEP_SECONDS = 30
STEPS_OFF = 1
ISSUER = "电子培训券"

TOTP_REFUSED = reason(
    "totp_refused",
    "动态口令不正确，或已经用过",
    "请等手机显示下一个口令后再输入；一直不对时请校准手机时间",
    SOURCE,
    Family.FORBIDDEN,
)
TOTP_ENROLLED = reason(
    "totp_enrolled",
    "该账号已绑定动态口令",
    "请直接输入动态口令；更换手机请联系系统管理员",
    SOURCE,
    Family.CONFLICT,
)
TOTP_UNENROLLED = reason(
    "totp_unenrolled",
    "该账号尚未绑定动态口令",
    "请先在网页上登录，用手机扫描二维码绑定",
    SOURCE,
    Family.FORBIDDEN,
)


def propose_totp(work: Work, user_id: int) -> str:
    """Make a new secret for an account without one in use and return it; a code confirms it.

    Raises Refused totp_enrolled, subject_erased.
    """
    account = lock_account(work, user_id)
    if account.totp_confirmed_at is not None:
        raise TOTP_ENROLLED.refused()
    secret = pyotp.random_base32()
    index = people.hold_person(work, account.person_id).blind_index
    key = subjects.open_keys(work, [index])[index]
    account.totp_sealed = work.keyring.seal(key, TOTP_CONTEXT, secret)
    work.session.flush()
    audit.record_one(work, "user_account", user_id, "propose_totp")
    return secret


def read_proposed_totp(session: Session, keyring: Keyring, user_id: int) -> str:
    """Return the secret waiting for its first code, to be shown once more.

    Raises Refused totp_enrolled, totp_unenrolled.
    """
    account = session.get_one(UserAccount, user_id)
    if account.totp_confirmed_at is not None:
        raise TOTP_ENROLLED.refused()
    return _open_secret(session, keyring, account)


def provisioning_uri(login: str, secret: str) -> str:
    """Return the otpauth:// address an authenticator reads from a QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=ISSUER)


def accept_code(work: Work, user_id: int, code: str, rules: SignInRules) -> UserAccount | Refusal:
    """Return the account whose code this is, or a refusal; failures are counted and lock it.

    Each time step is good once; one step before and after is taken. A right one given again is refused and
    not counted: whoever has it guesses nothing. The first good code confirms the enrolment, and its holder is
    told. The refusal is returned and not raised, because the count must be kept. Raises Refused
    totp_unenrolled.
    """
    account = lock_account(work, user_id)
    if is_locked(work, account) or account.disabled_at is not None:
        return sign_in_refusal(rules)
    step = _matching_step(_open_secret(work.session, work.keyring, account), code, _step_at(work))
    if step is None:
        count_failure(work, account, rules)
        return TOTP_REFUSED.refusal()
    if account.totp_last_step is not None and step <= account.totp_last_step:
        return TOTP_REFUSED.refusal()
    account.totp_last_step = step
    account.failed_count = 0
    account.locked_until = None
    if account.totp_confirmed_at is None:
        account.totp_confirmed_at = work.at
        audit.record_one(work, "user_account", user_id, "confirm_totp")
        tell_totp_bound(work, account)
    work.session.flush()
    return account


def _open_secret(session: Session, keyring: Keyring, account: UserAccount) -> str:
    if account.totp_sealed is None:
        raise TOTP_UNENROLLED.refused()
    index = people.get_person(session, account.person_id).blind_index
    key = subjects.find_keys(session, keyring, [index])[index]
    if key is None:
        raise subjects.SUBJECT_ERASED.refused()
    return keyring.unseal(key, TOTP_CONTEXT, account.totp_sealed)


def _step_at(work: Work) -> int:
    return int(work.at.timestamp()) // STEP_SECONDS


def _matching_step(secret: str, code: str, now: int) -> int | None:
    totp = pyotp.TOTP(secret)
    bare = code.strip().replace(" ", "")
    matching = None
    for step in range(now - STEPS_OFF, now + STEPS_OFF + 1):
        # every step is compared, so that the time taken says nothing about which one it was
        if hmac.compare_digest(totp.generate_otp(step).encode(), bare.encode()):
            matching = step
    return matching

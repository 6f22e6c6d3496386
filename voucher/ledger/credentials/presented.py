"""What is held to a counter, of any kind: T as ever, S and F signed by the phone, each good once.

find_presented      whose voucher, and whether the code may be used; changes nothing
look_again          the same under the voucher's lock, where somebody else may have been first
note_look           a code looked at in time may be used at that counter a little later
find_behind         whose code it was, also one that is used, expired or refused
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.credentials.challenges import find_open
from voucher.ledger.credentials.genuine import Signed, check_phone, check_standing, find_signed
from voucher.ledger.credentials.issuing import IssuedCredential
from voucher.ledger.credentials.screen import (
    CODE_EXPIRED,
    CODE_USED,
    DOMAIN,
    ScreenCode,
    find_code,
)
from voucher.ledger.credentials.seen import SeenPresentation, find_seen, keep_look, was_looked_at
from voucher.ledger.credentials.texted import check_place
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.unit_of_work import Work
from voucher.rules.code_format import (
    CODE_MALFORMED,
    Kind,
    Presentation,
    check_window,
    parse_code,
    parse_presentation,
    parse_t,
)
from voucher.rules.errors import Refused
from voucher.rules.presenting import CODE_COPIED, CODE_ELSEWHERE, Order, ShowingLimits, judge_order


@dataclass(frozen=True, slots=True)
class Counter:
    """Who holds the scanner and for what: the institution, those its class belongs to, the day's limits."""

    institution_id: int
    houses: frozenset[int]
    operation: str
    limits: ShowingLimits


@dataclass(frozen=True, slots=True)
class Presented:
    """A code that may be used: a T, or one a phone signed.

    `again` is set where this very code has just done the same at the same institution: the same scan, sent
    twice. `in_time` says that the code is fresh by itself, not because it was looked at before.
    """

    voucher_id: int
    screen: ScreenCode | None = None
    signed: Signed | None = None
    again: SeenPresentation | None = None
    in_time: bool = True


@dataclass(frozen=True, slots=True)
class Behind:
    """Whose code it is or was, and what it was used for."""

    voucher_id: int
    used_for: str | None = None
    screen_code_id: int | None = None
    presentation_id: int | None = None
    device_id: int | None = None


def find_presented(
    session: Session, keyring: Keyring, digits: str, at: datetime, counter: Counter
) -> Presented:
    """Return what is held to a scanner, current, genuine and not used yet.

    Raises Refused code_malformed, code_unknown, code_used, code_expired, code_forged, beacon_unknown,
    credential_superseded, device_gone, device_frozen, credential_expired, credential_key_withdrawn,
    code_elsewhere, phone_clock_wrong, challenge_gone, code_copied and what `check_issuer` refuses.
    """
    kind = parse_code(digits)
    if kind is Kind.T:
        code = find_code(session, keyring, digits, at)
        check_place(session, code, counter.houses)
        return Presented(code.voucher_id, screen=code)
    if kind is Kind.C:
        raise CODE_MALFORMED.refused(problem="这是机构的验证码，不是持券人的出示码")
    return judge_signed(session, find_signed(session, keyring, parse_presentation(digits), at), at, counter)


def judge_signed(session: Session, signed: Signed, at: datetime, counter: Counter) -> Presented:
    """Return a phone's genuine code, current and unused. Raises what `find_presented` refuses of one."""
    check_phone(signed)
    if signed.seen is not None:
        # asked first: enrolling ends the very credential it was shown with
        return _same_scan(signed, signed.seen, at, counter)
    check_standing(signed, at)
    credential = signed.credential
    if credential.institution_id is not None and credential.institution_id not in counter.houses:
        raise CODE_ELSEWHERE.refused()
    in_time = _check_moment(session, signed.presentation, at, counter)
    check_order(signed)
    return Presented(credential.voucher_id, signed=signed, in_time=in_time)


def look_again(session: Session, found: Presented, at: datetime, counter: Counter) -> Presented:
    """Return what was found, asked again under the voucher's lock: it may just have been this very scan.

    Raises Refused code_used, code_copied.
    """
    if found.signed is None or found.again is not None:
        return found
    seen = find_seen(session, found.signed.device.id, found.signed.presentation.counter)
    return judge_again(found, seen, at, counter)


def judge_again(found: Presented, seen: SeenPresentation | None, at: datetime, counter: Counter) -> Presented:
    """Return what was found, given the use read under the lock. Raises Refused code_used, code_copied."""
    if found.signed is None or found.again is not None or seen is None:
        return found
    return _same_scan(found.signed, seen, at, counter)


def _same_scan(signed: Signed, seen: SeenPresentation, at: datetime, counter: Counter) -> Presented:
    """Return a code that has been used for this very thing a moment ago; any other use of it is refused."""
    if seen.shown_at != signed.presentation.shown_at:
        # one phone never gives two codes one number
        raise CODE_COPIED.refused()
    same = (seen.institution_id, seen.operation) == (counter.institution_id, counter.operation)
    if not same or at - seen.used_at > counter.limits.again:
        raise CODE_USED.refused()
    return Presented(seen.voucher_id, signed=signed, again=seen)


def _check_moment(session: Session, shown: Presentation, at: datetime, counter: Counter) -> bool:
    """Return whether a code is fresh by itself; False where this institution looked at it when it was."""
    try:
        if shown.challenged:
            find_open(session, counter.institution_id, shown.challenge, at)
        else:
            check_window(shown.shown_at, at, counter.limits.window)
    except Refused:
        since = at - counter.limits.typing
        if shown.challenged or not was_looked_at(session, shown, counter.institution_id, since):
            raise
        return False
    return True


def check_order(signed: Signed) -> None:
    """Refuse a code that comes before the last one of its phone. Raises Refused code_copied, code_expired."""
    device, shown = signed.device, signed.presentation
    order = judge_order(device.counter, device.shown_at, shown.counter, shown.shown_at)
    if order is Order.COPIED:
        raise CODE_COPIED.refused()
    if order is Order.EARLIER:
        raise CODE_EXPIRED.refused()


def note_look(work: Work, found: Presented, institution_id: int) -> None:
    """Remember that a code was looked at while it was fresh; nothing is used up."""
    if found.signed is None or not found.in_time:
        return
    keep_look(work, found.signed.presentation, institution_id)


def find_behind(session: Session, keyring: Keyring, digits: str, at: datetime) -> Behind | None:
    """Return whose code the digits are or claim to be, also a used, an expired or a refused one.

    A phone is named only where its key signed the code: nobody gets another's phone into trouble.
    """
    try:
        kind = parse_code(digits)
        if kind is Kind.T:
            digest = keyring.blind_index(DOMAIN, parse_t(digits))
            code = session.scalars(select(ScreenCode).where(ScreenCode.digest == digest)).first()
            return Behind(code.voucher_id, code.used_for, screen_code_id=code.id) if code else None
        if kind is Kind.C:
            return None
        shown = parse_presentation(digits)
    except Refused:
        return None
    try:
        signed = find_signed(session, keyring, shown, at)
    except Refused:
        voucher_id = session.scalar(
            select(IssuedCredential.voucher_id).where(IssuedCredential.vid == shown.vid.hex()).limit(1)
        )
        return None if voucher_id is None else Behind(voucher_id)
    seen = signed.seen
    return Behind(
        signed.credential.voucher_id,
        seen.operation if seen else None,
        presentation_id=seen.id if seen else None,
        device_id=signed.device.id,
    )

"""How one key follows another: shown early, takes its turn, is believed a while longer, is gone."""

from __future__ import annotations

from sqlalchemy import select

from voucher.ledger import audit
from voucher.ledger.credentials.keys import THING, KeyRow, enter_key, find_row, make_key
from voucher.plumbing.signing import KeyPlace, TrustedKey
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason
from voucher.rules.keys import (
    PURPOSE_NAMES,
    SOURCE,
    KeyState,
    KeyTimes,
    Purpose,
    check_shown_long_enough,
    removal_due_at,
    rotation_due_at,
    successor_due_at,
)

ROTATED = (Purpose.ISSUER, Purpose.STATUS)  # a root is pinned in scanners: people change it, not the clock
EXPIRED = "expired"

KEY_UNKNOWN = reason(
    "key_unknown", "没有编号为 {kid} 的密钥", "请用 voucher keys list 查看密钥编号", SOURCE, Family.MISSING
)
KEY_NEXT_EXISTS = reason(
    "key_next_exists",
    "{purpose}的下一把密钥已经生成",
    "请等它公布期满后启用；不想用它的，先停用再生成",
    SOURCE,
    Family.CONFLICT,
)
KEY_NEXT_MISSING = reason(
    "key_next_missing",
    "{purpose}还没有下一把密钥",
    "请先生成下一把密钥（voucher keys next），公布期满后再启用",
    SOURCE,
    Family.CONFLICT,
)
KEY_REMOVED = reason("key_removed", "这把密钥已经移除", "无需再办理；请查看密钥清单", SOURCE, Family.CONFLICT)


def make_next(work: Work, purpose: Purpose, place: KeyPlace | None = None) -> KeyRow:
    """Make the key that will sign next, where the present one lives unless told otherwise.

    Raises Refused key_next_exists, signer_unavailable.
    """
    if find_row(work.session, purpose, KeyState.NEXT) is not None:
        raise KEY_NEXT_EXISTS.refused(purpose=PURPOSE_NAMES[purpose])
    return make_key(work, purpose, place or _present_place(work, purpose))


def rotate(work: Work, purpose: Purpose, times: KeyTimes) -> KeyRow:
    """Let the next key sign; the one before is only believed from now on.

    Raises Refused key_next_missing, key_too_fresh.
    """
    following = find_row(work.session, purpose, KeyState.NEXT)
    if following is None:
        raise KEY_NEXT_MISSING.refused(purpose=PURPOSE_NAMES[purpose])
    check_shown_long_enough(following.life, times, work.at)
    _retire(work, purpose)
    _begin(work, following)
    return following


def withdraw(work: Work, kid: str, why: str) -> KeyRow:
    """Remove a key at once, because it may have leaked; where it signed, another one signs from now on.

    Nothing it signed is believed any more. Raises Refused key_unknown, key_removed, signer_unavailable.
    """
    row = work.session.scalars(select(KeyRow).where(KeyRow.kid == kid).with_for_update()).first()
    if row is None:
        raise KEY_UNKNOWN.refused(kid=kid)
    stood = row.stands
    if stood is KeyState.REMOVED:
        raise KEY_REMOVED.refused()
    _remove(work, row, why)
    purpose, place = Purpose(row.purpose), KeyPlace(row.place)
    if stood is KeyState.SIGNING and place is not KeyPlace.OUTSIDE:
        following = find_row(work.session, purpose, KeyState.NEXT)
        if following is None:
            make_key(work, purpose, place, signing=True)
        else:
            _begin(work, following)
    return row


def replace_root(work: Work, public: TrustedKey) -> KeyRow:
    """Enter the root kept on a machine of its own; the one before is not believed from now on."""
    present = find_row(work.session, Purpose.TRUST_ROOT, KeyState.SIGNING)
    if present is not None:
        _remove(work, present, "replaced")
    return enter_key(work, Purpose.TRUST_ROOT, public, KeyPlace.OUTSIDE, signing=True)


def rotate_due(work: Work, times: KeyTimes) -> int:
    """Do what is due by the calendar and return how many keys it touched."""
    return sum(_turn(work, purpose, times) for purpose in ROTATED) + _remove_due(work, times)


def _turn(work: Work, purpose: Purpose, times: KeyTimes) -> int:
    present = find_row(work.session, purpose, KeyState.SIGNING)
    if present is None:
        return 0
    following = find_row(work.session, purpose, KeyState.NEXT)
    shown_by, turns_at = successor_due_at(present.life, times), rotation_due_at(present.life, times)
    if following is None and shown_by is not None and work.at >= shown_by:
        make_next(work, purpose)
        return 1
    if following is None or turns_at is None or work.at < max(turns_at, following.made_at + times.shown):
        return 0
    rotate(work, purpose, times)
    return 1


def _remove_due(work: Work, times: KeyTimes) -> int:
    waiting = work.session.scalars(
        select(KeyRow).where(KeyRow.verify_only_since.is_not(None), KeyRow.removed_at.is_(None))
    ).all()
    removed = 0
    for row in waiting:
        due = removal_due_at(row.life, times)
        if due is not None and work.at >= due:
            _remove(work, row, EXPIRED)
            removed += 1
    return removed


def _present_place(work: Work, purpose: Purpose) -> KeyPlace:
    present = find_row(work.session, purpose, KeyState.SIGNING)
    return KeyPlace.FILE if present is None else KeyPlace(present.place)


def _retire(work: Work, purpose: Purpose) -> None:
    present = find_row(work.session, purpose, KeyState.SIGNING)
    if present is not None:
        present.verify_only_since = work.at
        work.session.flush()  # before the next one signs: only one may
        audit.record_one(work, THING, present.id, "retire", kid=present.kid)


def _begin(work: Work, row: KeyRow) -> None:
    row.signing_since = work.at
    work.session.flush()
    audit.record_one(work, THING, row.id, "begin", kid=row.kid)


def _remove(work: Work, row: KeyRow, why: str) -> None:
    row.removed_at, row.removed_why = work.at, why
    work.session.flush()
    audit.record_one(work, THING, row.id, "remove", kid=row.kid, why=why)

"""Signing keys, by those who keep them: the custodian, and the clock where nobody has to decide.

No act here shows a private key, and none of them gives anybody business rights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from voucher.ledger.credentials import rotating, trust
from voucher.ledger.credentials.keys import KeyRow, find_row, list_keys
from voucher.ledger.credentials.status_tokens import StatusTimes, publish_due
from voucher.ledger.credentials.trust import TrustRow
from voucher.plumbing.signing import KeyPlace, trusted_key
from voucher.plumbing.unit_of_work import Work
from voucher.registry.tables import require_parameter_number
from voucher.rules.actor import Role, check_role
from voucher.rules.errors import Family, reason
from voucher.rules.keys import (
    SOURCE,
    KeyState,
    KeyTimes,
    Purpose,
    key_state,
    removal_due_at,
    rotation_due_at,
)
from voucher.rules.words import check_why

PURPOSES, STATES = [str(each) for each in Purpose], list(KeyState)

TRUST_ROOT_ELSEWHERE = reason(
    "trust_root_elsewhere",
    "信任根离线保管，本机不能签署可信名单",
    "请导出待签名单（voucher keys draft-trust），在保管信任根的机器上签署后导入",
    SOURCE,
    Family.CONFLICT,
)


@dataclass(frozen=True, slots=True)
class KeyLine:
    """A key as its custodian sees it: where it stands, and what is due next, and when."""

    row: KeyRow
    state: KeyState
    due: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class KeyBook:
    """Everything about the keys on one page."""

    lines: Sequence[KeyLine]
    published: TrustRow | None
    is_stale: bool
    root: KeyRow | None


def read_key_times(session: Session, on: date) -> KeyTimes:
    """Return how long each part of a key's life lasts. Raises Refused parameter_missing."""
    return KeyTimes(
        next_days=_number(session, "key_next_days", on),
        signing_days=_number(session, "key_signing_days", on),
        signed_days=_number(session, "credential_days", on),
        verify_more_days=_number(session, "key_verify_more_days", on),
    )


def read_status_times(session: Session, on: date) -> StatusTimes:
    """Return how often status lists are signed and how long they hold. Raises Refused parameter_missing."""
    return StatusTimes(
        ttl_seconds=_number(session, "status_ttl_seconds", on),
        valid_hours=_number(session, "status_valid_hours", on),
    )


def read_book(session: Session, at: datetime, on: date) -> KeyBook:
    """Return every key with what is due, and whether the published list still says what is true."""
    times = read_key_times(session, on)
    lines = sorted(
        (_line(each, times) for each in list_keys(session)),
        key=lambda each: (PURPOSES.index(each.row.purpose), STATES.index(each.state)),
    )
    stale = trust.is_stale(session, at, _number(session, "trust_list_days", on))
    root = find_row(session, Purpose.TRUST_ROOT, KeyState.SIGNING)
    return KeyBook(lines, trust.find_published(session), stale, root)


def _line(row: KeyRow, times: KeyTimes) -> KeyLine:
    state = key_state(row.life)
    if state is KeyState.NEXT:
        return KeyLine(row, state, "最早启用", row.made_at + times.shown)
    if state is KeyState.VERIFY_ONLY:
        return KeyLine(row, state, "最早移除", removal_due_at(row.life, times))
    if state is KeyState.SIGNING and row.purpose != Purpose.TRUST_ROOT:
        return KeyLine(row, state, "应换用下一把", rotation_due_at(row.life, times))
    return KeyLine(row, state, "", None)


def make_next_key(work: Work, purpose: Purpose, place: KeyPlace | None = None) -> KeyRow:
    """Make the key that signs next, and have it read of.

    Raises Refused role_missing, key_next_exists, signer_unavailable.
    """
    check_role(work.actor, Role.KEY_CUSTODIAN)
    made = rotating.make_next(work, purpose, place)
    trust.publish_here(work)
    return made


def rotate_key(work: Work, purpose: Purpose) -> KeyRow:
    """Let the next key of a purpose sign.

    Raises Refused role_missing, key_next_missing, key_too_fresh.
    """
    check_role(work.actor, Role.KEY_CUSTODIAN)
    begun = rotating.rotate(work, purpose, read_key_times(work.session, work.today))
    trust.publish_here(work)
    return begun


def withdraw_key(work: Work, kid: str, why: str) -> KeyRow:
    """Remove a key at once; credentials it signed are good for nothing until they are signed again.

    Raises Refused role_missing, why_missing, key_unknown, key_removed, signer_unavailable.
    """
    check_role(work.actor, Role.KEY_CUSTODIAN)
    removed = rotating.withdraw(work, kid, check_why(why))
    trust.publish_here(work)
    return removed


def replace_trust_root(work: Work, jwk: dict[str, object]) -> KeyRow:
    """Enter a root kept on a machine of its own; scanners have to pin its thumbprint.

    Raises Refused role_missing, public_key_unreadable.
    """
    check_role(work.actor, Role.KEY_CUSTODIAN)
    return rotating.replace_root(work, trusted_key(jwk))


def publish_trust(work: Work, signed: str | None = None) -> TrustRow:
    """Publish the keys as they stand, signed here, or as they were signed on the root's own machine.

    Raises Refused role_missing, trust_root_elsewhere, trust_list_untrusted, trust_list_older.
    """
    check_role(work.actor, Role.KEY_CUSTODIAN)
    if signed is not None:
        return trust.publish(work, signed.strip())
    row = trust.publish_here(work)
    if row is None:
        raise TRUST_ROOT_ELSEWHERE.refused()
    return row


def rotate_due_keys(work: Work) -> int:
    """Make, turn and remove the keys that are due, publish them anew, and return how many were touched.

    Raises Refused role_missing.
    """
    check_role(work.actor, Role.CLOCK)
    session = work.session
    touched = rotating.rotate_due(work, read_key_times(session, work.today))
    if trust.is_stale(session, work.at, _number(session, "trust_list_days", work.today)):
        trust.publish_here(work)
    return touched


def publish_status(work: Work) -> int:
    """Sign the status lists that changed or grow old, and return how many. Raises Refused role_missing."""
    check_role(work.actor, Role.CLOCK)
    return publish_due(work, read_status_times(work.session, work.today))


def _number(session: Session, name: str, on: date) -> int:
    return require_parameter_number(session, name, on, ())

"""The life of a signing key: shown before it signs, signs for a while, is still believed, is gone.

next → signing → verify_only → removed. A key that may have leaked is removed at once, from any state.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from voucher.rules.errors import Family, reason
from voucher.rules.register import rule

SOURCE = "GB/T 39786-2021 附录B 密钥生存周期管理；【设】提前30天公布、签发90天、最后到期后再验证30天"
SINCE = date(2021, 10, 28)

KEY_TOO_FRESH = reason(
    "key_too_fresh",
    "下一把密钥公布未满 {days} 天，最早 {from_at} 可以启用",
    "请等离线核验端都收到后再启用；现用密钥可能泄露的，请改用停用",
    SOURCE,
    Family.CONFLICT,
)


class Purpose(StrEnum):
    """What a key signs; one key never signs two of them."""

    ISSUER = "issuer"
    STATUS = "status"
    TRUST_ROOT = "trust_root"


PURPOSE_NAMES: dict[Purpose, str] = {
    Purpose.ISSUER: "签发凭证",
    Purpose.STATUS: "签发状态列表",
    Purpose.TRUST_ROOT: "信任根",
}


class KeyState(StrEnum):
    """Where a key stands."""

    NEXT = "next"
    SIGNING = "signing"
    VERIFY_ONLY = "verify_only"
    REMOVED = "removed"


KEY_STATE_NAMES: dict[KeyState, str] = {
    KeyState.NEXT: "待启用",
    KeyState.SIGNING: "签发中",
    KeyState.VERIFY_ONLY: "只验证",
    KeyState.REMOVED: "已移除",
}
# a verifier that was away from the network when the key began to sign has read of it before
BELIEVED_OFFLINE = frozenset({KeyState.NEXT, KeyState.SIGNING, KeyState.VERIFY_ONLY})
BELIEVED_ONLINE = frozenset({KeyState.SIGNING, KeyState.VERIFY_ONLY})


@dataclass(frozen=True, slots=True)
class KeyLife:
    """The moments of one key; each is empty until it comes."""

    made_at: datetime
    signing_since: datetime | None = None
    verify_only_since: datetime | None = None
    removed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeyTimes:
    """How many days each part of a key's life lasts, and what it signs (`signed_days`)."""

    next_days: int
    signing_days: int
    signed_days: int
    verify_more_days: int

    @property
    def shown(self) -> timedelta:
        """Return how long a key is shown before it signs."""
        return timedelta(days=self.next_days)


@rule(number="KEY-01", stage="通用", source=SOURCE, since=SINCE)
def key_state(life: KeyLife) -> KeyState:
    """Return the state of a key by the moments it has passed."""
    if life.removed_at is not None:
        return KeyState.REMOVED
    if life.verify_only_since is not None:
        return KeyState.VERIFY_ONLY
    return KeyState.NEXT if life.signing_since is None else KeyState.SIGNING


@rule(number="KEY-02", stage="通用", source=SOURCE, since=SINCE)
def successor_due_at(life: KeyLife, times: KeyTimes) -> datetime | None:
    """Return when the successor of a signing key has to be shown; None for a key that does not sign."""
    due = rotation_due_at(life, times)
    return None if due is None else due - times.shown


@rule(number="KEY-03", stage="通用", source=SOURCE, since=SINCE)
def rotation_due_at(life: KeyLife, times: KeyTimes) -> datetime | None:
    """Return when a signing key should stop signing; None for a key that does not sign."""
    if key_state(life) is not KeyState.SIGNING or life.signing_since is None:
        return None
    return life.signing_since + timedelta(days=times.signing_days)


@rule(number="KEY-04", stage="通用", source=SOURCE, since=SINCE)
def check_shown_long_enough(life: KeyLife, times: KeyTimes, at: datetime) -> None:
    """Refuse to sign with a key that verifiers may not have read of yet. Raises key_too_fresh."""
    from_at = life.made_at + times.shown
    if at < from_at:
        raise KEY_TOO_FRESH.refused(days=times.next_days, from_at=from_at.isoformat(timespec="minutes"))


@rule(number="KEY-05", stage="通用", source=SOURCE, since=SINCE)
def removal_due_at(life: KeyLife, times: KeyTimes) -> datetime | None:
    """Return when a key is believed no longer: so many days after the last thing it signed has expired.

    None for a key that still signs, or is gone already.
    """
    if key_state(life) is not KeyState.VERIFY_ONLY or life.verify_only_since is None:
        return None
    return life.verify_only_since + timedelta(days=times.signed_days + times.verify_more_days)


@rule(number="KEY-06", stage="通用", source=SOURCE, since=SINCE)
def may_be_believed(state: KeyState, *, offline: bool) -> bool:
    """Return whether a signature of a key in this state counts, online or away from the network."""
    believed: Collection[KeyState] = BELIEVED_OFFLINE if offline else BELIEVED_ONLINE
    return state in believed

"""Beacons: sixteen bytes a quarter hour that nobody knows ahead, so that no phone signs far ahead.

Each comes from the key of its UTC day; counters that scan without a network are given the keys of these days.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import lru_cache

from voucher.plumbing.secrets import Keyring
from voucher.rules.code_format import BEACON_SECONDS, make_beacon


def day_key(keyring: Keyring, day: date) -> bytes:
    """Return the key of a UTC day."""
    return _day_key_under(keyring.secret("code"), day)


def _day_key_under(secret: bytes, day: date) -> bytes:
    return hmac.digest(secret, b"voucher/beacon/" + day.isoformat().encode(), "sha256")


# phones show those of the last hours, thousands of times each
@lru_cache(maxsize=64)
def _beacon_under(secret: bytes, slot: int) -> bytes:
    day = datetime.fromtimestamp(slot * BEACON_SECONDS, UTC).date()
    return make_beacon(_day_key_under(secret, day), slot)


def slot_of(at: datetime) -> int:
    """Return the quarter hour since 1970 in which a moment lies."""
    return int(at.timestamp()) // BEACON_SECONDS


def beacon_of(keyring: Keyring, slot: int) -> bytes:
    """Return the beacon of a quarter hour."""
    return _beacon_under(keyring.secret("code"), slot)


def beacons_until(keyring: Keyring, at: datetime) -> Callable[[int], bytes | None]:
    """Return what gives the beacon of a quarter hour that has begun; nobody could hold a later one."""
    newest = slot_of(at)
    return lambda slot: beacon_of(keyring, slot) if slot <= newest else None

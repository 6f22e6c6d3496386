"""A scanner without the network, at the institution of the vectors, and whom it trusts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from tests.rules.code_format.holding import (
    AT,
    DAY_KEY,
    EDWARDS,
    INSTITUTION,
    ISSUER,
    SECOND_ISSUER,
    kid_of,
)
from voucher.ledger.credentials.offline import OfflineScanner, StatusSeen
from voucher.ledger.credentials.verifying import TrustedKey
from voucher.plumbing.signing.public import of_public
from voucher.rules.code_format import Algorithm, Window, make_beacon

T = TypeVar("T")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
OFFLINE = Window(timedelta(seconds=120), timedelta(seconds=120), timedelta(minutes=10))

TRUSTED = [
    TrustedKey(kid_of(key), algorithm, of_public(key.public_key()).verifies, LONG_AGO)
    for key, algorithm in (
        (ISSUER, Algorithm.ES256),
        (SECOND_ISSUER, Algorithm.ES256),
        (EDWARDS, Algorithm.ED25519),
    )
]


def trust(kid: bytes) -> list[TrustedKey]:
    return [key for key in TRUSTED if key.kid == kid]


def beacon_of(slot: int) -> bytes | None:
    # a scanner has the keys of yesterday, today and tomorrow
    now = int(AT.timestamp()) // 900
    return make_beacon(DAY_KEY, slot) if abs(slot - now) < 96 else None


def always(value: T) -> Callable[..., T]:
    return lambda *_: value


SCANNER = OfflineScanner(
    institution=INSTITUTION,
    trust=trust,
    status_of=always(StatusSeen(0, AT)),
    beacon_of=beacon_of,
    last_counter=always(None),
    window=OFFLINE,
    fresh_list=timedelta(hours=24),
    usable_list=timedelta(hours=72),
    fresh_beacon_age=4,
)

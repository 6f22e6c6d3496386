"""Status lists as signed tokens: the whole list compressed, and what has changed since one of them.

IETF Token Status List: `statuslist+jwt`, two bits a place, the lowest bits of a byte first, zlib level 9.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from voucher.ledger.credentials.keys import SigningKey, get_signing_key
from voucher.ledger.credentials.status import BITS, PLACES, Status, StatusList, StatusPlace
from voucher.plumbing.signing import TrustedKey, from_base64url, to_base64url
from voucher.plumbing.signing.jws import Jws, read_jws, write_jws
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, reason
from voucher.rules.keys import Purpose

SOURCE = "IETF Token Status List; CODE-FORMAT §3"
LIST_TYPE, DELTA_TYPE = "statuslist+jwt", "statuslist-delta+jwt"
LIST_BYTES = PLACES * BITS // 8
PER_BYTE = 8 // BITS
# an act may commit a little after the moment it bears: what changed just before a token is told again
LATE = timedelta(minutes=2)

STATUS_LIST_MISSING = reason(
    "status_list_missing", "没有这个状态列表", "请核对列表编号，或稍后再取", SOURCE, Family.MISSING
)
STATUS_LIST_UNTRUSTED = reason(
    "status_list_untrusted",
    "状态列表不可信：签名、格式或有效期不对",
    "请联网重新同步；仍不行的，请报告发券机关，不要据此办理",
    SOURCE,
    Family.FORBIDDEN,
)
STATUS_DELTA_TOO_OLD = reason(
    "status_delta_too_old",
    "只提供最近 {hours} 小时内的变动",
    "请取整个状态列表",
    SOURCE,
)


@dataclass(frozen=True, slots=True)
class StatusTimes:
    """How often a list is signed anew, and how long a signed one may be relied on."""

    ttl_seconds: int
    valid_hours: int


@dataclass(frozen=True, slots=True)
class ReadList:
    """A status list as a verifier holds it."""

    sl: int
    signed_at: datetime
    expires_at: datetime
    bits: bytes

    def get(self, si: int) -> Status:
        """Return what a place says; the fourth value, which is nobody's, counts as ended."""
        value = (self.bits[si // PER_BYTE] >> (si % PER_BYTE * BITS)) & 3
        return Status(value) if value in set(Status) else Status.ENDED

    def age(self, at: datetime) -> timedelta:
        """Return how long ago the list was signed."""
        return at - self.signed_at


def path_of(sl: int) -> str:
    """Return where a list lies; a token names it as its subject."""
    return f"/.well-known/tv/status/{sl}"


def publish_due(work: Work, times: StatusTimes) -> int:
    """Sign every list anew that changed or whose token grows old, and return how many were signed.

    Raises Refused signing_key_missing, signer_unavailable.
    """
    session = work.session
    # signing takes its time, and meanwhile others take places: their foreign keys must not wait for it
    lists = session.scalars(select(StatusList).order_by(StatusList.sl).with_for_update(key_share=True)).all()
    due = [each for each in lists if _is_due(session, each, work.at, times)]
    if not due:
        return 0
    key = get_signing_key(work, Purpose.STATUS)
    for each in due:
        each.token = write_token(session, key, each.sl, work.at, times)
        each.signed_at, each.kid = work.at, key.kid
    session.flush()
    return len(due)


def _is_due(session: Session, found: StatusList, at: datetime, times: StatusTimes) -> bool:
    if found.signed_at is None or at - found.signed_at >= timedelta(seconds=times.ttl_seconds):
        return True
    newest = session.scalar(
        select(func.max(StatusPlace.changed_at)).where(
            StatusPlace.sl == found.sl, StatusPlace.changed_at.is_not(None)
        )
    )
    return newest is not None and newest > found.signed_at - LATE


def write_token(session: Session, key: SigningKey, sl: int, at: datetime, times: StatusTimes) -> str:
    """Return the signed token of a list as it stands."""
    said = session.execute(
        select(StatusPlace.si, StatusPlace.value).where(StatusPlace.sl == sl, StatusPlace.value != 0)
    )
    bits = pack((si, value) for si, value in said)
    return _sign(
        key,
        LIST_TYPE,
        {
            **_claims(sl, at, times),
            "status_list": {"bits": BITS, "lst": to_base64url(zlib.compress(bits, 9))},
        },
    )


def pack(values: Iterable[tuple[int, int]]) -> bytes:
    """Return a list as bytes, every place that is not named valid."""
    packed = bytearray(LIST_BYTES)
    for si, value in values:
        packed[si // PER_BYTE] |= value << (si % PER_BYTE * BITS)
    return bytes(packed)


def write_delta(
    session: Session, key: SigningKey, sl: int, since: datetime, at: datetime, times: StatusTimes
) -> str:
    """Return the signed places that changed since a token was signed; applying one twice does no harm.

    Raises Refused status_list_missing, status_delta_too_old.
    """
    if session.get(StatusList, sl) is None:
        raise STATUS_LIST_MISSING.refused()
    if at - since > timedelta(hours=times.valid_hours):
        raise STATUS_DELTA_TOO_OLD.refused(hours=times.valid_hours)
    changes = session.execute(
        select(StatusPlace.si, StatusPlace.value)
        .where(StatusPlace.sl == sl, StatusPlace.changed_at > since - LATE)
        .order_by(StatusPlace.si)
    )
    claims = _claims(sl, at, times)
    told = {"bits": BITS, "since": int(since.timestamp()), "changes": [[si, value] for si, value in changes]}
    return _sign(key, DELTA_TYPE, {**claims, "status_delta": told})


def read_status_token(token: str, status_keys: Sequence[TrustedKey], at: datetime) -> ReadList:
    """Return a list from its token, signed by one of these keys and not expired.

    Raises Refused status_list_untrusted.
    """
    try:
        jws = _check_signed(token, LIST_TYPE, status_keys)
        sl, signed_at, expires_at = _read_claims(jws, at)
        told = jws.payload["status_list"]
        opener = zlib.decompressobj()
        # never more is unpacked than a list can hold, whatever was packed
        bits = opener.decompress(from_base64url(told["lst"]), LIST_BYTES + 1)
        if told["bits"] != BITS or len(bits) != LIST_BYTES or not opener.eof:
            raise ValueError("another size")
        return ReadList(sl, signed_at, expires_at, bits)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError, zlib.error):
        raise STATUS_LIST_UNTRUSTED.refused() from None


def apply_delta(held: ReadList, delta: str, status_keys: Sequence[TrustedKey], at: datetime) -> ReadList:
    """Return a held list with the changes of a delta that begins no later than it was signed.

    Raises Refused status_list_untrusted.
    """
    try:
        jws = _check_signed(delta, DELTA_TYPE, status_keys)
        sl, signed_at, expires_at = _read_claims(jws, at)
        told = jws.payload["status_delta"]
        if sl != held.sl or told["bits"] != BITS or told["since"] > int(held.signed_at.timestamp()):
            raise ValueError("a delta of something else")
        bits = bytearray(held.bits)
        for si, value in told["changes"]:
            shift = si % PER_BYTE * BITS
            place = bits[si // PER_BYTE] & ~(3 << shift)
            bits[si // PER_BYTE] = place | (int(Status(value)) << shift)
        return ReadList(sl, max(signed_at, held.signed_at), expires_at, bytes(bits))
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError, OSError):
        raise STATUS_LIST_UNTRUSTED.refused() from None


def _sign(key: SigningKey, typ: str, payload: dict[str, object]) -> str:
    return write_jws({"alg": str(key.alg), "kid": key.kid, "typ": typ}, payload, key.sign)


def _claims(sl: int, at: datetime, times: StatusTimes) -> dict[str, object]:
    signed = int(at.timestamp())
    return {
        "sub": path_of(sl),
        "iat": signed,
        "exp": signed + times.valid_hours * 3600,
        "ttl": times.ttl_seconds,
    }


def _check_signed(token: str, typ: str, keys: Sequence[TrustedKey]) -> Jws:
    jws = read_jws(token, typ)
    named = [each for each in keys if each.kid == jws.header.get("kid")]
    if not any(jws.is_signed_by(each) for each in named):
        raise ValueError("no key of ours")
    return jws


def _read_claims(jws: Jws, at: datetime) -> tuple[int, datetime, datetime]:
    claims = jws.payload
    signed_at, expires_at = (datetime.fromtimestamp(int(claims[each]), UTC) for each in ("iat", "exp"))
    sl = int(str(claims["sub"]).removeprefix(path_of(0)[:-1]))
    if path_of(sl) != claims["sub"] or at >= expires_at:
        raise ValueError("another list, or too old")
    return sl, signed_at, expires_at

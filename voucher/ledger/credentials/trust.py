"""The list of keys verifiers believe, signed by a root they have pinned; an older one is refused.

Whoever pins one hash needs no other way of learning keys, and nobody who takes over this machine can
make a key believed where the root is kept elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger import audit
from voucher.ledger.credentials import verifying
from voucher.ledger.credentials.keys import (
    ALGORITHMS,
    KeyRow,
    SigningKey,
    find_named,
    find_row,
    get_signing_key,
    list_keys,
)
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.signing import KeyPlace, TrustedKey, thumbprint, trusted_key
from voucher.plumbing.signing.jws import read_jws, write_jws
from voucher.plumbing.types import Int64, Text, UtcTime
from voucher.plumbing.unit_of_work import Work
from voucher.rules.errors import Family, Refused, reason
from voucher.rules.keys import SOURCE, KeyState, Purpose, may_be_believed

THING, TYPE = "trust_list", "trust+jws"

TRUST_LIST_UNTRUSTED = reason(
    "trust_list_untrusted",
    "可信名单不可信：不是预置的信任根签署的，或格式不对",
    "请核对预置的信任根指纹，联网重新同步；仍不行的，请报告发券机关",
    SOURCE,
    Family.FORBIDDEN,
)
TRUST_LIST_OLDER = reason(
    "trust_list_older",
    "这份可信名单比手中的旧",
    "请保留手中的名单，联网取最新的一份；反复出现的，请报告发券机关",
    SOURCE,
    Family.CONFLICT,
)
TRUST_LIST_MISSING = reason(
    "trust_list_missing",
    "还没有签署过可信名单",
    "请密钥保管员运行 voucher keys publish-trust",
    SOURCE,
    Family.MISSING,
)


class TrustRow(Model):
    """A published list; append-only by trigger."""

    __tablename__ = "trust_list"
    __table_args__ = (UniqueConstraint("issued_at"), {"sqlite_strict": True})

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    issued_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    root: Mapped[str] = mapped_column(Text, nullable=False)
    jws: Mapped[str] = mapped_column(Text, nullable=False)
    published_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)


translate("uq_trust_list_issued_at", "trust_list.issued_at", CHANGED_MEANWHILE)


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key of a trust list: what for, and where it stood when the list was signed."""

    purpose: Purpose
    state: KeyState
    since: datetime
    key: TrustedKey


@dataclass(frozen=True, slots=True)
class TrustList:
    """A list that was read and found signed by the pinned root; `iat` in unix seconds."""

    iat: int
    listed: tuple[ListedKey, ...]

    @property
    def status_keys(self) -> list[TrustedKey]:
        """Return the keys whose status lists count."""
        return [each.key for each in self.listed if each.purpose is Purpose.STATUS]

    def trust(self, kid4: bytes) -> list[verifying.TrustedKey]:
        """Return what a verifier away from the network asks: the issuer keys with this short name."""
        return [
            _to_verify(each.key, each.since, None)
            for each in self.listed
            if each.purpose is Purpose.ISSUER and each.key.kid4 == kid4
        ]


def online_trust(session: Session) -> verifying.Trust:
    """Return what a verifier with the database asks; a withdrawn key is named and not current."""

    def trust(kid4: bytes) -> list[verifying.TrustedKey]:
        return [
            _to_verify(each.public, each.signing_since, each.removed_at)
            for each in find_named(session, kid4)
            if each.signing_since is not None
        ]

    return trust


def _to_verify(key: TrustedKey, since: datetime, until: datetime | None) -> verifying.TrustedKey:
    return verifying.TrustedKey(key.kid4, ALGORITHMS[key.alg], key.verifies, since, until)


def describe_keys(session: Session) -> list[dict[str, object]]:
    """Return every key that is believed, as JWKs (RFC 7517) with purpose, state and first moment."""
    return [describe_key(each) for each in list_keys(session) if may_be_believed(each.stands, offline=True)]


def describe_key(row: KeyRow) -> dict[str, object]:
    """Return one key as a JWK with its purpose, state, and since when it signs (or was shown)."""
    since = row.signing_since or row.made_at
    return {
        **row.jwk,
        "kid": row.kid,
        "alg": row.alg,
        "use": "sig",
        "purpose": row.purpose,
        "state": str(row.stands),
        "since": int(since.timestamp()),
    }


def draft_payload(session: Session, at: datetime) -> dict[str, object]:
    """Return what a root is asked to sign now: the keys as they stand, later than the list before."""
    last = find_published(session)
    newer = 0 if last is None else int(last.issued_at.timestamp()) + 1
    return {"iat": max(int(at.timestamp()), newer), "keys": describe_keys(session)}


def sign_payload(payload: dict[str, object], root: SigningKey, public: TrustedKey) -> str:
    """Return a payload signed by a root, whose public half travels along: verifiers pin its hash only."""
    header: dict[str, object] = {
        "alg": str(root.alg),
        "kid": root.kid,
        "typ": TYPE,
        "jwk": dict(public.jwk),
    }
    return write_jws(header, payload, root.sign)


def read_trust(jws: str, root: str, after: int = 0) -> TrustList:
    """Return a list signed by the root with this thumbprint, no older than the one already held.

    `after` is the `iat` of the held one. Raises Refused trust_list_untrusted, trust_list_older.
    """
    try:
        taken = read_jws(jws, TYPE)
        public = trusted_key(taken.header["jwk"])
        if public.kid != root or not taken.is_signed_by(public):
            raise ValueError("another root")
        iat = taken.payload["iat"]
        if isinstance(iat, bool) or not isinstance(iat, int):
            raise TypeError("iat")
        listed = tuple(_read_listed(each) for each in taken.payload["keys"])
    except (Refused, ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError):
        raise TRUST_LIST_UNTRUSTED.refused() from None
    if iat < after:
        raise TRUST_LIST_OLDER.refused()
    return TrustList(iat, listed)


def _read_listed(told: Mapping[str, Any]) -> ListedKey:
    key = trusted_key(told)
    if told["kid"] != thumbprint(key.jwk) or told["alg"] != key.alg:
        raise ValueError("a key under another name")
    since = datetime.fromtimestamp(int(told["since"]), UTC)
    return ListedKey(Purpose(told["purpose"]), KeyState(told["state"]), since, key)


def find_published(session: Session) -> TrustRow | None:
    """Return the list published last."""
    return session.scalars(select(TrustRow).order_by(TrustRow.issued_at.desc()).limit(1)).first()


def is_stale(session: Session, at: datetime, days: int) -> bool:
    """Return whether the published list says something else than the keys, or is so many days old."""
    published = find_published(session)
    if published is None or at - published.issued_at >= timedelta(days=days):
        return True
    told: object = read_jws(published.jws, TYPE).payload["keys"]
    return told != describe_keys(session)


def publish(work: Work, jws: str) -> TrustRow:
    """Publish a list that the present root has signed and that is newer than the last one.

    Raises Refused trust_list_untrusted, trust_list_older.
    """
    root = find_row(work.session, Purpose.TRUST_ROOT, KeyState.SIGNING)
    if root is None:
        raise TRUST_LIST_UNTRUSTED.refused()
    last = find_published(work.session)
    read = read_trust(jws, root.kid, 0 if last is None else int(last.issued_at.timestamp()) + 1)
    row = TrustRow(
        issued_at=datetime.fromtimestamp(read.iat, UTC), root=root.kid, jws=jws, published_at=work.at
    )
    work.session.add(row)
    work.session.flush()
    audit.record_one(
        work, THING, row.id, "publish", root=root.kid, keys=[each.key.kid for each in read.listed]
    )
    return row


def publish_here(work: Work) -> TrustRow | None:
    """Publish the keys as they stand, signed by the root where it is kept here; None where it is not.

    Raises Refused signer_unavailable, signer_key_missing.
    """
    root = find_row(work.session, Purpose.TRUST_ROOT, KeyState.SIGNING)
    if root is None or KeyPlace(root.place) is KeyPlace.OUTSIDE:
        return None
    signing = get_signing_key(work, Purpose.TRUST_ROOT)
    return publish(work, sign_payload(draft_payload(work.session, work.at), signing, root.public))

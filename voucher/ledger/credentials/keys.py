"""The keys that sign for the house: their public halves and lives here, their private halves behind the seam.

    issuer       credentials          status       status lists
    trust_root   the list of all of them, pinned in scanners; best kept away from this machine

A state is not written down: it follows from the moments a key has passed (`rules/keys`).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from voucher.ledger import audit
from voucher.plumbing.constraints import CHANGED_MEANWHILE, translate
from voucher.plumbing.db import Model
from voucher.plumbing.signing import Alg as Alg
from voucher.plumbing.signing import KeyPlace, Signer, open_signers, short_name
from voucher.plumbing.signing import TrustedKey as TrustedKey
from voucher.plumbing.signing import trusted_key as read_jwk
from voucher.plumbing.types import Int64, Json, Text, UtcTime, canonical_json
from voucher.plumbing.unit_of_work import Work
from voucher.rules.code_format import Algorithm
from voucher.rules.errors import Family, reason
from voucher.rules.keys import (
    PURPOSE_NAMES,
    SOURCE,
    KeyLife,
    KeyState,
    key_state,
    may_be_believed,
)
from voucher.rules.keys import Purpose as Purpose

THING = "signing_key"
# how a credential says what its key signs with
ALGORITHMS = {Alg.ES256: Algorithm.ES256, Alg.ED25519: Algorithm.ED25519}
SIGNS = "signing_since IS NOT NULL AND verify_only_since IS NULL AND removed_at IS NULL"
WAITS = "signing_since IS NULL AND removed_at IS NULL"

SIGNING_KEY_MISSING = reason(
    "signing_key_missing",
    "没有可用于{purpose}的密钥",
    "请运行 voucher init 生成，或请密钥保管员启用下一把密钥",
    SOURCE,
    Family.UNAVAILABLE,
)


class KeyRow(Model):
    """One key: what it is for, where its private half lives, and the moments of its life."""

    __tablename__ = "signing_key"
    __table_args__ = (
        UniqueConstraint("kid"),
        CheckConstraint("length(kid) = 43", name="kid_length"),
        CheckConstraint("purpose IN ('issuer','status','trust_root')", name="purpose"),
        CheckConstraint("place IN ('file','pkcs11','outside')", name="place"),
        CheckConstraint("verify_only_since IS NULL OR signing_since IS NOT NULL", name="signed_first"),
        CheckConstraint("(removed_at IS NULL) = (removed_why IS NULL)", name="removed_why"),
        Index("ix_signing_key_kid4", "kid4"),
        Index("uq_signing_key_signing", "purpose", unique=True,
              sqlite_where=text(SIGNS), postgresql_where=text(SIGNS)),
        Index("uq_signing_key_next", "purpose", unique=True,
              sqlite_where=text(WAITS), postgresql_where=text(WAITS)),
        {"sqlite_strict": True},
    )  # fmt: skip

    id: Mapped[int] = mapped_column(Int64, primary_key=True)
    purpose: Mapped[str] = mapped_column(Text, nullable=False)
    alg: Mapped[str] = mapped_column(Text, nullable=False)
    kid: Mapped[str] = mapped_column(Text, nullable=False)
    kid4: Mapped[str] = mapped_column(Text, nullable=False)
    jwk: Mapped[Any] = mapped_column(Json, nullable=False)
    place: Mapped[str] = mapped_column(Text, nullable=False)
    made_at: Mapped[datetime] = mapped_column(UtcTime, nullable=False)
    signing_since: Mapped[datetime | None] = mapped_column(UtcTime)
    verify_only_since: Mapped[datetime | None] = mapped_column(UtcTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcTime)
    removed_why: Mapped[str | None] = mapped_column(Text)

    @property
    def life(self) -> KeyLife:
        """Return the moments this key has passed."""
        return KeyLife(self.made_at, self.signing_since, self.verify_only_since, self.removed_at)

    @property
    def stands(self) -> KeyState:
        """Return where the key stands."""
        return key_state(self.life)

    @property
    def public(self) -> TrustedKey:
        """Return the public half."""
        return _read(canonical_json(self.jwk))


translate("uq_signing_key_kid", "signing_key.kid", CHANGED_MEANWHILE)
translate("uq_signing_key_signing", "signing_key.purpose", CHANGED_MEANWHILE)
translate("uq_signing_key_next", "signing_key.purpose", CHANGED_MEANWHILE)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key that signs now; ask for it once per act, then sign as often as needed."""

    kid: str
    alg: Alg
    _signer: Signer = field(repr=False)

    @property
    def kid4(self) -> bytes:
        """Return the first 4 bytes of the thumbprint, as a credential carries them."""
        return short_name(self.kid)

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes over a message. Raises Refused signer_key_missing, signer_unavailable."""
        return self._signer.sign(self.kid, message)


def get_signing_key(work: Work, purpose: Purpose = Purpose.ISSUER) -> SigningKey:
    """Return the key of a purpose that signs now.

    Raises Refused signing_key_missing, signer_unavailable.
    """
    found = find_row(work.session, purpose, KeyState.SIGNING)
    if found is None:
        raise SIGNING_KEY_MISSING.refused(purpose=PURPOSE_NAMES[purpose])
    return SigningKey(found.kid, Alg(found.alg), open_signers(work.keyring).at(KeyPlace(found.place)))


def find_row(session: Session, purpose: Purpose, state: KeyState) -> KeyRow | None:
    """Return the key of a purpose that signs, or the one that will sign next."""
    condition = SIGNS if state is KeyState.SIGNING else WAITS
    return session.scalars(select(KeyRow).where(KeyRow.purpose == purpose, text(condition))).one_or_none()


def list_keys(session: Session) -> list[KeyRow]:
    """Return every key there ever was, by purpose, the newest first."""
    return list(session.scalars(select(KeyRow).order_by(KeyRow.purpose, KeyRow.id.desc())))


def find_trusted(session: Session, kid4: bytes, at: datetime) -> list[TrustedKey]:
    """Return the issuer keys with this short name that count online; none for an unknown or withdrawn one."""
    return [each.public for each in find_named(session, kid4) if counts_online(each, at)]


def counts_online(key: KeyRow, at: datetime) -> bool:
    """Return whether what an issuer key signed is believed here at a moment."""
    return (
        key.purpose == Purpose.ISSUER
        and may_be_believed(key.stands, offline=False)
        and key.signing_since is not None
        and key.signing_since <= at
    )


def find_named(session: Session, kid4: bytes) -> list[KeyRow]:
    """Return every issuer key with this short name, whatever its state."""
    return list(
        session.scalars(select(KeyRow).where(KeyRow.kid4 == kid4.hex(), KeyRow.purpose == Purpose.ISSUER))
    )


def ensure_keys(work: Work, place: KeyPlace = KeyPlace.FILE) -> int:
    """Make a key for every purpose that has none signing, and return how many were made.

    The first keys sign at once: nobody has read of any before.
    """
    made = 0
    for purpose in Purpose:
        if find_row(work.session, purpose, KeyState.SIGNING) is None:
            make_key(work, purpose, place, signing=True)
            made += 1
    return made


def make_key(
    work: Work, purpose: Purpose, place: KeyPlace, *, signing: bool = False, alg: Alg = Alg.ES256
) -> KeyRow:
    """Make a key where private keys of that place live, and return its row; it signs at once or comes next.

    Raises Refused signer_unavailable.
    """
    return enter_key(work, purpose, open_signers(work.keyring).at(place).make(alg), place, signing=signing)


def enter_key(
    work: Work, purpose: Purpose, public: TrustedKey, place: KeyPlace, *, signing: bool = False
) -> KeyRow:
    """Enter the public half of a key made elsewhere and return its row."""
    row = KeyRow(
        purpose=purpose,
        alg=public.alg,
        kid=public.kid,
        kid4=public.kid4.hex(),
        jwk=public.jwk,
        place=place,
        made_at=work.at,
        signing_since=work.at if signing else None,
    )
    work.session.add(row)
    work.session.flush()
    audit.record_one(
        work, THING, row.id, "make", purpose=str(purpose), kid=row.kid, place=str(place), signing=signing
    )
    return row


@lru_cache(maxsize=256)
def _read(canonical: str) -> TrustedKey:
    # finding the point on its curve costs more than a signature; the few keys of a house are read once
    return read_jwk(json.loads(canonical))

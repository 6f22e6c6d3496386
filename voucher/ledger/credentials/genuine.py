"""Whether a phone's code is genuine: signed by the phone of a credential of ours, both still good."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, and_, bindparam, select
from sqlalchemy.orm import Session

from voucher.ledger.credentials.beacons import beacons_until
from voucher.ledger.credentials.devices import DEVICE_FROZEN, DEVICE_GONE, FROZEN, Device, read_key
from voucher.ledger.credentials.issuing import IssuedCredential
from voucher.ledger.credentials.keys import KeyRow, counts_online
from voucher.ledger.credentials.offline import CREDENTIAL_SUPERSEDED
from voucher.ledger.credentials.screen import CODE_UNKNOWN
from voucher.ledger.credentials.seen import SeenPresentation
from voucher.ledger.credentials.trust import online_trust
from voucher.ledger.credentials.verifying import (
    BEACON_UNKNOWN,
    CODE_FORGED,
    CREDENTIAL_EXPIRED,
    CREDENTIAL_KEY_WITHDRAWN,
    CREDENTIAL_NOT_YET,
    check_issuer,
)
from voucher.plumbing.secrets import Keyring
from voucher.rules.code_format import BEACON_BYTES, Kind, Presentation, beacon_slot, signed_message

# a screen shows the credential of this moment; one or two changes ago it is told apart from a forgery
FORMER = 4


@dataclass(frozen=True, slots=True)
class Signed:
    """An S or F code, the credential it was signed over and by whom, the phone that signed it, its use."""

    presentation: Presentation
    credential: IssuedCredential
    device: Device
    seen: SeenPresentation | None = None
    issuer: KeyRow | None = None


def _select_signed() -> Select[IssuedCredential, Device, SeenPresentation, KeyRow]:
    """Return the query for what a code may have been signed over, its signer's key, and its use."""
    return (
        select(IssuedCredential, Device, SeenPresentation, KeyRow)
        .join(Device, Device.id == IssuedCredential.device_id)
        .outerjoin(
            SeenPresentation,
            and_(SeenPresentation.device_id == Device.id, SeenPresentation.counter == bindparam("counter")),
        )
        .outerjoin(KeyRow, KeyRow.kid == IssuedCredential.kid)
        .order_by(IssuedCredential.revision.desc())
        .limit(FORMER)
        .execution_options(populate_existing=True)
    )


# asked at every scan: said once, not built again for each
_BY_NAME = _select_signed().where(IssuedCredential.vid == bindparam("wanted"))
_BY_DIGEST = _select_signed().where(IssuedCredential.digest == bindparam("wanted"))


def find_signed(session: Session, keyring: Keyring, shown: Presentation, at: datetime) -> Signed:
    """Return the credential a code was signed over: the phone's key says which, and whether it was at all."""
    beacon = _beacon_of(keyring, shown, at)
    by_name = shown.kind is Kind.S
    wanted = shown.vid.hex() if by_name else hashlib.sha256(shown.credential).hexdigest()
    rows = session.execute(
        _BY_NAME if by_name else _BY_DIGEST, {"wanted": wanted, "counter": shown.counter}
    ).all()
    if not rows:
        if shown.kind is Kind.F:
            # not one of ours as it stands: say which, a changed byte, a foreign key, or a key withdrawn
            check_issuer(shown.credential, online_trust(session), at)
        raise CODE_UNKNOWN.refused()
    for credential, device, seen, issuer in rows:
        if _is_signed_by(shown, device.public_key, credential.digest, beacon):
            return Signed(shown, credential, device, seen, issuer)
    raise CODE_FORGED.refused()


def check_signed(keyring: Keyring, shown: Presentation, public_key: str, digest: str, at: datetime) -> None:
    """Refuse a code that this phone did not sign over this credential. Raises beacon_unknown, code_forged."""
    if not _is_signed_by(shown, public_key, digest, _beacon_of(keyring, shown, at)):
        raise CODE_FORGED.refused()


def _beacon_of(keyring: Keyring, shown: Presentation, at: datetime) -> bytes:
    """Return the beacon a code says it knew. Raises Refused beacon_unknown."""
    slot = beacon_slot(shown)
    beacon = bytes(BEACON_BYTES) if slot is None else beacons_until(keyring, at)(slot)
    if beacon is None:
        raise BEACON_UNKNOWN.refused()
    return beacon


def _is_signed_by(shown: Presentation, public_key: str, digest: str, beacon: bytes) -> bool:
    key = read_key(bytes.fromhex(public_key))
    return key is not None and key.verifies(
        signed_message(shown, bytes.fromhex(digest), beacon), shown.signature
    )


def check_phone(signed: Signed) -> None:
    """Refuse a code of a phone that is good for nothing any more."""
    device = signed.device
    if device.ended_at is not None:
        raise (DEVICE_FROZEN if device.ended_why == FROZEN else DEVICE_GONE).refused()


def check_standing(signed: Signed, at: datetime) -> None:
    """Refuse a code of a phone or a credential that is good for nothing any more, or not yet."""
    credential = signed.credential
    check_phone(signed)
    if credential.ended_at is not None:
        raise CREDENTIAL_SUPERSEDED.refused()
    if signed.issuer is None or not counts_online(signed.issuer, at):
        raise CREDENTIAL_KEY_WITHDRAWN.refused()
    if at < credential.not_before:
        raise CREDENTIAL_NOT_YET.refused()
    if at >= credential.expires_at:
        raise CREDENTIAL_EXPIRED.refused()

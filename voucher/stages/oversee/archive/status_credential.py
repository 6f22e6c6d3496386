"""The status list of signed records as a credential: W3C Bitstring Status List 1.0, one bit a place.

The places are those of every credential of the house, taken at random and never twice, so a list says
neither whose a place is nor in which order anything was made. A bit that is set stays set.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from voucher.ledger.credentials.keys import get_signing_key
from voucher.ledger.credentials.status import PLACES, Status, StatusList, StatusPlace
from voucher.ledger.credentials.status_tokens import STATUS_LIST_MISSING, StatusTimes
from voucher.plumbing.signing import to_base64url
from voucher.plumbing.signing.jws import write_jws
from voucher.plumbing.unit_of_work import Work
from voucher.rules.keys import Purpose
from voucher.stages.oversee.archive.naming import (
    CONTEXT,
    CTY,
    PURPOSE,
    TYP,
    did_of,
    moment,
    status_url,
)

# multibase: base64url without padding
MULTIBASE = "u"


def write_status_credential(work: Work, sl: int, host: str, times: StatusTimes) -> str:
    """Return the signed status list credential of a list as it stands.

    Raises Refused status_list_missing, signing_key_missing, signer_unavailable.
    """
    if work.session.get(StatusList, sl) is None:
        raise STATUS_LIST_MISSING.refused()
    url, since = status_url(host, sl), begin_of(work.at, times)
    key, did = get_signing_key(work, Purpose.ISSUER), did_of(host)
    credential: dict[str, object] = {
        "@context": [CONTEXT],
        "id": url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": did,
        "validFrom": moment(since),
        "validUntil": moment(since + timedelta(hours=times.valid_hours)),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": PURPOSE,
            "encodedList": encode(list_ended(work.session, sl)),
        },
    }
    header: dict[str, object] = {"alg": str(key.alg), "kid": f"{did}#{key.kid}", "typ": TYP, "cty": CTY}
    return write_jws(header, credential, key.sign)


def begin_of(at: datetime, times: StatusTimes) -> datetime:
    """Return from when a list asked for at a moment holds: all who ask within its seconds get one answer."""
    seconds = int(at.timestamp())
    return datetime.fromtimestamp(seconds - seconds % times.ttl_seconds, UTC)


def list_ended(session: Session, sl: int) -> list[int]:
    """Return the places of a list whose credentials have ended, in order."""
    query = select(StatusPlace.si).where(StatusPlace.sl == sl, StatusPlace.value == int(Status.ENDED))
    return list(session.scalars(query.order_by(StatusPlace.si)))


def encode(ended: Iterable[int]) -> str:
    """Return a list as the standard packs it: the first place is the highest bit, gzip, multibase."""
    packed = bytearray(PLACES // 8)
    for si in ended:
        packed[si // 8] |= 0x80 >> si % 8
    return MULTIBASE + to_base64url(gzip.compress(bytes(packed), 9, mtime=0))

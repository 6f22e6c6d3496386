"""An issuer, two phones and their codes: keys of nobody, of small numbers, so that every run is the same."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    derive_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from voucher.rules.code_format import (
    BEACON_BYTES,
    Algorithm,
    Credential,
    Kind,
    Presentation,
    Window,
    beacon_slot,
    credential_message,
    encode_body,
    make_beacon,
    signed_message,
)

ISSUER = derive_private_key(0x7E57_1550E2, SECP256R1())
SECOND_ISSUER = derive_private_key(0x7E57_1550E3, SECP256R1())
EDWARDS = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"TV1 test issuer").digest())
PHONE = derive_private_key(0x7E57_FA0E1, SECP256R1())
OTHER_PHONE = derive_private_key(0x7E57_FA0E2, SECP256R1())
DAY_KEY = hashlib.sha256(b"TV1 test day").digest()

NOW = 1_790_000_000
AT = datetime.fromtimestamp(NOW, UTC)
ONLINE = Window(timedelta(seconds=45), timedelta(seconds=15), timedelta(minutes=10))
INSTITUTION = 17


def compressed(key: EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def public_jwk(key: EllipticCurvePrivateKey | Ed25519PrivateKey) -> dict[str, str]:
    if isinstance(key, Ed25519PrivateKey):
        return {"crv": "Ed25519", "kty": "OKP", "x": base64url(key.public_key().public_bytes_raw())}
    numbers = key.public_key().public_numbers()
    x, y = (base64url(each.to_bytes(32)) for each in (numbers.x, numbers.y))
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}


def kid_of(key: EllipticCurvePrivateKey | Ed25519PrivateKey) -> bytes:
    canonical = json.dumps(public_jwk(key), sort_keys=True, separators=(",", ":")).encode()
    return hashlib.sha256(canonical).digest()[:4]


def sign(key: EllipticCurvePrivateKey | Ed25519PrivateKey, message: bytes) -> bytes:
    if isinstance(key, Ed25519PrivateKey):
        return key.sign(message)
    # RFC 6979: the same message gives the same signature, and the published vectors stay what they are
    r, s = decode_dss_signature(key.sign(message, ECDSA(SHA256(), deterministic_signing=True)))
    return r.to_bytes(32) + s.to_bytes(32)


PLAIN = Credential(
    algorithm=Algorithm.ES256,
    kid=kid_of(ISSUER),
    vid=bytes.fromhex("8f3a61c05be2974d"),
    status_list=3,
    status_place=774_213,
    not_before=NOW - 86_400,
    expires=NOW + 86_400 * 30,
    region="419001",
    programme=41,
    amount_fen=180_000,
    institution=INSTITUTION,
    offline_allowed=True,
    card_required=False,
    photo_required=False,
    last_four="123X",
    holder_key=compressed(PHONE),
    masked_name="王*明",
)


def issued(credential: Credential, key: EllipticCurvePrivateKey | Ed25519PrivateKey = ISSUER) -> bytes:
    body = encode_body(credential)
    return body + sign(key, credential_message(body))


def beacon_for(presentation: Presentation) -> bytes:
    slot = beacon_slot(presentation)
    return bytes(BEACON_BYTES) if slot is None else make_beacon(DAY_KEY, slot)


def unsigned(kind: Kind, data: bytes, vid: bytes = PLAIN.vid, counter: int = 7) -> Presentation:
    return Presentation(
        kind=kind,
        beacon_age=0,
        pin_entered=False,
        challenged=False,
        shown_at=NOW,
        counter=counter,
        challenge=0,
        vid=vid,
        credential=data if kind is Kind.F else b"",
        signature=bytes(64),
    )


def signed(
    presentation: Presentation,
    data: bytes,
    phone: EllipticCurvePrivateKey = PHONE,
    beacon: bytes | None = None,
) -> Presentation:
    over = beacon_for(presentation) if beacon is None else beacon
    message = signed_message(presentation, hashlib.sha256(data).digest(), over)
    return replace(presentation, signature=sign(phone, message))

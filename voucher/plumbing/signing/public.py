"""Public keys: as JWKs, by their thumbprints, and what says whether a signature is theirs.

Signatures are 64 bytes, r and s of 32 bytes each (or Ed25519's own 64); nothing else is one.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from voucher.rules.errors import reason

SOURCE = "RFC 7517; RFC 7638; CODE-FORMAT §3"
SIGNATURE_BYTES, COORDINATE_BYTES, SHORT_BYTES = 64, 32, 4
_ECDSA = ECDSA(hashes.SHA256())

PUBLIC_KEY_UNREADABLE = reason(
    "public_key_unreadable",
    "公钥无法读取",
    "请提供 JWK 格式的 P-256 或 Ed25519 公钥，只含公开部分",
    SOURCE,
)

PublicKey = EllipticCurvePublicKey | Ed25519PublicKey


class Alg(StrEnum):
    """How a key signs, in the words of JOSE (RFC 7518, RFC 9864)."""

    ES256 = "ES256"
    ED25519 = "Ed25519"


def short_name(kid: str) -> bytes:
    """Return as much of a key's thumbprint as a credential has room for."""
    return from_base64url(kid)[:SHORT_BYTES]


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key by its thumbprint."""

    kid: str
    alg: Alg
    public: PublicKey

    @property
    def kid4(self) -> bytes:
        """Return the first 4 bytes of the thumbprint, which is all a credential has room for."""
        return short_name(self.kid)

    @property
    def jwk(self) -> dict[str, str]:
        """Return the key with the members a thumbprint counts, and no other."""
        return public_jwk(self.public)

    def verifies(self, message: bytes, signature: bytes) -> bool:
        """Return whether the 64 bytes are this key's signature over the message."""
        if len(signature) != SIGNATURE_BYTES:
            return False
        try:
            if isinstance(self.public, Ed25519PublicKey):
                self.public.verify(signature, message)
            else:
                r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
                self.public.verify(encode_dss_signature(r, s), message, _ECDSA)
        except InvalidSignature:
            return False
        return True


def public_jwk(key: PublicKey) -> dict[str, str]:
    """Return the key as a JWK with only the members a thumbprint counts (RFC 7638, RFC 8037)."""
    if isinstance(key, Ed25519PublicKey):
        return {"crv": "Ed25519", "kty": "OKP", "x": to_base64url(key.public_bytes_raw())}
    numbers = key.public_numbers()
    x, y = (to_base64url(each.to_bytes(COORDINATE_BYTES)) for each in (numbers.x, numbers.y))
    return {"crv": "P-256", "kty": "EC", "x": x, "y": y}


def thumbprint(jwk: Mapping[str, str]) -> str:
    """Return the SHA-256 thumbprint of a bare public JWK in base64url (RFC 7638)."""
    canonical = json.dumps(dict(jwk), sort_keys=True, separators=(",", ":")).encode()
    return to_base64url(hashlib.sha256(canonical).digest())


def of_public(public: PublicKey) -> TrustedKey:
    """Return a key under its name."""
    alg = Alg.ED25519 if isinstance(public, Ed25519PublicKey) else Alg.ES256
    return TrustedKey(thumbprint(public_jwk(public)), alg, public)


def trusted_key(jwk: Mapping[str, object]) -> TrustedKey:
    """Return the key a JWK describes, read strictly; members beside the key itself are not looked at.

    Raises Refused public_key_unreadable, also for a JWK that carries a private part.
    """
    try:
        if "d" in jwk:
            raise ValueError("a private key")
        x = from_base64url(str(jwk["x"]))
        if (jwk["kty"], jwk["crv"]) == ("OKP", "Ed25519"):
            return of_public(Ed25519PublicKey.from_public_bytes(x))
        y = from_base64url(str(jwk["y"]))
        if (jwk["kty"], jwk["crv"], len(x), len(y)) != ("EC", "P-256", COORDINATE_BYTES, COORDINATE_BYTES):
            raise ValueError("another curve")
        numbers = EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), SECP256R1())
        return of_public(numbers.public_key())
    except (KeyError, ValueError, TypeError):
        raise PUBLIC_KEY_UNREADABLE.refused() from None


def to_base64url(data: bytes) -> str:
    """Return the bytes in base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """Return the bytes of canonical base64url; Python's own decoder would accept junk.

    Raises ValueError.
    """
    try:
        data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("not base64url") from None
    if to_base64url(data) != text:
        raise ValueError("not canonical base64url")
    return data

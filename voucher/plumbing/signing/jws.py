"""Compact JWS (RFC 7515) through the seam for signers: written with whatever signs, read strictly."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from voucher.plumbing.signing.public import TrustedKey, from_base64url, to_base64url

BYTES_MAX = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Jws:
    """A JWS taken apart; nobody has looked at its signature yet."""

    header: dict[str, Any]
    payload: dict[str, Any]
    signing_input: bytes
    signature: bytes

    def is_signed_by(self, key: TrustedKey) -> bool:
        """Return whether this key signed it, with the algorithm of the key and no other."""
        return self.header.get("alg") == key.alg and key.verifies(self.signing_input, self.signature)


def write_jws(header: dict[str, object], payload: dict[str, object], sign: Callable[[bytes], bytes]) -> str:
    """Return header and payload as three parts of base64url, the last one the signature."""
    head, body = (_encode(each) for each in (header, payload))
    return f"{head}.{body}.{to_base64url(sign(f'{head}.{body}'.encode()))}"


def read_jws(text: str, typ: str) -> Jws:
    """Return a JWS of one type taken apart. Raises ValueError for anything else."""
    parts = text.split(".")
    if len(parts) != 3 or len(text) > BYTES_MAX or not text.isascii():
        raise ValueError("not a compact JWS")
    try:
        header, payload = (json.loads(from_base64url(each)) for each in parts[:2])
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(header, dict) or not isinstance(payload, dict):
        raise ValueError("not objects")
    if header.get("typ") != typ or "crit" in header:
        raise ValueError("another type")
    signing_input = f"{parts[0]}.{parts[1]}".encode()
    return Jws(header, payload, signing_input, from_base64url(parts[2]))


def _encode(value: dict[str, object]) -> str:
    return to_base64url(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())

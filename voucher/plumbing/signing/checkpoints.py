"""The Ed25519 signer of audit checkpoints, whose keys lie in the key ring itself."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from voucher.plumbing.secrets import Keyring
from voucher.plumbing.signing.public import public_jwk, thumbprint

KEY_ID_CHARS = 16


class CheckpointSigner:
    """Signs the checkpoints of the audit trail with the current key, verifies with every version."""

    def __init__(self, keyring: Keyring) -> None:
        by_version = {
            version: Ed25519PrivateKey.from_private_bytes(raw)
            for version, raw in keyring.list_signing_keys().items()
        }
        self._current = by_version[max(by_version)]
        self._public = {key_id_of(key.public_key()): key.public_key() for key in by_version.values()}

    @property
    def key_id(self) -> str:
        """Return the name of the current key: the first 16 characters of its RFC 7638 thumbprint."""
        return key_id_of(self._current.public_key())

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature under the current key."""
        return self._current.sign(message)

    def verify(self, message: bytes, signature: bytes, key_id: str | None = None) -> bool:
        """Return whether the key of that id, or any key of this ring, signed the message."""
        keys = self._public.values() if key_id is None else filter(None, [self._public.get(key_id)])
        return any(verifies(key, message, signature) for key in keys)

    def list_public_jwks(self) -> list[dict[str, str]]:
        """Return the public keys as JWKs, so that a checkpoint can be verified away from this house."""
        return [{**public_jwk(key), "kid": key_id} for key_id, key in sorted(self._public.items())]


def verifies(key: Ed25519PublicKey, message: bytes, signature: bytes) -> bool:
    """Return whether the signature is this key's over the message."""
    try:
        key.verify(signature, message)
    except InvalidSignature:
        return False
    return True


def key_id_of(key: Ed25519PublicKey) -> str:
    """Return the first 16 characters of the key's thumbprint (RFC 7638)."""
    return thumbprint(public_jwk(key))[:KEY_ID_CHARS]

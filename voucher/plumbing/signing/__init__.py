"""Signatures of the house, and the seam behind which private keys live.

checkpoints     the audit trail's own keys, kept in the key ring
public          public keys as JWKs, their thumbprints, and what verifies a signature
signers         the seam `Signer`, and keys in files (PKCS#8, closed with a passphrase)
pkcs11          keys in a card that never gives them away
opening         which of them this installation has
"""

from __future__ import annotations

from voucher.plumbing.signing.checkpoints import KEY_ID_CHARS, CheckpointSigner, key_id_of, verifies
from voucher.plumbing.signing.opening import KeyPlace, Signers, open_signers
from voucher.plumbing.signing.public import (
    Alg,
    TrustedKey,
    from_base64url,
    public_jwk,
    short_name,
    thumbprint,
    to_base64url,
    trusted_key,
)
from voucher.plumbing.signing.signers import FileSigner, Signer

__all__ = [
    "KEY_ID_CHARS",
    "Alg",
    "CheckpointSigner",
    "FileSigner",
    "KeyPlace",
    "Signer",
    "Signers",
    "TrustedKey",
    "from_base64url",
    "key_id_of",
    "open_signers",
    "public_jwk",
    "short_name",
    "thumbprint",
    "to_base64url",
    "trusted_key",
    "verifies",
]

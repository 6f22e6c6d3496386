"""The seam for private keys, and keys in files: PKCS#8 closed with a passphrase, one file per key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from voucher.plumbing.secrets import KEYS_EXPOSED
from voucher.plumbing.signing.public import COORDINATE_BYTES, Alg, TrustedKey, of_public
from voucher.rules.errors import Family, reason

SOURCE = "CODE-FORMAT §3; GB/T 39786-2021 密钥管理"

SIGNER_KEY_MISSING = reason(
    "signer_key_missing",
    "找不到签名私钥 {kid}",
    "请把该密钥的文件放回密钥目录，或接上保管它的密码设备；确已遗失的，请密钥保管员停用后换用新密钥",
    SOURCE,
    Family.UNAVAILABLE,
)
SIGNER_UNAVAILABLE = reason(
    "signer_unavailable",
    "签名设备不可用（{detail}）",
    "请密钥保管员检查 signers.json、口令文件和密码设备后重试",
    SOURCE,
    Family.UNAVAILABLE,
)
PASSPHRASE_SHORT = reason(
    "passphrase_short",
    "口令过短，至少 {minimum} 个字符",
    "请换用更长的口令，例如几个不相干的词",
    SOURCE,
)

PASSPHRASE_MINIMUM = 16
PrivateKey = EllipticCurvePrivateKey | Ed25519PrivateKey


class Signer(Protocol):
    """Makes keys and signs with them, wherever they live: a file, a card, a key service, an SM2 device."""

    def make(self, alg: Alg) -> TrustedKey:
        """Return the public part of a key made just now; the private part stays where it was made."""
        ...

    def sign(self, kid: str, message: bytes) -> bytes:
        """Return the 64 bytes r‖s over the message. Raises Refused signer_key_missing, signer_unavailable."""
        ...


class FileSigner:
    """Keys in one folder, `<thumbprint>.pem` each, readable by their owner only."""

    def __init__(self, folder: Path, passphrase: bytes) -> None:
        if len(passphrase) < PASSPHRASE_MINIMUM:
            raise PASSPHRASE_SHORT.refused(minimum=PASSPHRASE_MINIMUM)
        self._folder = folder
        self._passphrase = passphrase
        self._opened: dict[str, PrivateKey] = {}

    def __repr__(self) -> str:
        return f"<FileSigner {self._folder}>"

    def make(self, alg: Alg = Alg.ES256) -> TrustedKey:
        """Make a key, write it durably and return its public part. Raises Refused signer_unavailable."""
        private = Ed25519PrivateKey.generate() if alg is Alg.ED25519 else generate_private_key(SECP256R1())
        made = of_public(private.public_key())
        closed = private.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(self._passphrase)
        )
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_private(self._path(made.kid), closed)
        except OSError as error:
            raise SIGNER_UNAVAILABLE.refused(detail=f"密钥目录写不进去：{error.strerror}") from None
        self._opened[made.kid] = private
        return made

    def sign(self, kid: str, message: bytes) -> bytes:
        """Return the signature; the file is opened once per process.

        Raises Refused signer_key_missing, signer_unavailable, keys_exposed.
        """
        private = self._opened.get(kid) or self._open(kid)
        if isinstance(private, Ed25519PrivateKey):
            return private.sign(message)
        r, s = decode_dss_signature(private.sign(message, ECDSA(hashes.SHA256())))
        return r.to_bytes(COORDINATE_BYTES) + s.to_bytes(COORDINATE_BYTES)

    def _path(self, kid: str) -> Path:
        return self._folder / f"{kid}.pem"

    def _open(self, kid: str) -> PrivateKey:
        path = self._path(kid)
        if not path.exists():
            raise SIGNER_KEY_MISSING.refused(kid=kid)
        mode = path.stat().st_mode & 0o777
        if mode & 0o077:
            raise KEYS_EXPOSED.refused(path=str(path), mode=f"{mode:04o}")
        try:
            private = load_pem_private_key(path.read_bytes(), self._passphrase)
        except (ValueError, TypeError):
            raise SIGNER_UNAVAILABLE.refused(detail="口令不对或文件已损坏") from None
        if not isinstance(private, EllipticCurvePrivateKey | Ed25519PrivateKey):
            raise SIGNER_UNAVAILABLE.refused(detail="密钥种类不对")
        if of_public(private.public_key()).kid != kid:
            raise SIGNER_UNAVAILABLE.refused(detail="密钥与文件名不符")
        self._opened[kid] = private
        return private


def write_private(path: Path, content: bytes) -> None:
    """Write a new file only its owner can read, durably. Raises FileExistsError."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)

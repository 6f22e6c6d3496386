"""Keys outside the database: one key file, blind indexes, and one key per person for personal columns.

The database holds only wrapped subject keys and sealed text; the key file holds what opens them. Whoever
has one without the other reads nothing, and destroying a person's wrapped key erases the person.
"""

from __future__ import annotations

import hmac
import json
import os
import struct
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from voucher.rules.errors import Family, Refused, reason

SOURCE = "个人信息保护法 第五十一条; DESIGN §5 加密列"

KEYS_MISSING = reason(
    "keys_missing",
    "找不到密钥文件 {path}",
    "首次使用请运行 voucher init 生成；已有数据时请从备份恢复原密钥文件，不要重新生成",
    SOURCE,
    Family.UNAVAILABLE,
)
KEYS_EXPOSED = reason(
    "keys_exposed",
    "密钥文件 {path} 的权限过宽（{mode}），其他账户可以读取",
    "请运行 chmod 600 收紧权限，并确认文件没有被复制",
    SOURCE,
    Family.UNAVAILABLE,
)
KEYS_MALFORMED = reason(
    "keys_malformed",
    "密钥文件 {path} 已损坏或不完整（{detail}）",
    "请从备份恢复原密钥文件，不要重新生成",
    SOURCE,
    Family.UNAVAILABLE,
)
SECRET_UNREADABLE = reason(
    "secret_unreadable",
    "加密内容无法解开",
    "请确认使用的是写入时的密钥文件；内容若被移动或改动，请联系密钥保管员核查",
    SOURCE,
    Family.UNAVAILABLE,
)

FILE_FORMAT = 1
KEY_BYTES = 32
NONCE_BYTES = 12
SYMMETRIC_KEYS = ("wrap", "index", "code", "session")
SIGNING_KEY = "checkpoint"

_SEALED = b"\x01"
_WRAPPED = struct.Struct(">BH")
_CIPHERS_KEPT = 4096


@dataclass(frozen=True, repr=False)
class _Versions:
    """All versions of one named key; the highest number is used for new work."""

    keys: Mapping[int, bytes]

    @property
    def current(self) -> int:
        return max(self.keys)


class Keyring:
    """The keys of one installation; printing or pickling it shows nothing."""

    def __init__(self, path: Path, keys: Mapping[str, _Versions]) -> None:
        self._path = path
        self._keys = dict(keys)
        self._wrapping = {version: AESGCM(key) for version, key in keys["wrap"].keys.items()}
        self._domains: dict[str, bytes] = {}
        self._ciphers: OrderedDict[bytes, AESGCM] = OrderedDict()

    @classmethod
    def open(cls, path: Path, *, create: bool) -> Keyring:
        """Open the key file, making a new one first where `create` allows it and none is there.

        Raises keys_missing, keys_exposed, keys_malformed.
        """
        if create and not path.exists():
            _create_file(path)
        if not path.exists():
            raise KEYS_MISSING.refused(path=str(path))
        return cls(path, _read_file(path))

    def __repr__(self) -> str:
        return f"<Keyring {self.fingerprint}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a keyring is never pickled")

    @property
    def fingerprint(self) -> str:
        """Return a name of this key file, safe to store, so that a database can refuse foreign keys."""
        return hmac.digest(self._current("index"), b"voucher/fingerprint", "sha256").hex()[:16]

    @property
    def folder(self) -> Path:
        """Return the folder of the key file, beside which the signers keep theirs."""
        return self._path.parent

    def passphrase(self, purpose: str) -> bytes:
        """Return what closes key files of a purpose where nobody gave a passphrase of their own."""
        label = b"voucher/passphrase/" + purpose.encode()
        return hmac.digest(self._current("index"), label, "sha256").hex().encode()

    def secret(self, name: str) -> bytes:
        """Return the current key of a purpose of its own: `code` or `session`.

        Raises KeyError for any other name, so that the wrapping key never leaves the ring.
        """
        if name not in ("code", "session"):
            raise KeyError(name)
        return self._current(name)

    def list_signing_keys(self) -> dict[int, bytes]:
        """Return the raw Ed25519 private keys of the checkpoints by version; the highest is current."""
        return dict(self._keys[SIGNING_KEY].keys)

    def blind_index(self, domain: str, value: str) -> str:
        """Return 64 hex digits that are equal for equal canonical values of one domain only."""
        key = self._domains.get(domain)
        if key is None:
            label = b"voucher/blind-index/" + domain.encode()
            key = self._domains[domain] = hmac.digest(self._current("index"), label, "sha256")
        return hmac.digest(key, value.encode(), "sha256").hex()

    def new_subject_key(self) -> bytes:
        """Return a fresh random key for one person's columns."""
        return os.urandom(KEY_BYTES)

    def wrap(self, subject_key: bytes, subject_id: str) -> bytes:
        """Return the subject key closed under the current wrapping key, bound to the subject."""
        version = self._keys["wrap"].current
        head = _WRAPPED.pack(1, version)
        nonce = os.urandom(NONCE_BYTES)
        return head + nonce + self._wrapping[version].encrypt(nonce, subject_key, _subject(head, subject_id))

    def unwrap(self, wrapped: bytes, subject_id: str) -> bytes:
        """Return the subject key.

        Raises secret_unreadable for another subject, another key file or a changed byte.
        """
        head, nonce, body = _split(wrapped, _WRAPPED.size)
        if len(head) < _WRAPPED.size or head[0] != 1:
            raise SECRET_UNREADABLE.refused()
        cipher = self._wrapping.get(_WRAPPED.unpack(head)[1])
        if cipher is None:
            raise SECRET_UNREADABLE.refused()
        return _decrypt(cipher, nonce, body, _subject(head, subject_id))

    def rewrap(self, wrapped: bytes, subject_id: str) -> bytes:
        """Return the same subject key under the current wrapping key, for rotation.

        Raises secret_unreadable.
        """
        return self.wrap(self.unwrap(wrapped, subject_id), subject_id)

    def rotate(self, name: str) -> int:
        """Add a new version of `wrap` or `checkpoint` to the key file and return its number.

        Older versions stay, so that what they closed or signed can still be read. Raises KeyError for
        the other names: their values stand in rows that only a recomputation could follow.
        """
        if name not in ("wrap", SIGNING_KEY):
            raise KeyError(name)
        version = self._keys[name].current + 1
        self._keys[name] = _Versions({**self._keys[name].keys, version: os.urandom(KEY_BYTES)})
        _write_beside(self._path, self._keys).replace(self._path)
        _sync_folder(self._path.parent)
        if name == "wrap":
            self._wrapping[version] = AESGCM(self._current("wrap"))
        return version

    def seal(self, subject_key: bytes, context: str, said: str | bytes) -> bytes:
        """Return text or a file closed under a person's key; it opens in the same context (column) only."""
        nonce, plain = os.urandom(NONCE_BYTES), said.encode() if isinstance(said, str) else said
        return _SEALED + nonce + self._cipher(subject_key).encrypt(nonce, plain, _SEALED + context.encode())

    def unseal(self, subject_key: bytes, context: str, sealed: bytes) -> str:
        """Return the text. Raises secret_unreadable as `unseal_bytes` does."""
        return self.unseal_bytes(subject_key, context, sealed).decode()

    def unseal_bytes(self, subject_key: bytes, context: str, sealed: bytes) -> bytes:
        """Return the file. Raises secret_unreadable for another person, another context or a changed byte."""
        head, nonce, body = _split(sealed, len(_SEALED))
        if head != _SEALED:
            raise SECRET_UNREADABLE.refused()
        return _decrypt(self._cipher(subject_key), nonce, body, _SEALED + context.encode())

    def _current(self, name: str) -> bytes:
        versions = self._keys[name]
        return versions.keys[versions.current]

    def _cipher(self, subject_key: bytes) -> AESGCM:
        # Making a cipher costs more than using it; a bounded store keeps erased keys from staying for ever.
        cipher = self._ciphers.get(subject_key)
        if cipher is None:
            cipher = self._ciphers[subject_key] = AESGCM(subject_key)
            if len(self._ciphers) > _CIPHERS_KEPT:
                self._ciphers.popitem(last=False)
        return cipher


def _subject(head: bytes, subject_id: str) -> bytes:
    return head + b"subject/" + subject_id.encode()


def _split(blob: bytes, head_bytes: int) -> tuple[bytes, bytes, bytes]:
    body_at = head_bytes + NONCE_BYTES
    return bytes(blob[:head_bytes]), bytes(blob[head_bytes:body_at]), bytes(blob[body_at:])


def _decrypt(cipher: AESGCM, nonce: bytes, body: bytes, context: bytes) -> bytes:
    try:
        return cipher.decrypt(nonce, body, context)
    except (InvalidTag, ValueError):
        raise SECRET_UNREADABLE.refused() from None


def _create_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    names = (*SYMMETRIC_KEYS, SIGNING_KEY)
    fresh = _write_beside(path, {name: _Versions({1: os.urandom(KEY_BYTES)}) for name in names})
    try:
        # A link appears whole or not at all, and never replaces keys another process has just made.
        os.link(fresh, path)
    except FileExistsError:
        return
    finally:
        fresh.unlink()
    _sync_folder(path.parent)


def _write_beside(path: Path, keys: Mapping[str, _Versions]) -> Path:
    """Write the keys durably to a private new file in the same folder and return it."""
    beside = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    content = {
        "format": FILE_FORMAT,
        "keys": {
            name: {str(version): key.hex() for version, key in versions.keys.items()}
            for name, versions in keys.items()
        },
    }
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())
    return beside


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _read_file(path: Path) -> dict[str, _Versions]:
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        raise KEYS_EXPOSED.refused(path=str(path), mode=f"{mode:04o}")
    try:
        content = json.loads(path.read_text(encoding="ascii"))
        if content["format"] != FILE_FORMAT:
            raise _malformed(path, "版本不认识")
        named = {
            name: _Versions({int(number): bytes.fromhex(key) for number, key in versions.items()})
            for name, versions in content["keys"].items()
        }
    except (ValueError, KeyError, TypeError, AttributeError):
        raise _malformed(path, "格式不对") from None
    for name in (*SYMMETRIC_KEYS, SIGNING_KEY):
        if name not in named or not named[name].keys:
            raise _malformed(path, f"缺少 {name}")
        if any(len(key) != KEY_BYTES for key in named[name].keys.values()):
            raise _malformed(path, f"{name} 长度不对")
    return named


def _malformed(path: Path, detail: str) -> Refused:
    return KEYS_MALFORMED.refused(path=str(path), detail=detail)

"""Which signers this installation has: files beside the key ring, and a card where `signers.json` names one.

`signers.json` lies beside the key ring and holds no secret itself, only where the secrets are:
`{"passphrase_file": "…", "pkcs11": {"module": "…", "token": "…", "pin_file": "…"}}`, each part optional.
Without a passphrase file the key ring closes the files: whoever has the ring may open them.
"""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from voucher.plumbing.secrets import Keyring
from voucher.plumbing.signing.pkcs11 import CardSigner
from voucher.plumbing.signing.signers import SIGNER_UNAVAILABLE, FileSigner, Signer

FOLDER, SETTINGS = "signers", "signers.json"


class KeyPlace(StrEnum):
    """Where a private key lives."""

    FILE = "file"
    PKCS11 = "pkcs11"
    OUTSIDE = "outside"  # on a machine of its own, as a trust root should


KEY_PLACE_NAMES: dict[KeyPlace, str] = {
    KeyPlace.FILE: "密钥文件",
    KeyPlace.PKCS11: "密码设备",
    KeyPlace.OUTSIDE: "离线保管",
}


class Signers:
    """The signers of one key ring, each opened when first asked for."""

    def __init__(self, folder: Path, passphrase: bytes) -> None:
        self._folder, self._passphrase = folder, passphrase
        self._opened: dict[KeyPlace, Signer] = {}

    def at(self, place: KeyPlace) -> Signer:
        """Return the signer of a place. Raises Refused signer_unavailable, passphrase_short."""
        if place not in self._opened:
            self._opened[place] = self._open(place)
        return self._opened[place]

    def _open(self, place: KeyPlace) -> Signer:
        settings = self._read_settings()
        try:
            if place is KeyPlace.FILE:
                named = settings.get("passphrase_file")
                passphrase = self._passphrase if named is None else _read_secret(named)
                return FileSigner(self._folder / FOLDER, passphrase)
            if place is KeyPlace.PKCS11:
                card = settings["pkcs11"]
                return CardSigner(
                    Path(card["module"]), str(card["token"]), _read_secret(card["pin_file"]).decode()
                )
        except OSError:
            raise SIGNER_UNAVAILABLE.refused(detail="口令文件无法读取") from None
        except (KeyError, TypeError, ValueError):
            raise SIGNER_UNAVAILABLE.refused(detail=f"{SETTINGS} 不完整") from None
        raise SIGNER_UNAVAILABLE.refused(detail="该密钥离线保管，不在本机")

    def _read_settings(self) -> dict[str, Any]:
        path = self._folder / SETTINGS
        if not path.exists():
            return {}
        try:
            settings = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            raise SIGNER_UNAVAILABLE.refused(detail=f"{SETTINGS} 无法读取") from None
        if not isinstance(settings, dict):
            raise SIGNER_UNAVAILABLE.refused(detail=f"{SETTINGS} 无法读取")
        return settings


_KNOWN: WeakKeyDictionary[Keyring, Signers] = WeakKeyDictionary()


def open_signers(keyring: Keyring) -> Signers:
    """Return the signers beside a key ring, the same ones every time."""
    found = _KNOWN.get(keyring)
    if found is None:
        found = _KNOWN[keyring] = Signers(keyring.folder, keyring.passphrase("signers"))
    return found


def _read_secret(path: object) -> bytes:
    return Path(str(path)).read_bytes().strip()

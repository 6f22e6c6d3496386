"""Checkpoint signatures: any changed byte is noticed, and old keys still verify."""

from __future__ import annotations

import base64
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from voucher.plumbing.secrets import Keyring
from voucher.plumbing.signing import CheckpointSigner, key_id_of

MESSAGE = b"checkpoint 12 root 00ff"


def test_a_signature_holds_for_its_message_only(tmp_path: Path) -> None:
    signer = CheckpointSigner(Keyring.open(tmp_path / "keys.json", create=True))
    signature = signer.sign(MESSAGE)
    assert signer.verify(MESSAGE, signature)
    assert signer.verify(MESSAGE, signature, signer.key_id)
    assert not signer.verify(MESSAGE + b" ", signature)
    assert not signer.verify(MESSAGE, signature[:-1])
    assert not signer.verify(MESSAGE, signature, "unknown")


def test_another_ring_neither_verifies_nor_shares_the_key_id(tmp_path: Path) -> None:
    one = CheckpointSigner(Keyring.open(tmp_path / "one.json", create=True))
    two = CheckpointSigner(Keyring.open(tmp_path / "two.json", create=True))
    assert one.key_id != two.key_id
    assert not two.verify(MESSAGE, one.sign(MESSAGE))


def test_after_rotation_old_checkpoints_still_verify(tmp_path: Path) -> None:
    keyring = Keyring.open(tmp_path / "keys.json", create=True)
    before = CheckpointSigner(keyring)
    signature = before.sign(MESSAGE)
    keyring.rotate("checkpoint")
    after = CheckpointSigner(Keyring.open(tmp_path / "keys.json", create=False))
    assert after.key_id != before.key_id
    assert after.verify(MESSAGE, signature, before.key_id)
    assert not after.verify(MESSAGE, signature, after.key_id)
    assert {jwk["kid"] for jwk in after.list_public_jwks()} == {before.key_id, after.key_id}


def test_the_key_id_is_the_thumbprint_of_the_published_example() -> None:
    # RFC 8037, appendix A.3: thumbprint of the example key.
    x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo="
    key = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(x))
    assert "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k".startswith(key_id_of(key))

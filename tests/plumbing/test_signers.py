"""Private keys in files: closed, private, found again by name; public keys and JWS read strictly."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from joserfc import jws
from joserfc.jwk import ECKey

from voucher.plumbing.secrets import Keyring
from voucher.plumbing.signing import (
    Alg,
    FileSigner,
    KeyPlace,
    Signers,
    from_base64url,
    open_signers,
    thumbprint,
    trusted_key,
)
from voucher.plumbing.signing.jws import read_jws, write_jws
from voucher.rules.errors import Refused

PASSPHRASE = b"correct horse battery staple"
MESSAGE = b"TV1C body"


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.refusal.code


@pytest.mark.parametrize("alg", list(Alg))
def test_a_key_in_a_file_signs_64_bytes_and_is_found_again_by_another_process(
    alg: Alg, tmp_path: Path
) -> None:
    made = FileSigner(tmp_path / "signers", PASSPHRASE).make(alg)
    signature = FileSigner(tmp_path / "signers", PASSPHRASE).sign(made.kid, MESSAGE)
    read = trusted_key(made.jwk)
    assert (len(signature), read.kid, read.alg, len(read.kid4)) == (64, made.kid, alg, 4)
    assert read.verifies(MESSAGE, signature)
    assert not read.verifies(MESSAGE + b" ", signature)
    assert not read.verifies(MESSAGE, bytes(64))
    assert not any(read.verifies(MESSAGE, each) for each in (signature[:-1], signature + b"\0", b""))
    path = tmp_path / "signers" / f"{made.kid}.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_bytes().startswith(b"-----BEGIN ENCRYPTED PRIVATE KEY-----")
    with pytest.raises(TypeError):
        load_pem_private_key(path.read_bytes(), None)


def test_what_is_wrong_with_a_key_file_is_said(tmp_path: Path) -> None:
    folder = tmp_path / "signers"
    signer = FileSigner(folder, PASSPHRASE)
    one, two = signer.make(), signer.make()
    assert code_of(lambda: signer.sign("A" * 43, MESSAGE)) == "signer_key_missing"
    assert code_of(lambda: FileSigner(folder, b"short")) == "passphrase_short"
    wrong = FileSigner(folder, b"another passphrase of length")
    assert code_of(lambda: wrong.sign(one.kid, MESSAGE)) == "signer_unavailable"
    (folder / f"{one.kid}.pem").write_bytes((folder / f"{two.kid}.pem").read_bytes())
    fresh = FileSigner(folder, PASSPHRASE)
    assert code_of(lambda: fresh.sign(one.kid, MESSAGE)) == "signer_unavailable"
    (tmp_path / "a file").touch()
    assert code_of(lambda: FileSigner(tmp_path / "a file", PASSPHRASE).make()) == "signer_unavailable"
    (folder / f"{two.kid}.pem").chmod(0o640)
    assert code_of(lambda: fresh.sign(two.kid, MESSAGE)) == "keys_exposed"


def test_where_keys_live_is_read_beside_the_key_ring(tmp_path: Path) -> None:
    keyring = Keyring.open(tmp_path / "keys.json", create=True)
    signers = open_signers(keyring)
    assert open_signers(keyring) is signers
    kid = signers.at(KeyPlace.FILE).make(Alg.ES256).kid
    assert (tmp_path / "signers" / f"{kid}.pem").exists()
    assert code_of(lambda: signers.at(KeyPlace.OUTSIDE)) == "signer_unavailable"
    assert code_of(lambda: signers.at(KeyPlace.PKCS11)) == "signer_unavailable"
    # a passphrase of its own: the key ring alone opens nothing any more
    (tmp_path / "passphrase").write_bytes(PASSPHRASE + b"\n")
    (tmp_path / "signers.json").write_text(json.dumps({"passphrase_file": str(tmp_path / "passphrase")}))
    own = Signers(tmp_path, keyring.passphrase("signers")).at(KeyPlace.FILE)
    assert code_of(lambda: own.sign(kid, MESSAGE)) == "signer_unavailable"
    assert len(own.sign(own.make(Alg.ES256).kid, MESSAGE)) == 64
    for spoilt in ("[]", "{", '{"passphrase_file": "/nowhere/at/all"}', '{"pkcs11": {"module": "x"}}'):
        (tmp_path / "signers.json").write_text(spoilt)
        place = KeyPlace.PKCS11 if "pkcs11" in spoilt else KeyPlace.FILE
        assert code_of(partial(Signers(tmp_path, PASSPHRASE).at, place)) == "signer_unavailable"


def test_a_thumbprint_is_the_one_of_the_published_examples_and_of_another_library(tmp_path: Path) -> None:
    made = FileSigner(tmp_path / "signers", PASSPHRASE).make()
    assert ECKey.import_key(dict(made.jwk)).thumbprint() == made.kid == thumbprint(made.jwk)
    assert from_base64url(made.kid)[:4] == made.kid4


def test_public_keys_are_read_strictly(tmp_path: Path) -> None:
    signer = FileSigner(tmp_path / "signers", PASSPHRASE)
    jwk = signer.make().jwk
    x = jwk["x"]
    spoilt: list[dict[str, object]] = [
        {},
        {**jwk, "d": x},
        {**jwk, "y": x},  # no point of the curve
        {**jwk, "crv": "P-384"},
        {**jwk, "x": x + "="},
        {**jwk, "x": x[:-2]},
        {**jwk, "x": 7},
        {**jwk, "kty": "oct"},
    ]
    for each in spoilt:
        assert code_of(partial(trusted_key, each)) == "public_key_unreadable", each


def test_a_jws_of_ours_is_one_to_another_library_and_junk_is_none(tmp_path: Path) -> None:
    signer = FileSigner(tmp_path / "signers", PASSPHRASE)
    key, other = signer.make(), signer.make()
    header: dict[str, object] = {"alg": "ES256", "kid": key.kid, "typ": "statuslist+jwt"}
    text = write_jws(header, {"iat": 1}, lambda message: signer.sign(key.kid, message))
    theirs = jws.deserialize_compact(text, ECKey.import_key(dict(key.jwk)))
    assert json.loads(theirs.payload) == {"iat": 1}
    read = read_jws(text, "statuslist+jwt")
    assert read.payload == {"iat": 1}
    assert read.is_signed_by(key)
    assert not read.is_signed_by(other)
    head, body, signature = text.split(".")
    for spoilt in (
        "",
        "..",
        f"{head}.{body}",
        f"{text}.x",
        f"{head}.{body}.{signature}=",
        f"{head}.!.{signature}",
    ):
        with pytest.raises(ValueError, match=r"."):
            read_jws(spoilt, "statuslist+jwt")
    with pytest.raises(ValueError, match="another type"):
        read_jws(text, "trust+jws")
    none = write_jws({**header, "alg": "none"}, {"iat": 1}, lambda _message: b"")
    assert not read_jws(none, "statuslist+jwt").is_signed_by(key)

"""A card keeps keys and gives away none: tried on SoftHSM, the card Debian has for such tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.scene import Scene
from voucher.ledger.credentials import rotating
from voucher.ledger.credentials.keys import SigningKey, find_trusted, get_signing_key
from voucher.ledger.credentials.trust import online_trust
from voucher.plumbing.secrets import Keyring
from voucher.plumbing.signing import Alg, KeyPlace, Signers
from voucher.plumbing.signing.pkcs11 import CardSigner
from voucher.plumbing.unit_of_work import Work, perform
from voucher.rules.errors import Refused
from voucher.rules.keys import KeyTimes, Purpose

pytestmark = pytest.mark.long

MODULES = (
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so"),
    Path("/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so"),
)
PIN = "314159"
MESSAGE = b"TV1C body"


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the library of a card with two fresh tokens; a process may open only one kind of card."""
    found = next((each for each in MODULES if each.exists()), None)
    if found is None or shutil.which("softhsm2-util") is None:
        pytest.skip("SoftHSM (softhsm2) is not installed")
    folder = tmp_path_factory.mktemp("softhsm")
    (folder / "tokens").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'tokens'}\nlog.level = ERROR\n")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    subprocess.run(
        [
            "softhsm2-util",
            "--init-token",
            "--free",
            "--label",
            "voucher",
            "--pin",
            PIN,
            "--so-pin",
            "27182818",
        ],
        check=True,
        capture_output=True,
    )
    return found


def test_a_key_is_made_in_the_card_signs_there_and_never_leaves(module: Path) -> None:
    import pkcs11

    with pytest.raises(Refused) as caught:
        CardSigner(module, "voucher", "000000").make()
    assert caught.value.refusal.facts["detail"] == "PinIncorrect"
    signer = CardSigner(module, "voucher", PIN)
    made, other = signer.make(), signer.make()
    assert made.kid != other.kid
    signature = signer.sign(made.kid, MESSAGE)
    assert made.verifies(MESSAGE, signature)
    assert not other.verifies(MESSAGE, signature)
    token = pkcs11.lib(str(module)).get_token(token_label="voucher")
    with token.open() as session:  # this process has given its PIN
        keys = list(session.get_objects({pkcs11.Attribute.CLASS: pkcs11.ObjectClass.PRIVATE_KEY}))
        assert len(keys) == 2
        for key in keys:
            assert key[pkcs11.Attribute.SENSITIVE]
            assert not key[pkcs11.Attribute.EXTRACTABLE]
            with pytest.raises((pkcs11.exceptions.PKCS11Error, KeyError)):
                key[pkcs11.Attribute.VALUE]
    for act, code in (
        (lambda: signer.sign("A" * 43, MESSAGE), "signer_key_missing"),
        (lambda: signer.make(Alg.ED25519), "signer_unavailable"),
        (lambda: CardSigner(module, "nothing", PIN).make(), "signer_unavailable"),
        (lambda: CardSigner(Path("/nowhere.so"), "voucher", PIN).make(), "signer_unavailable"),
    ):
        with pytest.raises(Refused) as caught:
            act()
        assert caught.value.refusal.code == code
    # a second signer of the same card in the same process works beside the first
    assert made.verifies(MESSAGE, CardSigner(module, "voucher", PIN).sign(made.kid, MESSAGE))
    assert made.verifies(MESSAGE, signer.sign(made.kid, MESSAGE))


def test_a_forked_server_opens_the_card_again(module: Path) -> None:
    signer = CardSigner(module, "voucher", PIN)
    made = signer.make()
    child = os.fork()
    if child == 0:  # the child's answer is its exit code; nothing of pytest runs in it
        try:
            good = made.verifies(MESSAGE, signer.sign(made.kid, MESSAGE))
        except BaseException:  # noqa: BLE001 — whatever it was, the parent is told that it failed
            os._exit(2)
        os._exit(0 if good else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert made.verifies(MESSAGE, signer.sign(made.kid, MESSAGE))


def test_issuer_keys_move_from_a_file_into_the_card(module: Path, scene: Scene, tmp_path: Path) -> None:
    keyring = Keyring.open(tmp_path / "ring" / "keys.json", create=True)
    (tmp_path / "pin").write_text(PIN + "\n")
    settings = {"pkcs11": {"module": str(module), "token": "voucher", "pin_file": str(tmp_path / "pin")}}
    (tmp_path / "ring" / "signers.json").write_text(json.dumps(settings))
    assert Signers(keyring.folder, b"x" * 20).at(KeyPlace.PKCS11) is not None
    times = KeyTimes(next_days=0, signing_days=90, signed_days=30, verify_more_days=30)

    def act(work: Work) -> tuple[SigningKey, bytes]:
        rotating.make_next(work, Purpose.ISSUER, KeyPlace.PKCS11)
        rotating.rotate(work, Purpose.ISSUER, times)
        key = get_signing_key(work)
        return key, key.sign(MESSAGE)

    key, signature = perform(scene.database, keyring, scene.actor("clock"), scene.at, act)
    with scene.database.read() as session:
        assert [each.verifies(MESSAGE, signature) for each in find_trusted(session, key.kid4, scene.at)] == [
            True
        ]
        assert [each.verifies(MESSAGE, signature) for each in online_trust(session)(key.kid4)] == [True]

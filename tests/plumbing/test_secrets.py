"""Keys outside the database: what opens, what does not, and who may read the file."""

from __future__ import annotations

import json
import os
import pickle
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from voucher.plumbing.secrets import Keyring
from voucher.rules.errors import Refused

NAME = "王小明"
CONTEXT = "person.name"


@pytest.fixture
def keyring(tmp_path: Path) -> Keyring:
    return Keyring.open(tmp_path / "private" / "keys.json", create=True)


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        act()
    return caught.value.refusal.code


def test_a_missing_key_file_says_what_to_do_and_is_not_made_silently(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    with pytest.raises(Refused) as caught:
        Keyring.open(path, create=False)
    assert caught.value.refusal.code == "keys_missing"
    assert "voucher init" in caught.value.refusal.next_step
    assert not path.exists()


def test_the_key_file_is_private_and_opening_again_gives_the_same_keys(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    first = Keyring.open(path, create=True)
    again = Keyring.open(path, create=True)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert first.fingerprint == again.fingerprint
    assert [entry.name for entry in tmp_path.iterdir()] == ["keys.json"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_file_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "keys.json"
    Keyring.open(path, create=True)
    path.chmod(mode)
    assert code_of(lambda: Keyring.open(path, create=True)) == "keys_exposed"


@pytest.mark.parametrize(
    "spoil", ["not json", "[]", "{}", '{"format": 2, "keys": {}}', '{"format": 1, "keys": {}}']
)
def test_a_spoilt_key_file_is_refused_and_left_alone(tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "keys.json"
    path.write_text(spoil)
    path.chmod(0o600)
    assert code_of(lambda: Keyring.open(path, create=True)) == "keys_malformed"
    assert path.read_text() == spoil


def test_a_key_of_the_wrong_length_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    Keyring.open(path, create=True)
    content = json.loads(path.read_text())
    content["keys"]["index"]["1"] = "00ff"
    path.write_text(json.dumps(content))
    assert code_of(lambda: Keyring.open(path, create=False)) == "keys_malformed"


def test_nothing_that_prints_a_keyring_shows_a_key(keyring: Keyring, tmp_path: Path) -> None:
    content = json.loads((tmp_path / "private" / "keys.json").read_text())
    shown = f"{keyring!r} {keyring} {keyring._keys!r}"
    for versions in content["keys"].values():
        assert versions["1"] not in shown
        assert repr(bytes.fromhex(versions["1"])) not in shown
    with pytest.raises(TypeError):
        pickle.dumps(keyring)


def test_blind_indexes_are_stable_within_a_domain_and_strange_to_each_other(
    keyring: Keyring, tmp_path: Path
) -> None:
    index = keyring.blind_index("identity", "11010519491231002X")
    assert index == Keyring.open(tmp_path / "private" / "keys.json", create=False).blind_index(
        "identity", "11010519491231002X"
    )
    assert len(index) == 64
    assert index != keyring.blind_index("mobile", "11010519491231002X")
    assert index != Keyring.open(tmp_path / "other.json", create=True).blind_index(
        "identity", "11010519491231002X"
    )


def test_a_value_opens_only_for_its_person_and_its_column(keyring: Keyring) -> None:
    wang, li = keyring.new_subject_key(), keyring.new_subject_key()
    sealed = keyring.seal(wang, CONTEXT, NAME)
    assert keyring.unseal(wang, CONTEXT, sealed) == NAME
    assert code_of(lambda: keyring.unseal(li, CONTEXT, sealed)) == "secret_unreadable"
    assert code_of(lambda: keyring.unseal(wang, "person.account", sealed)) == "secret_unreadable"
    assert keyring.seal(wang, CONTEXT, NAME) != sealed


def test_every_changed_or_cut_byte_is_noticed(keyring: Keyring) -> None:
    key = keyring.new_subject_key()
    sealed, wrapped = keyring.seal(key, CONTEXT, NAME), keyring.wrap(key, "7")
    for spoilt in spoil(sealed):
        assert code_of(partial(keyring.unseal, key, CONTEXT, spoilt)) == "secret_unreadable"
    for spoilt in spoil(wrapped):
        assert code_of(partial(keyring.unwrap, spoilt, "7")) == "secret_unreadable"


def spoil(blob: bytes) -> list[bytes]:
    """Return the blob with each byte flipped, and cut off at each length."""
    flipped = [blob[:at] + bytes([blob[at] ^ 1]) + blob[at + 1 :] for at in range(len(blob))]
    return flipped + [blob[:at] for at in range(len(blob))]


def test_a_wrapped_key_moved_to_another_person_does_not_open(keyring: Keyring) -> None:
    wrapped = keyring.wrap(keyring.new_subject_key(), "7")
    assert code_of(lambda: keyring.unwrap(wrapped, "8")) == "secret_unreadable"


def test_after_rotation_old_rows_still_open_and_rewrapped_rows_need_only_the_new_key(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    keyring = Keyring.open(path, create=True)
    key = keyring.new_subject_key()
    old = keyring.wrap(key, "7")
    assert keyring.rotate("wrap") == 2
    reopened = Keyring.open(path, create=False)
    assert reopened.unwrap(old, "7") == key
    fresh = reopened.rewrap(old, "7")
    content = json.loads(path.read_text())
    del content["keys"]["wrap"]["1"]
    path.write_text(json.dumps(content))
    bare = Keyring.open(path, create=False)
    assert bare.unwrap(fresh, "7") == key
    assert code_of(lambda: bare.unwrap(old, "7")) == "secret_unreadable"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_keys_that_rows_depend_on_are_neither_rotated_nor_handed_out(keyring: Keyring) -> None:
    with pytest.raises(KeyError):
        keyring.rotate("index")
    for name in ("wrap", "index", "checkpoint"):
        with pytest.raises(KeyError):
            keyring.secret(name)
    assert len(keyring.secret("code")) == 32
    assert keyring.secret("code") != keyring.secret("session")


def test_many_processes_making_the_file_agree_on_one(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    children = []
    for _ in range(8):
        child = os.fork()
        if child == 0:
            try:
                (tmp_path / f"seen-{os.getpid()}").write_text(Keyring.open(path, create=True).fingerprint)
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    seen = {seen.read_text() for seen in tmp_path.glob("seen-*")}
    assert seen == {Keyring.open(path, create=False).fingerprint}
    assert len(list(tmp_path.glob("seen-*"))) == 8

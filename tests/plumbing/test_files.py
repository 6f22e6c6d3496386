"""Files by content: stored once, verified when read, and no name climbs out."""

from __future__ import annotations

import hashlib
import io
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voucher.plumbing.files import FileStore, safe_name
from voucher.rules.errors import Refused

CONTENT = "支付文件".encode() * 100_000


def test_bytes_and_streams_of_the_same_content_are_one_file(tmp_path: Path) -> None:
    store = FileStore(tmp_path / "files")
    stored = store.put(CONTENT)
    assert store.put(io.BytesIO(CONTENT)) == stored
    assert (stored.sha256, stored.size) == (hashlib.sha256(CONTENT).hexdigest(), len(CONTENT))
    with store.open(stored.sha256) as file:
        assert file.read() == CONTENT
    kept = [path for path in (tmp_path / "files").rglob("*") if path.is_file()]
    assert [path.name for path in kept] == [stored.sha256]
    assert stat.S_IMODE(kept[0].stat().st_mode) == 0o600


def test_a_changed_file_is_not_handed_out(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    stored = store.put(b"1948240.00")
    next(path for path in tmp_path.rglob(stored.sha256)).write_bytes(b"9948240.00")
    with pytest.raises(Refused) as caught:
        store.open(stored.sha256)
    assert caught.value.refusal.code == "stored_file_damaged"


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    store = FileStore(tmp_path)
    assert not store.has("0" * 64)
    with pytest.raises(Refused) as caught:
        store.open("0" * 64)
    assert caught.value.refusal.code == "stored_file_missing"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "", "A" * 64, "0" * 63, "0" * 64 + "\n"])
def test_only_a_digest_becomes_a_path(tmp_path: Path, name: str) -> None:
    store = FileStore(tmp_path)
    with pytest.raises(ValueError, match="digest"):
        store.open(name)
    with pytest.raises(ValueError, match="digest"):
        store.has(name)


def test_too_large_an_upload_leaves_nothing_behind(tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        FileStore(tmp_path).put(io.BytesIO(CONTENT), max_bytes=1000)
    assert caught.value.refusal.code == "upload_too_large"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("given_name", "shown"),
    [
        ("2023年四季度 支付文件.xlsx", "2023年四季度 支付文件.xlsx"),
        ("../../etc/passwd", "passwd"),
        ("C:\\temp\\名单.csv", "名单.csv"),
        ("名单\u202exslx.exe", "名单xslx.exe"),
        ("a\r\nSet-Cookie: x.csv", "a Set-Cookie_ x.csv"),
        ("con.txt", "_con.txt"),
        ("...", "文件"),
        ("", "文件"),
        (".bashrc", "bashrc"),
    ],
)
def test_names_are_made_safe(given_name: str, shown: str) -> None:
    assert safe_name(given_name) == shown


@settings(max_examples=200)
@given(st.text(max_size=300))
def test_a_safe_name_is_always_one_plain_name(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert len(safe.encode()) <= 160
    assert not set(safe) & set('/\\\0\r\n"<>:|?*')
    assert not safe.startswith(".")
    assert safe_name(safe) == safe

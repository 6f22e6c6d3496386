"""The demonstration signs for the address it is served at, so that a stranger finds its keys there."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from voucher.cli import serve
from voucher.cli.playing import demo
from voucher.config import Config
from voucher.demo import seed


@pytest.mark.parametrize(
    ("port", "named", "signed_for"),
    [("8000", None, "127.0.0.1:8000"), ("5999", None, "127.0.0.1:5999"), ("5999", "demo.test", "demo.test")],
)
def test_what_the_demonstration_signs_names_where_it_is_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, port: str, named: str | None, signed_for: str
) -> None:
    served: list[Config] = []
    monkeypatch.delenv("VOUCHER_PUBLIC_HOST", raising=False)
    if named is not None:
        monkeypatch.setenv("VOUCHER_PUBLIC_HOST", named)
    monkeypatch.setattr(seed, "is_seeded", lambda _folder: True)
    monkeypatch.setattr(seed, "read_accounts", lambda _folder: [])
    monkeypatch.setattr(seed, "read_sandbox", lambda _folder: {})
    monkeypatch.setattr(serve, "run", lambda config, **_: served.append(config))
    told = CliRunner().invoke(demo, ["--folder", str(tmp_path), "--port", port])
    assert told.exit_code == 0, told.output
    assert [each.public_host for each in served] == [signed_for]

"""The demonstration signs for the address it is served at, so that a stranger finds its keys there."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from voucher.cli import serve
from voucher.cli.playing import demo
from voucher.config import Config
from voucher.demo import seed
from voucher.plumbing import schema
from voucher.plumbing.db import Database
from voucher.rules.errors import Refused


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
    monkeypatch.setattr(schema, "check_current", lambda _database: None)
    monkeypatch.setattr(serve, "run", lambda config, **_: served.append(config))
    told = CliRunner().invoke(demo, ["--folder", str(tmp_path), "--port", port])
    assert told.exit_code == 0, told.output
    assert [each.public_host for each in served] == [signed_for]


def test_a_folder_an_older_version_made_is_not_served_and_the_command_that_renews_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[Config] = []
    monkeypatch.setattr(serve, "run", lambda config, **_: served.append(config))
    (tmp_path / seed.SEEDED_FILE).touch()
    older = Database(f"sqlite:///{tmp_path / 'voucher.db'}")
    with older.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)")
        connection.exec_driver_sql("INSERT INTO alembic_version VALUES ('0001')")
    older.dispose()
    told = CliRunner().invoke(demo, ["--folder", str(tmp_path), "--port", "5999"])
    assert isinstance(told.exception, Refused), told.output
    refusal = told.exception.refusal
    assert refusal.code == "demo_not_current"
    assert f"voucher demo --fresh --folder {tmp_path} --port 5999" in refusal.sentence
    assert served == []

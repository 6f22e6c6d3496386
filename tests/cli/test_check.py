"""`voucher check` and `voucher audit verify`: quiet where all is well, named rows and exit 3 where not."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from voucher.cli.group import officers


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the data folder of an installation nobody has used."""
    folder = tmp_path_factory.mktemp("founded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VOUCHER_DATA_DIR", str(folder))
        patch.delenv("VOUCHER_DATABASE_URL", raising=False)
        assert run("init") == 0
    return folder


@pytest.fixture
def folder(founded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of that folder, to be spoilt."""
    monkeypatch.setenv("VOUCHER_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("VOUCHER_DATABASE_URL", raising=False)
    shutil.copytree(founded, tmp_path, dirs_exist_ok=True)
    return tmp_path


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as left:
        officers.main(list(words))
    return int(str(left.value.code))


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, dict[str, Any]]:
    capsys.readouterr()
    code = run(*words, "--json")
    return code, json.loads(capsys.readouterr().out)


def sin(folder: Path, *statements: str) -> None:
    connection = sqlite3.connect(folder / "voucher.db")
    # the schema asks for the transaction's number, which only the program gives
    connection.create_function("current_act", 0, lambda: 1)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_new_installation_has_nothing_to_complain_of(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, told = answer(capsys, "check")
    assert code == 0
    assert (told["broken"], told["violations"]) == (0, [])
    assert told["checked"] > 50
    code, told = answer(capsys, "audit", "verify")
    assert code == 0
    assert told["faults"] == []
    assert told["rows"] == told["sealed"] > 0


def test_a_broken_invariant_is_named_with_its_row_and_ends_with_three(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sin(
        folder,
        "INSERT INTO budget (id, region_code, year, source, granted_fen, reserved_fen, spent_fen,"
        " returned_fen, opened_at)"
        " VALUES (7, '419001', 2024, 'x', 5, 0, 0, 0, '2024-01-01T00:00:00.000000Z')",
    )
    code, told = answer(capsys, "check")
    assert code == 3
    assert [2, 7] in [[each["number"], each["row"]["budget_id"]] for each in told["violations"]]
    assert run("check") == 3
    said = capsys.readouterr().out
    assert "不符：2 预算计数等于账户余额且不超支：budget_id=7" in said
    assert "2 项不符" in said


def test_an_edited_trail_is_named_with_its_row_and_ends_with_three(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sin(folder, "DROP TRIGGER audit_row_no_update", "UPDATE audit_row SET act = 'look' WHERE id = 2")
    code, told = answer(capsys, "audit", "verify")
    assert code == 3
    assert [(each["kind"], each["audit_row_id"]) for each in told["faults"]] == [("content_changed", 2)]
    assert run("audit", "verify") == 3
    assert "留痕 2 的内容与写入时不一致" in capsys.readouterr().out


def test_rows_left_unsealed_too_long_are_a_violation(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sin(
        folder,
        "INSERT INTO audit_row (at, actor_user_id, actor_person_id, act, thing, object_id, content,"
        " content_hash) VALUES ('2024-01-01T00:00:00.000000Z', 1, 1, 'look', 'budget', 1, '{}', '"
        + "0" * 64
        + "')",
    )
    code, told = answer(capsys, "check")
    assert code == 3
    assert [each["title"] for each in told["violations"]] == ["留痕在十秒内封存"]

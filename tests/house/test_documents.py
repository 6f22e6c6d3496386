"""The generated documents are what the code says today, and what they say is complete."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.house.source import PROJECT
from voucher.cli.documents import (
    DOCUMENTS,
    find_stale,
    lifecycle_markdown,
    main,
    rules_markdown,
    write_documents,
)
from voucher.rules.lifecycle import ROWS, STATE_NAMES, Thing
from voucher.rules.register import list_rules


def test_the_committed_documents_are_current() -> None:
    assert find_stale(PROJECT / "docs") == [], "run: make docs"


def test_every_rule_and_every_step_is_in_its_document() -> None:
    rules, lives = rules_markdown(), lifecycle_markdown()
    assert [rule.number for rule in list_rules() if f"| {rule.number} |" not in rules] == []
    assert lives.count("stateDiagram-v2") == len(Thing)
    assert sum(line.count(" --> ") for line in lives.splitlines()) >= len(ROWS)
    for thing in Thing:
        assert [state for state in STATE_NAMES[thing] if f'" as {state}\n' not in lives] == []


@pytest.mark.parametrize("name", sorted(DOCUMENTS))
def test_an_edit_by_hand_is_caught(name: str, tmp_path: Path) -> None:
    write_documents(tmp_path)
    assert find_stale(tmp_path) == []
    with (tmp_path / name).open("a", encoding="utf-8") as document:
        document.write("手工添加\n")
    assert find_stale(tmp_path) == [name]


def test_the_command_says_what_is_stale_and_writes_it(tmp_path: Path) -> None:
    runner, where = CliRunner(), ["--folder", str(tmp_path / "docs")]
    stale = runner.invoke(main, ["--check", *where])
    assert stale.exit_code == 1
    assert stale.stderr.count("不是最新，请运行 make docs") == len(DOCUMENTS)
    assert runner.invoke(main, where).exit_code == 0
    assert runner.invoke(main, ["--check", *where]).exit_code == 0
